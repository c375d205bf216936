"""Training, validation and test parts, stable as a collection grows."""
