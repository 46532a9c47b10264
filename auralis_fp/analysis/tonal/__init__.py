"""Pitch, chroma and harmonic-percussive separation."""
