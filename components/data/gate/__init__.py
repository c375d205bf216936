"""The check in front of every training: what a collection must be, and the report that says so."""
