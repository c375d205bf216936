"""Collections, one reader a file."""
