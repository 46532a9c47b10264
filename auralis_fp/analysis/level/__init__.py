"""Sample levels, K-weighted loudness (ITU-R BS.1770-4) and block energies."""
