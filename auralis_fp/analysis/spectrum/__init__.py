"""Framing, transforms and spectra."""
