"""Paintings in: sources, manifest, gate, splits, decode cache, batches."""
