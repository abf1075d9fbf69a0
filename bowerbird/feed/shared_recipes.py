"""Recipes that somebody lets others see and take: a link to what it held when it was shared, without what is nobody's business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_urlsafe

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, NotFound
from bowerbird.feed import recipe as recipes
from bowerbird.feed.recipe import Recipe, Wish
from bowerbird.social import names

SLUG_BYTES, SLUG_LENGTH_MAX = 9, 40
SHARES_PER_HOUR_MAX = 60


@dataclass(frozen=True, slots=True)
class Shared:
    """A recipe at its link. `author`: their name."""

    slug: str
    author_id: int
    author: str
    recipe: Recipe
    created_at: datetime


async def share(db: Database, me: Person) -> str:
    """Put what stands now at one's link: its slug, a new one only where there was none. Raises Conflict for an empty recipe, or TooMany."""
    await limits.spend(db, f"recipe share:{me.id}", times_max=SHARES_PER_HOUR_MAX, window_s=3_600)
    shown = without_private(await recipes.of(db, me.id))
    if shown == Recipe():
        raise Conflict("There is nothing in your recipe that others could take.")
    return await db.value(
        """insert into feed.shared_recipes (slug, account_id, recipe) values (%s, %s, %s)
           on conflict (account_id) do update set recipe = excluded.recipe, created_at = now() returning slug""",
        token_urlsafe(SLUG_BYTES), me.id, json(shown),
    )  # fmt: skip


async def unshare(db: Database, me: Person) -> None:
    """Take the link away. Who took the recipe keeps it, without the credit."""
    await db.execute("delete from feed.shared_recipes where account_id = %s", me.id)


async def slug_of(db: Database, account_id: int) -> str | None:
    """The link of somebody's recipe; None where they share none."""
    return await db.value("select slug from feed.shared_recipes where account_id = %s", account_id)


async def shared(db: Database, viewer: Person | None, slug: str) -> Shared:
    """The recipe at a link, without what ran out. Raises NotFound, also for whom its author blocked."""
    rows = await db.rows(
        """select s.slug, s.account_id, p.username, s.recipe, s.created_at from feed.shared_recipes s
               join accounts.people p on p.id = s.account_id and p.deleted_at is null where s.slug = %s""",
        slug[:SLUG_LENGTH_MAX].replace("\x00", ""),
    )
    if not rows or not await names.unblocked(db, viewer.id if viewer else None, [rows[0][1]]):
        raise NotFound
    found, author_id, author, written, created_at = rows[0]
    return Shared(found, author_id, author, recipes.current(recipes.read(written), datetime.now(UTC)), created_at)


async def fork(db: Database, me: Person, slug: str, ready: Recipe | None = None) -> Recipe:
    """Make the recipe at a link one's own, in the place of one's own; undo brings that back. `ready`: the same with meanings."""
    found = await shared(db, me, slug)
    taken = ready if ready is not None and recipes.bare(ready) == found.recipe else found.recipe
    await recipes.save(db, me, taken, credit=found.slug)
    return taken


def without_private(recipe: Recipe) -> Recipe:
    """What others may see: no meanings, and nobody named whom one wants to see less of or never."""
    shown = recipes.bare(recipe)
    return msgspec.structs.replace(shown, less=_without_people(shown.less), never=_without_people(shown.never))


def _without_people(wishes: list[Wish]) -> list[Wish]:
    return [wish for wish in wishes if not wish.people]
