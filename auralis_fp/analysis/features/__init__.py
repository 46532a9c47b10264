"""The seven families of dimensions."""
