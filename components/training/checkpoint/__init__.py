"""Trainings that go on where they were killed."""
