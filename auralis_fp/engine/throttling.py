"""When background work may run: pause, playback, quiet hours."""

from ..errors import RequestError
from ..settings import Settings
from .assembly import PAUSED
from .lifecycle import Lifecycle
from .preferences import PreferenceStore


class Throttling(Lifecycle):
    """The part of the service that holds back background work, and the settings that say when.

    Parameters
    ----------
    settings : Settings
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.preferences = PreferenceStore(settings)

    async def pause(self) -> None:
        """Pause background work, across restarts too; raise 409 if it is paused."""
        await self._pause(paused=True)

    async def resume(self) -> None:
        """Resume background work; raise 409 if it is not paused."""
        await self._pause(paused=False)

    async def _pause(self, *, paused: bool) -> None:
        live = self._live
        if live.context.gate.paused == paused:
            word = "paused" if paused else "not paused"
            raise RequestError(409, word.replace(" ", "_"), f"Background work is {word} already.")
        live.context.gate.pause(paused=paused)
        live.board.changed()
        await live.context.library.remember(PAUSED, "yes" if paused else "no")

    def playing(self, playing: bool) -> None:  # noqa: FBT001 - playing(True) is self-explanatory
        """Record whether the host is playing audio. The host must repeat ``True`` at least hourly."""
        live = self._live
        live.context.gate.playing(playing=playing)
        live.board.changed()

    def work_anyway(self) -> None:
        """Work until the present quiet hours end; raise 409 outside quiet hours."""
        live = self._live
        if not live.context.gate.work_anyway():
            raise RequestError(409, "no_quiet_hours", "These are no quiet hours.")
        live.board.changed()

    def set_quiet_hours(self, text: str) -> None:
        """Replace the quiet hours, as in the settings."""
        live = self._live
        live.context.gate.set_quiet_hours(text)
        live.board.changed()
