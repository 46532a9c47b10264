"""Worker processes: started, watched, measured and ended."""
