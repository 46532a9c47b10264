"""From file-system events and sweeps to queued files."""
