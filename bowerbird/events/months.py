"""The event log by months: room is made ahead, and a month whose term is over goes in one piece."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from bowerbird.core.database import Database
from bowerbird.core.ids import before
from bowerbird.core.settings import settings

AHEAD = 2  # months there is room for before they come
REST = "events.log_rest"  # what had no month in time lies here until it is made
PATIENCE_S = 1  # whoever reads the log for long, as learning does, keeps others waiting no longer than that: a minute later it is tried again
_NAMED = re.compile(r"log_(\d{4})_(\d{2})")


async def keep(db: Database, now: datetime | None = None) -> None:
    """Make room for the months to come; drop those that ended BOWERBIRD_EVENTS_MONTHS ago. A chore of the worker; done twice it does no harm."""
    today = now or datetime.now(UTC)
    await db.execute(f"set local lock_timeout = '{PATIENCE_S}s'")
    there = set(
        await db.values(
            """select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
               where i.inhparent = 'events.log'::regclass order by c.relname"""
        )
    )
    this = today.year * 12 + today.month - 1
    oldest = this - settings().events_months
    newest = max((month for name in there if (month := _month(name)) is not None), default=this)
    wanted = range(max(newest + 1, oldest), this + AHEAD + 1)
    gone = [name for name in there if (month := _month(name)) is not None and month < oldest]
    if wanted or gone:  # the whole before its parts, as whoever reads it does: neither waits for the other for ever
        await db.execute("lock table only events.log in access exclusive mode")
    for month in wanted:
        await _make(db, month)
    for name in gone:
        await db.execute(f"drop table events.{name}")
    await db.execute(f"delete from {REST} where id < %s", _begins(oldest))


async def _make(db: Database, month: int) -> None:
    """Room for a month, with what came before there was any: a house that was off for long writes before its worker has looked."""
    name, begins, ends = f"events.{_name(month)}", _begins(month), _begins(month + 1)
    await db.execute(f"create table {name} (like events.log including all)")
    await db.execute(
        f"with late as (delete from {REST} where id >= %s and id < %s returning *) insert into {name} select * from late",
        begins,
        ends,
    )
    await db.execute(f"alter table events.log attach partition {name} for values from ({begins}) to ({ends})")


def _month(name: str) -> int | None:
    """Months since the year 0 of a part of the log; None for what is no month."""
    named = _NAMED.fullmatch(name)
    return int(named[1]) * 12 + int(named[2]) - 1 if named else None


def _name(month: int) -> str:
    return f"log_{month // 12:04}_{month % 12 + 1:02}"


def _begins(month: int) -> int:
    """The first id of a month."""
    return before(datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC))
