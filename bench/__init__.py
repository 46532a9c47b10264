"""Accuracy and speed, measured beside other implementations: ``python -m bench --help``."""
