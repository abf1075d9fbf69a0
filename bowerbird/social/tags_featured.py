"""Hashtags someone shows on their own page, with how much they said under each."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import new_id

FEATURED_MAX = 10
SUGGESTED_MAX = 10
_PUBLIC = "p.deleted_at is null and p.visibility in ('public', 'unlisted')"


@dataclass(frozen=True, slots=True)
class Featured:
    """A tag on someone's page; `last_id` is the latest post under it that anyone may read."""

    id: int
    account_id: int
    name: str
    count: int
    last_id: int | None


_COLUMNS = f"""f.id, f.account_id, f.name, count(p.id) as count, max(p.id) as last_id from social.featured_tags f
    left join social.tags t on t.name = f.name
    left join social.posts p on p.id = t.post_id and p.author_id = f.account_id and {_PUBLIC}"""


async def of(db: Database, person_id: int) -> list[Featured]:
    """What someone shows, oldest first."""
    return await db.many(Featured, f"select {_COLUMNS} where f.account_id = %s group by f.id order by f.id", person_id)


async def feature(db: Database, me: Person, name: str) -> Featured:
    """Show a tag (normalised) on one's page. Raises Invalid."""
    shown = await of(db, me.id)
    if found := [f for f in shown if f.name == name]:
        return found[0]
    if len(shown) >= FEATURED_MAX:
        raise Invalid(f"Up to {FEATURED_MAX} tags can be shown on a page.")
    id_ = new_id()
    await db.execute("insert into social.featured_tags (id, account_id, name) values (%s, %s, %s)", id_, me.id, name)
    return await db.one(Featured, f"select {_COLUMNS} where f.id = %s group by f.id", id_)


async def take_back(db: Database, me: Person, *, id_: int | None = None, name: str | None = None) -> None:
    """Show it no more. Raises NotFound where it is not shown by oneself."""
    if not await db.execute(
        "delete from social.featured_tags where account_id = %s and (id = %s or name = %s)", me.id, id_, name
    ):
        raise NotFound


async def suggested(db: Database, me: Person) -> list[str]:
    """Tags one uses much and does not show yet."""
    return await db.values(
        f"""select t.name from social.posts p join social.tags t on t.post_id = p.id where p.author_id = %s and {_PUBLIC}
               and not exists (select 1 from social.featured_tags f where f.account_id = p.author_id and f.name = t.name)
            group by t.name order by count(*) desc, t.name limit {SUGGESTED_MAX}""",
        me.id,
    )
