"""Scores, intervals, calibration, paired tests and figures."""
