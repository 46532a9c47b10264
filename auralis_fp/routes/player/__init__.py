"""The player's own API, answered by this service where it has an answer; the host answers the rest.

Names, units and status codes are those of the player. A track that is queued here is reported as such; in all other
cases without an answer, the host's own route serves the request.
"""

from .call import Reply
from .calls import answer

__all__ = ["Reply", "answer"]
