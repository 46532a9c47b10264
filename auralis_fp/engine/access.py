"""Who is answered: the service's own user, users it trusts, and whoever shows the token."""

import asyncio
import contextlib
import hmac
from collections.abc import Callable
from typing import Any, Final, Literal
from weakref import WeakKeyDictionary

from ..errors import SettingsError
from ..runtime import peers
from ..runtime.token_file import kept_token
from ..settings import AUTO_TOKEN, Settings

_ROOT: Final = 0
_LOOPBACK: Final = ("127.", "::1", "::ffff:127.")

Caller = Literal["own", "trusted", "unknown"]


class Access:
    """Decides about requests by the settings, and remembers the user of each connection.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._token = "" if settings.token == AUTO_TOKEN else settings.token
        self._trusted: frozenset[int] = frozenset()
        self._users: WeakKeyDictionary[asyncio.BaseTransport, int] = WeakKeyDictionary()
        self._strange: int | None = None

    def prepare(self) -> None:
        """Find the trusted users and the number of foreign ones, and read or make an automatic token. Blocking.

        Raises
        ------
        SettingsError
            There is no such user.
        OSError
            The file of the token cannot be read or written.
        """
        self._strange = None if peers.maps_all_users() else peers.overflow_user()
        self._trusted = frozenset(map(_user_number, self._settings.trusted_users))
        if self._settings.token == AUTO_TOKEN:
            self._token = kept_token(self._settings.data_dir)

    def unprotected(self) -> list[str]:
        """Return one sentence for each protection that is off or that the system lacks."""
        found = []
        if self._settings.access == "host" and not self._token:
            found.append("Every client that the host lets through is answered: the setting access is host.")
        if self._settings.access == "own-user" and not peers.HAS_TABLES:
            found.append("Users of this machine are not told apart: the operating system does not name them.")
        return found

    def shows_token(self, shown: str) -> bool:
        """Return True if *shown* is the token."""
        if not self._token:
            return False
        return hmac.compare_digest(shown.encode("utf-8", "surrogateescape"), self._token.encode("utf-8"))

    @property
    def open_to_all(self) -> bool:
        """True if no identity is needed: the host decides, and there is no token."""
        return self._settings.access == "host" and self._settings.token == ""

    @property
    def by_user(self) -> bool:
        """Whether some users are answered without the token."""
        return self._settings.access == "own-user"

    async def caller(self, transport: asyncio.BaseTransport | None, *, forwarded: bool) -> Caller:
        """Return who is at the other end of a connection.

        Parameters
        ----------
        transport : Transport or None
            None if the connection is closed.
        forwarded : bool
            The request came through a proxy: whose it is, only a trusted proxy's user decides.
        """
        if transport is None:
            return "unknown"
        if not peers.HAS_TABLES:
            return "own" if not forwarded and _is_loopback(transport.get_extra_info) else "unknown"
        user = self._users.get(transport)
        if user is None:
            user = await asyncio.to_thread(peers.peer_user, transport.get_extra_info)
            if user is None or user == self._strange:
                return "unknown"
            with contextlib.suppress(TypeError):  # a transport of another event loop that cannot be referred to weakly
                self._users[transport] = user
        if user in self._trusted:
            return "trusted"
        return "own" if not forwarded and user in {peers.own_user(), _ROOT} else "unknown"


def _user_number(name: str) -> int:
    if name.isascii() and name.isdigit():
        return int(name)
    try:
        import pwd  # not on Windows

        return pwd.getpwnam(name).pw_uid
    except (ImportError, KeyError):
        raise SettingsError("trusted_users", f"there is no user {name!r}") from None


def _is_loopback(extra: Callable[[str], Any]) -> bool:
    peer = extra("peername")
    return isinstance(peer, tuple) and str(peer[0]).startswith(_LOOPBACK)
