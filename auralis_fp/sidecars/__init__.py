"""The ``.25d`` files beside the music."""
