"""The event log by months: there is always room, nothing is lost without, and what is past its term goes as a whole."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pytest

from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Unavailable
from bowerbird.core.ids import before
from bowerbird.events import kinds, log, months


async def parts(db: Database) -> list[str]:
    return await db.values(
        "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'events.log'::regclass order by 1"
    )


async def written(db: Database, moment: datetime) -> str:
    """The part that a line of some moment goes to."""
    id_ = before(moment) + 1
    await db.execute("insert into events.log (id, kind, actor_id) values (%s, 'AccountCreated', 1)", id_)
    return await db.value("select tableoid::regclass::text from events.log where id = %s", id_)


async def test_there_is_room_for_the_months_to_come(db: Database) -> None:
    year = datetime.now(UTC).year + 3
    assert await written(db, datetime(year, 5, 2, tzinfo=UTC)) == "events.log_rest", "nothing is lost without a month"
    await months.keep(db, datetime(year, 3, 31, 23, 59, tzinfo=UTC))
    assert not await db.value("select count(*) from events.log_rest")
    found = await db.values(
        "select tableoid::regclass::text from events.log where id = %s", before(datetime(year, 5, 2, tzinfo=UTC)) + 1
    )
    assert found == [f"events.log_{year}_05"], "it has moved into its month"
    there = await parts(db)
    await months.keep(db, datetime(year, 3, 31, 23, 59, tzinfo=UTC))
    assert await parts(db) == there
    assert {f"log_{year}_0{month}" for month in (3, 4, 5)} <= set(there)
    assert await written(db, datetime(year, 5, 1, tzinfo=UTC)) == f"events.log_{year}_05"
    assert await written(db, datetime(year, 4, 30, 23, 59, 59, tzinfo=UTC)) == f"events.log_{year}_04"
    assert await written(db, datetime(year - 1, 12, 5, tzinfo=UTC)) == f"events.log_{year - 1}_12", "no month is left out"


async def test_what_is_past_its_term_goes_and_nothing_else(db: Database) -> None:
    now = datetime.now(UTC)
    old = await log.record(db, kinds.AccountCreated(actor_id=77, item_id=77))
    await months.keep(db, now.replace(day=1, year=now.year + 2))
    assert await db.value("select 1 from events.log where id = %s", old), "24 months are kept"
    later = datetime(now.year + 2 + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    assert (await written(db, later)).startswith("events.log_2")
    await months.keep(db, later)
    assert not await db.value("select 1 from events.log where id = %s", old)
    assert await db.value("select count(*) from events.log where id > %s", before(later)) == 1
    await log.record(db, kinds.AccountCreated(actor_id=77, item_id=78))  # its month is gone; it stands all the same


async def test_what_never_had_a_month_goes_after_its_term_too(db: Database) -> None:
    now = datetime.now(UTC)
    year = now.year + 3
    assert await written(db, datetime(year, 5, 2, tzinfo=UTC)) == "events.log_rest"
    await months.keep(db, datetime(year + 3, 6, 1, tzinfo=UTC))
    assert not await db.value("select count(*) from events.log where id < %s", before(datetime(year, 6, 1, tzinfo=UTC)))


async def test_nobody_waits_long_for_the_months(pool: Pool, db: Database) -> None:
    await db.value("select count(*) from events.log")  # as learning does: it reads on, in one transaction
    began = time.monotonic()
    with pytest.raises(Unavailable):
        async with pool.transaction() as other:
            await months.keep(other, datetime(datetime.now(UTC).year + 4, 1, 1, tzinfo=UTC))
    assert time.monotonic() - began < 5


async def test_who_reads_on_is_never_in_each_others_way_with_the_months(pool: Pool, db: Database) -> None:
    await db.execute(
        "lock table only events.log in access share mode"
    )  # as planning a statement does, before it comes to the parts

    async def kept() -> None:
        async with pool.transaction() as other:
            await months.keep(other, datetime(datetime.now(UTC).year + 4, 1, 1, tzinfo=UTC))

    keeping = asyncio.create_task(kept())
    waits = "select exists (select 1 from pg_locks where not granted and mode = 'AccessExclusiveLock' and relation = 'events.log'::regclass)"
    for _ in range(90):
        if await db.value(waits):
            break
        await asyncio.sleep(0.01)
    assert not keeping.done(), "it has to wait for who reads"
    await db.execute("set local lock_timeout = '200ms'")
    assert await db.value("select count(*) from events.log") >= 0
    with pytest.raises(Unavailable):
        await keeping
