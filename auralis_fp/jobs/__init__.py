"""Jobs: from a queued file to a stored result."""
