"""Accuracy and performance compared with other implementations; see ``python -m bench --help``."""
