"""The player's own API, answered by this service where it has an answer; the host answers the rest.

Names, units and status codes are those of the player. No handler reports an error: where there is no answer, the host's
own route serves the request.
"""

from .calls import Reply, answer

__all__ = ["Reply", "answer"]
