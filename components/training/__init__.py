"""Training: recipes, the fit in its stages, search, ensembles and checkpoints."""
