"""Decoded pictures and features on the disk: checked, bounded, found again by content."""
