"""Everything someone said, made and knows here, in one file for them: asked for, packed by the worker, kept for a week."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

from bowerbird.accounts.people import Person
from bowerbird.core import jobs, limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, NotFound
from bowerbird.core.ids import before, new_id
from bowerbird.media import files

KEPT = timedelta(days=7)
WAIT_MAX = timedelta(hours=1)
PER_DAY_MAX, ATTEMPTS_MAX = 5, 4  # the last attempt only finds out that it is one


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive: waiting, ready, failed, or gone."""

    id: int
    account_id: int
    state: str
    size_bytes: int
    attempts: int
    ready_at: datetime | None

    @property
    def file(self) -> str:
        """What it is called on the store."""
        return f"archives/{self.id}"

    @property
    def expires_at(self) -> datetime | None:
        """When it goes."""
        return self.ready_at + KEPT if self.ready_at else None


async def ask(db: Database, me: Person) -> Archive:
    """Have one packed. Raises Conflict while another is, TooMany past PER_DAY_MAX a day."""
    await limits.spend(db, f"archive:{me.id}", times_max=PER_DAY_MAX, window_s=86_400)
    try:
        async with db.savepoint():
            asked = await db.one(
                Archive, "insert into gallery.archives (id, account_id) values (%s, %s) returning *", new_id(), me.id
            )
    except psycopg.errors.UniqueViolation as waiting:
        raise Conflict("Your archive is being packed already.") from waiting
    await jobs.defer(db, "gallery:archive", queue="moving", archive_id=str(asked.id))
    return asked


async def latest(db: Database, me: Person) -> Archive:
    """One's latest archive. Raises NotFound where one never asked."""
    return await db.one(Archive, "select * from gallery.archives where account_id = %s order by id desc limit 1", me.id)


async def open_(db: Database, me: Person) -> tuple[Archive, AsyncIterator[bytes]]:
    """The newest archive of one's own that is ready, with its bytes. Raises NotFound."""
    ready = await db.one(
        Archive, "select * from gallery.archives where account_id = %s and state = 'ready' order by id desc limit 1", me.id
    )
    return ready, await files.read(ready.file)


async def begin(db: Database, id_: int) -> Archive | None:
    """The archive to pack now; None where there is nothing to do. One that was begun too often has failed."""
    found = await db.maybe(
        Archive, "update gallery.archives set attempts = attempts + 1 where id = %s and state = 'waiting' returning *", id_
    )
    if found and found.attempts >= ATTEMPTS_MAX:
        await db.execute("update gallery.archives set state = 'failed' where id = %s", id_)
        return None
    return found


async def ready(db: Database, id_: int, size_bytes: int) -> None:
    """It is packed; older ones of the same person go."""
    owner = await db.value(
        "update gallery.archives set state = 'ready', size_bytes = %s, ready_at = now() where id = %s and state = 'waiting' returning account_id",
        size_bytes, id_,
    )  # fmt: skip
    if owner is None:  # its owner left meanwhile
        await files.remove(f"archives/{id_}")
        return
    await _forget(db, "account_id = %s and id < %s", owner, id_)


async def forget_old(db: Database) -> int:
    """Let archives go whose week is over, and give those up that nobody could pack in WAIT_MAX; how many went."""
    await db.execute(
        "update gallery.archives set state = 'failed' where state = 'waiting' and id < %s", before(datetime.now(UTC) - WAIT_MAX)
    )
    return await _forget(db, "ready_at < now() - make_interval(days => %s)", KEPT.days)


async def forget_of(db: Database, account_id: int) -> int:
    """Let all of someone's archives go."""
    return await _forget(db, "account_id = %s", account_id)


async def _forget(db: Database, where: str, *args: object) -> int:
    gone = await db.values(
        f"update gallery.archives set state = 'gone' where state in ('ready', 'waiting', 'failed') and {where} returning id",
        *args,
    )
    for id_ in gone:
        await files.remove(f"archives/{id_}")
    return len(gone)


async def owner(db: Database, found: Archive) -> Person:
    """Whose archive it is. Raises NotFound when they left."""
    person = await db.maybe(Person, "select * from accounts.people where id = %s and deleted_at is null", found.account_id)
    if person is None:
        raise NotFound
    return person
