"""Which ranker is in force, and was: each promotion a row, each rollback one that takes back another, so that going back is always one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict
from bowerbird.core.ids import at, new_id
from bowerbird.feed import rankers
from bowerbird.feed.rankers import Ranker

SHOWN_MAX = 200


@dataclass(frozen=True, slots=True)
class Reign:
    """A ranker in force from `id` on. `by_id` None: the terminal, or the house itself."""

    id: int
    ranker_id: int
    takes_back: int | None
    comparison_id: int | None
    by_id: int | None
    reason: str

    @property
    def since(self) -> datetime:
        """When it began."""
        return at(self.id)


async def history(db: Database) -> list[Reign]:
    """All of them, the newest first."""
    return await db.many(Reign, "select * from feed.reigns order by id desc limit %s", SHOWN_MAX)


def standing(newest_first: Sequence[Reign]) -> list[Reign]:
    """Those that were not taken back, nor are rollbacks themselves: the last is in force, the one before it is what a rollback leads to."""
    stack: list[Reign] = []
    for one in reversed(newest_first):
        if one.takes_back is None:
            stack.append(one)
        else:
            stack = [other for other in stack if other.id != one.takes_back]
    return stack


async def in_force(db: Database) -> Reign | None:
    """The one that holds; None for the house's own."""
    stack = standing(await history(db))
    return stack[-1] if stack else None


async def champion(db: Database) -> Ranker:
    """The ranker in force; the house's own is written down where it was not yet."""
    found = await in_force(db)
    return await rankers.by_id(db, found.ranker_id) if found else await rankers.house(db)


async def begin(db: Database, by: Person | None, ranker: Ranker, reason: str, comparison_id: int | None = None) -> Reign:
    """Rank by another one from now on."""
    return await _written(db, ranker.id, None, comparison_id, by, reason)


async def take_back(db: Database, by: Person | None, reason: str) -> tuple[Reign, Reign]:
    """Back to what was in force before, one step: (the reign that ended, the row that says so). Raises Conflict where nothing was promoted."""
    stack = standing(await history(db))
    if not stack:
        raise Conflict("The feed ranks by the house’s own ranker; there is nothing to go back to.")
    ranker = await rankers.by_id(db, stack[-2].ranker_id) if len(stack) > 1 else await rankers.house(db)
    return stack[-1], await _written(db, ranker.id, stack[-1].id, stack[-1].comparison_id, by, reason)


async def _written(
    db: Database, ranker_id: int, takes_back: int | None, comparison_id: int | None, by: Person | None, reason: str
) -> Reign:
    return await db.one(
        Reign,
        """insert into feed.reigns (id, ranker_id, takes_back, comparison_id, by_id, reason)
           values (%s, %s, %s, %s, %s, %s) returning *""",
        new_id(), ranker_id, takes_back, comparison_id, by.id if by else None, reason,
    )  # fmt: skip
