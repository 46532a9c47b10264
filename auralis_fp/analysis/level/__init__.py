"""Levels, loudness and energies."""
