"""Frozen layers: which they are, their features computed once, and training on these."""
