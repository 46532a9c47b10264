"""The service without HTTP: what it is built of, what requests are answered with, what it is doing."""
