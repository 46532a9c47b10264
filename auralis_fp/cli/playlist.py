"""``playlist``: a radio, a path or an order of files, as M3U8."""

import argparse
import asyncio
import os
import sys

from ..engine.similar_answers import PlaylistAnswer
from ..engine.similarity import CURVES, PathRequest, RadioRequest, SimilarTracksFinder
from ..errors import SettingsError
from ..runtime.serialization import to_json
from ..settings import Settings
from ..store.database import Database
from .similar import offline_finder, seeds_of


async def playlist(settings: Settings, arguments: argparse.Namespace) -> int:
    """Write a playlist to standard output.

    Parameters
    ----------
    settings : Settings
    arguments : argparse.Namespace
        Those of the command.

    Returns
    -------
    int
        Exit code: 0, or 1 if there is no track.
    """
    async with offline_finder(settings) as (database, finder):
        found = await _found(database, finder, arguments)
    if arguments.json:
        print(to_json(found))
    elif found.items:
        folder = arguments.relative_to
        base = None if folder is None else os.fsencode(await asyncio.to_thread(os.path.realpath, folder))
        sys.stdout.buffer.write(found.m3u8(base).encode())
        sys.stdout.flush()
    if found.note:
        print(found.note, file=sys.stderr)
    return 0 if found.items else 1


async def _found(database: Database, finder: SimilarTracksFinder, arguments: argparse.Namespace) -> PlaylistAnswer:
    seeds = await seeds_of(database, arguments.files)
    if arguments.sort:
        return await finder.flow(seeds)
    if arguments.to is not None:
        end = await seeds_of(database, [arguments.to])
        return await finder.path(PathRequest(start=seeds, end=end, tracks=max(2, arguments.tracks or 10)))
    if arguments.minutes is not None and not arguments.minutes > 0:
        raise SettingsError("minutes", "must be above 0")
    request = RadioRequest(
        like=seeds,
        tracks=arguments.tracks,
        minutes=arguments.minutes,
        number=max(0, arguments.number),
        curve=CURVES.get(arguments.curve or "", ()),
    )
    return await finder.radio(request)
