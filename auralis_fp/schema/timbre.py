"""The stored form of the timbre vector, which extends a fingerprint for the distance between tracks."""

from typing import Final

NAME: Final = "timbre"
VERSION: Final = 2  # incremented by every change of a value
N_MFCC: Final = 20
COUNT: Final = 2 * N_MFCC
"""Values, 4 bytes each as little-endian floats: the means of the coefficients, then the deviations of their deltas."""
