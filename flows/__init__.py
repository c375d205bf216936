"""Prefect flows and the command line.

Keras takes its backend from the environment when it is first imported. Every process that may train begins in
this package, so the backend is named here, before any other module can import Keras.
"""

import os

os.environ["KERAS_BACKEND"] = os.environ.get("ATELIER_BACKEND") or "tensorflow"
