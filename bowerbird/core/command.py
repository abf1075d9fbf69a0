"""One verb from the command line: a database, and a pool of its own, for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from typing import TypeVar

from psycopg.errors import SerializationFailure

from bowerbird.core import embedded
from bowerbird.core import migrate as migrations
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Unavailable
from bowerbird.core.settings import Settings

T = TypeVar("T")
TRIES = 3  # of a snapshot in which somebody else changed meanwhile what is written to
Turn = Callable[[Database], Awaitable[object]]


def run(
    where: Settings,
    verb: Callable[[Database], Awaitable[T]],
    *,
    writing: bool = True,
    snapshot: bool = False,
    turn: Turn | None = None,
) -> T:
    """Do it in a transaction on a database brought up to date; with `writing` off only read, and leave the schema as it is; with `snapshot` on
    everything is read as it stood at one moment, and it is done once more where somebody changed what it writes to since. `turn`: waits for its
    turn on the same connection before that moment, so that what others did until then is seen."""

    async def once(pool: Pool) -> T:
        async with pool.reading() as db:
            if turn:
                await turn(db)
            async with db.connection.transaction() if writing else nullcontext():
                if snapshot:
                    await db.execute("set transaction isolation level repeatable read")
                return await verb(db)

    async def work(url: str) -> T:
        pool = Pool(url, 1)
        await pool.open()
        try:
            for _ in range(TRIES - 1 if snapshot else 0):
                try:
                    return await once(pool)
                except Unavailable as lost:
                    if not isinstance(lost.__cause__, SerializationFailure):
                        raise
            return await once(pool)
        finally:
            await pool.close()

    with embedded.url(where) as url:
        if writing:
            migrations.migrate(url)
        return asyncio.run(work(url))
