"""Decoding of audio files to blocks of float32 samples."""
