"""Audio analysis: decoding and the extraction of the 25 features. Runs in worker processes only.

Importing this package alone loads nothing numeric.
"""
