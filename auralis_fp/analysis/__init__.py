"""From bytes to 25 numbers; runs in worker processes only. Importing this package loads nothing numeric."""
