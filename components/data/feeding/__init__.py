"""Batches for training: order, augmentation, MixUp and CutMix."""
