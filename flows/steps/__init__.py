"""The steps of the pipeline: each finds a finished result by its key, or makes it."""
