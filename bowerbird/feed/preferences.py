"""How somebody wants their home to begin, and whether they were asked if the feed may learn: they are asked once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database

Start = Literal["following", "for_you"]


@dataclass(frozen=True, slots=True)
class Preferences:
    """As they stand; these are those of who never said anything."""

    start: Start = "following"
    asked_at: datetime | None = None


async def of(db: Database, account_id: int) -> Preferences:
    """Somebody's."""
    found = await db.maybe(Preferences, "select start, asked_at from feed.preferences where account_id = %s", account_id)
    return found or Preferences()


async def begin_with(db: Database, me: Person, start: Start) -> None:
    """Remember which feed they looked at last: the house opens with it."""
    await db.execute(
        """insert into feed.preferences as p (account_id, start) values (%s, %s)
           on conflict (account_id) do update set start = excluded.start where p.start <> excluded.start""",
        me.id, start,
    )  # fmt: skip


async def answered(db: Database, me: Person) -> None:
    """They were asked, and said something: nobody asks again."""
    await db.execute(
        """insert into feed.preferences as p (account_id, asked_at) values (%s, now())
           on conflict (account_id) do update set asked_at = coalesce(p.asked_at, excluded.asked_at)""",
        me.id,
    )
