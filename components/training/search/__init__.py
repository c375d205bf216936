"""Hyperparameter search: space, samplers, trials and their storage."""
