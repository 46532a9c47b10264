"""25-dimensional audio fingerprints of a music library, embedded in a web application.

``setup(app, settings)`` mounts the plugin into an aiohttp application.
"""

__version__ = "0.1.0"
