"""The numeric part: runs in the index process only."""
