"""What Keras can compute with, by name; a bare accelerator machine reads this without any other package."""

from __future__ import annotations

from typing import Literal

Backend = Literal["tensorflow", "jax"]
Precision = Literal["auto", "float32", "mixed_float16", "mixed_bfloat16"]
