"""One verb from the command line: a database, and a pool of its own, for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from bowerbird.core import embedded
from bowerbird.core import migrate as migrations
from bowerbird.core.database import Database, Pool
from bowerbird.core.settings import Settings

T = TypeVar("T")


def run(where: Settings, verb: Callable[[Database], Awaitable[T]], *, writing: bool = True, snapshot: bool = False) -> T:
    """Do it in a transaction on a database brought up to date; with `writing` off only read, and leave the schema as it is; with `snapshot` on
    everything is read as it stood at one moment."""

    async def work(url: str) -> T:
        pool = Pool(url, 1)
        await pool.open()
        try:
            async with pool.transaction() if writing else pool.reading() as db:
                if snapshot:
                    await db.execute("set transaction isolation level repeatable read")
                return await verb(db)
        finally:
            await pool.close()

    with embedded.url(where) as url:
        if writing:
            migrations.migrate(url)
        return asyncio.run(work(url))
