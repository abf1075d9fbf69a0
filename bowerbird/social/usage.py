"""How lively this house is, counted now and then and kept for minutes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bowerbird.core.database import Database
from bowerbird.core.ids import before

KEPT_S = 300.0
WEEKS = 12


@dataclass(frozen=True, slots=True)
class Usage:
    """People and posts of the whole house; active is who was here within so long."""

    people: int
    posts: int
    active_month: int
    active_half_year: int


@dataclass(frozen=True, slots=True)
class Week:
    """One week from its Monday: what was said, who did anything, who joined."""

    begins_at: datetime
    posts: int
    active: int
    joined: int


_kept: dict[str, tuple[float, Usage | list[Week]]] = {}


async def now(db: Database) -> Usage:
    """The house as it is, or was within KEPT_S."""
    kept = _kept.get("now")
    if kept and kept[0] > time.monotonic() and isinstance(kept[1], Usage):
        return kept[1]
    found = await db.one(
        Usage,
        """with seen as (
               select account_id, max(at) as at from (
                   select account_id, last_used_at as at from accounts.sessions
                   union all select account_id, last_used_at from accounts.tokens where account_id is not null) used group by account_id)
           select (select count(*) from accounts.people where deleted_at is null) as people,
                  (select count(*) from social.posts where deleted_at is null and boost_of_id is null) as posts,
                  count(*) filter (where at > now() - interval '30 days') as active_month,
                  count(*) filter (where at > now() - interval '180 days') as active_half_year from seen""",
    )
    _kept["now"] = (time.monotonic() + KEPT_S, found)
    return found


async def weeks(db: Database) -> list[Week]:
    """The last WEEKS weeks, the running one first."""
    kept = _kept.get("weeks")
    if kept and kept[0] > time.monotonic() and isinstance(kept[1], list):
        return kept[1]
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = today - timedelta(days=today.weekday())
    found: list[Week] = []
    for number in range(WEEKS):
        begins = monday - timedelta(weeks=number)
        first, end = before(begins), before(begins + timedelta(weeks=1))
        counts = await db.rows(
            """select (select count(*) from social.posts where id >= %s and id < %s and deleted_at is null),
                      (select count(distinct actor_id) from events.log where id >= %s and id < %s),
                      (select count(*) from accounts.people where id >= %s and id < %s)""",
            *(first, end) * 3,
        )
        found.append(Week(begins, *counts[0]))
    _kept["weeks"] = (time.monotonic() + KEPT_S, found)
    return found
