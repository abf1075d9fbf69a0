"""Files for one person only, such as an archive: on the same store as the pictures, but under names no address leads to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import obstore

from bowerbird.core.errors import NotFound, Unavailable
from bowerbird.core.settings import settings
from bowerbird.media.blobs import store

NAME = re.compile(r"[a-z]{1,20}/\d{1,20}")
PIECE_BYTES = 1_000_000


async def put(name: str, file: Path) -> int:
    """Keep a file under `name` ("archives/12"), in place of what was there; its size in bytes."""
    assert NAME.fullmatch(name)
    await obstore.put_async(store(settings()), name, file)
    return (await asyncio.to_thread(file.stat)).st_size


async def read(name: str) -> AsyncIterator[bytes]:
    """The file piece by piece. Raises NotFound where there is none, Unavailable where the store does not answer."""
    assert NAME.fullmatch(name)
    try:
        found = await obstore.get_async(store(settings()), name)
    except FileNotFoundError as missing:
        raise NotFound from missing
    except obstore.exceptions.BaseError as lost:
        raise Unavailable from lost
    return _pieces(found)


async def _pieces(found: obstore.GetResult) -> AsyncIterator[bytes]:
    async for piece in found.stream(min_chunk_size=PIECE_BYTES):
        yield bytes(piece)


async def remove(name: str) -> None:
    """Let it go, if it is there."""
    assert NAME.fullmatch(name)
    try:
        await obstore.delete_async(store(settings()), name)
    except FileNotFoundError:
        return
