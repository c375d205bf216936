"""A trained model behind one call, without TensorFlow."""
