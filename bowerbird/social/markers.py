"""How far someone has read, for their programs to agree on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict

TIMELINES = ("home", "notifications")


@dataclass(frozen=True, slots=True)
class Marker:
    """The last id read on a timeline; `version` counts its changes."""

    timeline: str
    last_read_id: int
    version: int
    updated_at: datetime


async def of(db: Database, account_id: int, timelines: Sequence[str]) -> list[Marker]:
    """Someone's markers on some timelines."""
    return await db.many(
        Marker,
        "select timeline, last_read_id, version, updated_at from social.markers where account_id = %s and timeline = any(%s)",
        account_id, list(timelines),
    )  # fmt: skip


async def move(db: Database, account_id: int, timeline: str, last_read_id: int, *, version: int | None = None) -> Marker:
    """Read so far. Raises Conflict where it has moved on since `version`."""
    assert timeline in TIMELINES
    moved = await db.maybe(
        Marker,
        """insert into social.markers as m (account_id, timeline, last_read_id) values (%s, %s, %s)
           on conflict (account_id, timeline) do update set last_read_id = excluded.last_read_id, version = m.version + 1, updated_at = now()
               where %s::int is null or m.version = %s
           returning timeline, last_read_id, version, updated_at""",
        account_id, timeline, last_read_id, version, version,
    )  # fmt: skip
    if moved is None:
        raise Conflict("This was read further elsewhere. Ask again where.")
    return moved
