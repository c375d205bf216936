"""What a network is evaluated on, its figures and drawings in MLflow, and its release."""
