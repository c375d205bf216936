"""The source documents as values: data, split, recipes, published figures."""
