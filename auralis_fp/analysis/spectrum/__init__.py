"""Framing, short-time Fourier transforms (STFT), decimated sub-bands and long-term average spectra (LTAS)."""
