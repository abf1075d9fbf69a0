"""People shown on someone's own page because they are worth following."""

from __future__ import annotations

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotAllowed
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.social import graph

ENDORSED_MAX = 100
PAGE_MAX = 80


async def endorse(db: Database, me: Person, other: Person) -> None:
    """Show someone one follows on one's page. Raises NotAllowed for others."""
    if not await graph.follows(db, me.id, other.id):
        raise NotAllowed("You can recommend people you follow.")
    if await db.value("select count(*) from social.endorsements where account_id = %s", me.id) >= ENDORSED_MAX:
        raise Invalid(f"Up to {ENDORSED_MAX} people can be recommended.")
    await db.execute(
        "insert into social.endorsements (account_id, endorsed_id, id) values (%s, %s, %s) on conflict do nothing",
        me.id,
        other.id,
        new_id(),
    )


async def take_back(db: Database, me: Person, other: Person) -> None:
    """Show them no more."""
    await db.execute("delete from social.endorsements where account_id = %s and endorsed_id = %s", me.id, other.id)


async def of(db: Database, person_id: int, page: Page) -> list[tuple[int, int]]:
    """(endorsement id, person id) of those someone recommends, newest first."""
    more = page.clause("e.id")
    rows = await db.rows(
        f"""select e.id, e.endorsed_id from social.endorsements e join accounts.people p on p.id = e.endorsed_id and p.deleted_at is null
            where e.account_id = %s{more.sql}{page.tail("e.id", PAGE_MAX)}""",
        person_id, *more.args,
    )  # fmt: skip
    return page.newest_first([(id_, other) for id_, other in rows])
