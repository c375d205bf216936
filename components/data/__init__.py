"""Collections of paintings: sources, manifest, gate, splits, caches and batches."""
