"""The house's own rules, in the order they were written."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import new_id

TEXT_LENGTH_MAX = 300
HINT_LENGTH_MAX = 2_000
RULES_MAX = 50


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, and (`hint`) what is meant by it."""

    id: int
    text: str
    hint: str


async def add(db: Database, text: str, hint: str = "") -> Rule:
    """A new rule, the last of them. Raises Invalid when it does not fit."""
    if not 1 <= len(text.strip()) <= TEXT_LENGTH_MAX or len(hint) > HINT_LENGTH_MAX:
        raise Invalid(f"A rule has up to {TEXT_LENGTH_MAX} characters, what is meant by it {HINT_LENGTH_MAX}.")
    if len(await of(db)) >= RULES_MAX:
        raise Invalid(f"Nobody reads more than {RULES_MAX} rules.")
    return await db.one(
        Rule,
        "insert into moderation.rules (id, text, hint) values (%s, %s, %s) returning *",
        new_id(),
        text.strip(),
        hint.strip(),
    )


async def remove(db: Database, id_: int) -> None:
    """It no longer holds. Raises NotFound."""
    if not await db.execute("delete from moderation.rules where id = %s", id_):
        raise NotFound("There is no such rule.")


async def of(db: Database) -> list[Rule]:
    """All of them."""
    return await db.many(Rule, "select * from moderation.rules order by id limit 100")
