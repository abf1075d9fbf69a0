"""How often something may happen, counted in PostgreSQL so that every web process agrees."""

from __future__ import annotations

import time

from bowerbird.core.database import Database
from bowerbird.core.errors import TooMany


async def spend(db: Database, what: str, *, times_max: int, window_s: int) -> None:
    """Count one `what`. Raises TooMany past `times_max` in this window of `window_s` seconds."""
    window = int(time.time()) // window_s
    used = await db.value(
        """insert into core.limits (what, bucket, used, until) values (%s, %s, 1, to_timestamp(%s))
           on conflict (what, bucket) do update set used = core.limits.used + 1 returning used""",
        what, window, (window + 1) * window_s,
    )  # fmt: skip
    if used > times_max:
        raise TooMany(retry_after_s=(window + 1) * window_s - int(time.time()))


async def refund(db: Database, what: str) -> None:
    """Take one `what` back: it was none of what is limited."""
    await db.execute("update core.limits set used = greatest(0, used - 1) where what = %s and until > now()", what)


async def forget(db: Database, what: str) -> None:
    """Start counting `what` anew, after a sign-in that went well, say."""
    await db.execute("delete from core.limits where what = %s", what)


async def sweep(db: Database) -> int:
    """Drop the counts of windows long past."""
    return await db.execute("delete from core.limits where until < now()")
