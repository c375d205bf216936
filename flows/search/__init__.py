"""The hyperparameter search as a flow: its run, its MLflow logging and its worker processes."""
