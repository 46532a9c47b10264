"""Onset strength, novelty curves and tempo estimation from tempograms."""
