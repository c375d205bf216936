"""Model families, one a file, and the table of all of them."""
