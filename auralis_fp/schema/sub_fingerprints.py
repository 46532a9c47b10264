"""The stored form of sub-fingerprints, which recognise copies of a recording."""

from typing import Final

NAME: Final = "sub_fingerprints"
VERSION: Final = 1  # incremented by every change of a bit
BITS: Final = 32  # of each sub-fingerprint, 4 bytes with the least significant first; 0 where silent
MAX_COUNT: Final = 768  # 3 KiB, the first 72 s
HOP_SEC: Final = 4096 / 44_100  # from one to the next
