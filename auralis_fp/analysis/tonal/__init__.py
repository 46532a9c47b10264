"""Pitch tracking, chroma, and harmonic-percussive separation (HPSS)."""
