"""Image files in: the reader that training and serving share, their statistics and quality."""

from components.data.images.reader import read_rgb

__all__ = ["read_rgb"]
