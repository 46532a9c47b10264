"""Files and folders: where they lie, what they are, which may be read."""
