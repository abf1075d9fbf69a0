"""What the feed can rank by: named, hashed, never changed. “live” is the house's own: the heads as they learn, with the values in values.toml."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, json
from bowerbird.core.errors import Conflict, Invalid, NotAllowed, NotFound
from bowerbird.core.ids import new_id
from bowerbird.feed import definitions, ranker_files
from bowerbird.feed.definitions import HOUSE, Definition, Draft

NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
SAID_LENGTH_MAX = 200
RANKERS_MAX = 200


@dataclass(frozen=True, slots=True)
class Ranker:
    """One of them. `said`: what it is for."""

    id: int
    name: str
    hash: str
    said: str
    definition: Any
    made_by: int | None

    @property
    def defined(self) -> Definition:
        """By what it ranks; the house's own as it stands now."""
        return definitions.house() if self.name == HOUSE else msgspec.convert(self.definition, Definition)

    @property
    def changes(self) -> list[tuple[str, float, float]]:
        """(what, with the house, with it) where it differs from the house's own values."""
        own, house = self.defined, definitions.house()
        pairs = [(name, house.worth[name], value) for name, value in own.worth.items()]
        pairs += [(name, house.limits[name], value) for name, value in own.limits.items()]
        return [one for one in pairs if one[1] != one[2]]


def keeper(by: Person | None) -> None:
    """Raises NotAllowed for all but administrators; None is the terminal, or the house itself."""
    if by is not None and by.role != "admin":
        raise NotAllowed("Only an administrator may choose what the feed ranks by.")


async def make(db: Database, by: Person | None, draft: Draft) -> Ranker:
    """Write one down. Raises NotAllowed, Invalid for what does not fit, Conflict where there is one of that name or one that ranks just the same."""
    keeper(by)
    if draft.name == HOUSE or not NAME.fullmatch(draft.name):
        raise Invalid("A name is up to 40 small letters, digits and hyphens, and not “live”.")
    said = " ".join(draft.said.split())
    if len(said) > SAID_LENGTH_MAX:
        raise Invalid(f"What it is for fits into {SAID_LENGTH_MAX} characters.")
    definition = definitions.of(draft)
    if definition.file:
        ranker_files.read(definition.file)
    same = await db.value("select name from feed.rankers where name = %s or hash = %s limit 1", draft.name, definition.hash)
    if same or definition.hash == definitions.house().hash:
        raise Conflict(
            f"There is one called “{draft.name}”." if same == draft.name else f"That ranks just as “{same or HOUSE}” does."
        )
    if await db.value("select count(*) from feed.rankers") >= RANKERS_MAX:
        raise Conflict(f"There are {RANKERS_MAX} rankers already.")
    return await _written(db, draft.name, said, definition, by.id if by else None)


async def house(db: Database) -> Ranker:
    """The house's own as it stands now, written down where it was not yet."""
    own = definitions.house()
    found = await db.maybe(Ranker, "select * from feed.rankers where name = %s and hash = %s", HOUSE, own.hash)
    return found or await _written(db, HOUSE, "The heads as they learn, with the house’s own values.", own, None)


async def _written(db: Database, name: str, said: str, definition: Definition, made_by: int | None) -> Ranker:
    return await db.one(
        Ranker,
        "insert into feed.rankers (id, name, hash, said, definition, made_by) values (%s, %s, %s, %s, %s, %s) returning *",
        new_id(), name, definition.hash, said, json(msgspec.to_builtins(definition)), made_by,
    )  # fmt: skip


async def by_id(db: Database, id_: int) -> Ranker:
    """One of them. Raises NotFound."""
    return await db.one(Ranker, "select * from feed.rankers where id = %s", id_)


async def by_name(db: Database, name: str) -> Ranker:
    """One of them; “live” is the house's own as it stands now. Raises NotFound."""
    if name == HOUSE:
        return await house(db)
    found = await db.maybe(Ranker, "select * from feed.rankers where name = %s", name)
    if found is None:
        raise NotFound(f"There is no ranker called “{name[:60]}”.")
    return found


async def listed(db: Database) -> list[Ranker]:
    """Those that somebody wrote, the newest first."""
    return await db.many(Ranker, "select * from feed.rankers where name <> %s order by id desc limit %s", HOUSE, RANKERS_MAX)


async def by_ids(db: Database, ids: set[int]) -> dict[int, Ranker]:
    """Some of them, by id."""
    return {one.id: one for one in await db.many(Ranker, "select * from feed.rankers where id = any(%s)", list(ids))}
