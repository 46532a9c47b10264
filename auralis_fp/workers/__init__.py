"""Worker processes: pool, slots, isolation and usage."""
