"""Fingerprints for host code: from the sidecar, else from the running service, else from a local worker process.

The client can be used from threads and event loops. It imports nothing numeric into the host.
"""

from .client import SERVICE, FingerprintClient
from .types import Found, NoFingerprintError, NoSimilarTracksError, Similar

__all__ = ["SERVICE", "FingerprintClient", "Found", "NoFingerprintError", "NoSimilarTracksError", "Similar"]
