"""Pictures someone likes to find again. Theirs alone: nobody is told, nothing is counted."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page

OWN_MAX = 10_000


async def add(db: Database, person: Person, picture_id: int) -> None:
    """Put a picture among one's favourites; the caller has checked that it may be seen. Twice is once. Raises Conflict past OWN_MAX."""
    if await db.value("select count(*) from studio.favourites where account_id = %s", person.id) >= OWN_MAX:
        raise Conflict(f"You have {OWN_MAX} favourites. Let some go first.")
    await db.execute(
        "insert into studio.favourites (account_id, picture_id, id) values (%s, %s, %s) on conflict do nothing",
        person.id, picture_id, new_id(),
    )  # fmt: skip


async def drop(db: Database, person: Person, picture_id: int) -> None:
    """Let it go; what is none changes nothing."""
    await db.execute("delete from studio.favourites where account_id = %s and picture_id = %s", person.id, picture_id)


async def of(db: Database, person: Person, page: Page) -> list[tuple[int, int]]:
    """(id of the favourite, picture id), what was put there last first. Whether it may still be seen is the caller's question."""
    stretch = page.clause("id")
    rows = await db.rows(
        f"select id, picture_id from studio.favourites where account_id = %s{stretch.sql}{page.tail('id')}",
        person.id, *stretch.args,
    )  # fmt: skip
    return [(row[0], row[1]) for row in page.newest_first(rows)]


async def among(db: Database, person: Person | None, picture_ids: Sequence[int]) -> set[int]:
    """Which of these are someone's favourites."""
    if person is None or not picture_ids:
        return set()
    found = await db.values(
        "select picture_id from studio.favourites where account_id = %s and picture_id = any(%s)", person.id, list(picture_ids)
    )
    return set(found)
