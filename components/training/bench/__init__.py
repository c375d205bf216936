"""How fast a family trains and predicts on this machine, and how much memory it takes."""
