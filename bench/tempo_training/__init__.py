"""Synthesise music with known tempo and train the weights of ``auralis_fp.analysis.rhythm.tempo_classifier`` on it."""
