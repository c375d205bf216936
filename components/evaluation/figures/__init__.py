"""Figures of trainings and evaluations, one a file, in the look of `components.theme`."""
