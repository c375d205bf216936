"""Image files in: the reader that training and serving share, their statistics and quality."""
