"""Scores, intervals and figures."""
