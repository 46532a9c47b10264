"""Detection of changes in the libraries, by file-system events and sweeps."""
