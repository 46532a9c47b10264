"""Onset strength, novelty and tempo."""
