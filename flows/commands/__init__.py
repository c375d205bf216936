"""The commands of `atelier`, one file a subject."""
