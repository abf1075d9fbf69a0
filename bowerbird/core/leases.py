"""A lease held while something long is done: renewed as long as it goes on, so that whoever does it and dies leaves it to another soon."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble


async def keep(pool: Pool, over: asyncio.Event, every_s: float, renew: Callable[[Database], Awaitable[int]]) -> bool:
    """Renew it every so many seconds until it is `over`; False as soon as `renew` finds nothing to renew: it is not held any more.

    Where the database is away it is tried again a little later."""
    while not over.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), every_s)
            return True
        with suppress(Trouble):
            async with pool.transaction() as db:
                renewed = await renew(db)
            if not renewed:
                return False
    return True
