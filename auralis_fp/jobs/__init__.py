"""From a queued file to a stored result."""
