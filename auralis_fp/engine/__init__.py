"""The service without HTTP: assembly, lookups, status and metrics."""
