"""Hashtags someone follows: posts under them come into the home (fanout reads the rows)."""

from __future__ import annotations

from collections.abc import Sequence

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page

FOLLOWED_MAX = 500
PAGE_MAX = 200


async def follow(db: Database, me: Person, name: str) -> None:
    """Have posts under a tag (normalised) in one's home. Raises Invalid."""
    if await db.value("select count(*) from social.follow_tags where account_id = %s", me.id) >= FOLLOWED_MAX:
        raise Invalid(f"Up to {FOLLOWED_MAX} tags can be followed.")
    await db.execute(
        "insert into social.follow_tags (account_id, name, id) values (%s, %s, %s) on conflict do nothing", me.id, name, new_id()
    )


async def unfollow(db: Database, me: Person, name: str) -> None:
    """No longer."""
    await db.execute("delete from social.follow_tags where account_id = %s and name = %s", me.id, name)


async def of(db: Database, me: Person, page: Page) -> list[tuple[int, str]]:
    """(id, name) of the tags one follows, newest first."""
    more = page.clause("id")
    rows = await db.rows(
        f"select id, name from social.follow_tags where account_id = %s{more.sql}{page.tail('id', PAGE_MAX)}", me.id, *more.args
    )
    return page.newest_first([(id_, name) for id_, name in rows])


async def among(db: Database, viewer_id: int, names: Sequence[str]) -> set[str]:
    """Those of `names` that the viewer follows."""
    return set(
        await db.values("select name from social.follow_tags where account_id = %s and name = any(%s)", viewer_id, list(names))
    )
