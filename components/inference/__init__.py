"""A trained model that answers without TensorFlow: release, export, engine, predictor."""
