"""Several models as one: bagging, and boosted trees on a network's features."""
