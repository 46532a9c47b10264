"""The audio of a file as it is, whole or in part, for players in the browser."""

import asyncio
from email.utils import formatdate
from typing import Final

from aiohttp import hdrs, web

from ..engine.audio import BLOCK_BYTES, AudioFile, AudioFiles
from ..errors import RequestError
from ..runtime.tasks import cancel_and_wait
from .api import number_in_path
from .app_keys import service_of
from .ranges import range_applies, requested_range
from .responses import error_answer
from .streaming import streamed

STALL_LIMIT_SEC: Final = 300.0  # a player that is paused for longer asks again


async def audio(request: web.Request) -> web.StreamResponse:
    """Get the audio of a file, whole or in part (`Range`), for players that decode its format."""
    service, number = service_of(request), number_in_path(request, "file_id")
    files = service.audio
    async with files.opened(lambda: service.file(number)) as file:
        size, headers = file.stamp.size, _headers(file)
        if _is_known(request, headers[hdrs.ETAG]):
            del headers[hdrs.CONTENT_TYPE], headers[hdrs.CONTENT_LENGTH]
            return web.Response(status=304, headers=headers)
        if request.method == hdrs.METH_HEAD:
            return web.Response(headers=headers)
        wanted = requested_range(request, size)
        if wanted is None or not range_applies(request, headers[hdrs.ETAG], headers[hdrs.LAST_MODIFIED]):
            return await _send(request, files, file, range(size), headers)
        if not wanted:
            error = RequestError(416, "range_not_satisfiable", f"The file has {size} bytes.", {"size": size})
            return error_answer(error, {hdrs.CONTENT_RANGE: f"bytes */{size}"})
        headers[hdrs.CONTENT_RANGE] = f"bytes {wanted.start}-{wanted.stop - 1}/{size}"
        return await _send(request, files, file, wanted, headers, status=206)


def _headers(file: AudioFile) -> dict[str, str]:
    stamp = file.stamp
    return {
        hdrs.CONTENT_TYPE: file.media_type,
        hdrs.CONTENT_LENGTH: str(stamp.size),
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.ETAG: f'"{stamp.size:x}-{stamp.mtime_ns & 2**64 - 1:x}-{stamp.inode or 0:x}"',
        hdrs.LAST_MODIFIED: formatdate(stamp.mtime_ns / 1e9, usegmt=True),
        hdrs.CACHE_CONTROL: "private, no-cache",
    }


def _is_known(request: web.Request, etag: str) -> bool:
    return any(one.value in {etag.strip('"'), "*"} for one in request.if_none_match or ())


async def _send(
    request: web.Request, files: AudioFiles, file: AudioFile, wanted: range, headers: dict[str, str], status: int = 200
) -> web.StreamResponse:
    """Send a part of a file; abort the connection if it cannot be read to the end or the service stops."""
    headers[hdrs.CONTENT_LENGTH] = str(len(wanted))
    async with streamed(request, headers, status) as response:
        sending = asyncio.create_task(_copy(response, files, file, wanted))
        stopping = asyncio.create_task(files.stopping.wait())
        try:
            await asyncio.wait({sending, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not sending.done():
                raise RequestError(503, "stopping", "The service is being stopped.")
            sending.result()
        finally:
            await cancel_and_wait(stopping)
            await cancel_and_wait(sending)
    return response


async def _copy(response: web.StreamResponse, files: AudioFiles, file: AudioFile, wanted: range) -> None:
    position = wanted.start
    while position < wanted.stop:
        data = await files.read(file, position, min(BLOCK_BYTES, wanted.stop - position))
        try:
            async with asyncio.timeout(STALL_LIMIT_SEC):
                await response.write(data)
        except TimeoutError:
            raise RequestError(408, "stalled", "The player stopped reading.") from None
        position += len(data)
