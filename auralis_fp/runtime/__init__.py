"""Building blocks of asyncio programs that know nothing of music."""
