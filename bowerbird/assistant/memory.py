"""Facts that a person asked the assistant to keep: theirs to read, edit and switch off, used in their own conversations alone."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, NotFound, TooMany
from bowerbird.core.ids import new_id

FACTS_MAX = 50
FACT_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Fact:
    """One of them; `message_id` is where it was said, None where it was written by hand or that message is gone."""

    id: int
    account_id: int
    text: str
    message_id: int | None


async def of(db: Database, me: Person) -> list[Fact]:
    """All of one's own, oldest first."""
    return await db.many(
        Fact, "select id, account_id, text, message_id from assistant.facts where account_id = %s order by id", me.id
    )


async def keep(db: Database, me: Person, text: str, message_id: int | None = None) -> Fact:
    """One more. Raises Invalid or TooMany."""
    if await db.value("select count(*) from assistant.facts where account_id = %s", me.id) >= FACTS_MAX:
        raise TooMany(f"Up to {FACTS_MAX} facts are kept. Let one go first.")
    return await db.one(
        Fact,
        "insert into assistant.facts (id, account_id, text, message_id) values (%s, %s, %s, %s) returning id, account_id, text, message_id",
        new_id(), me.id, _checked(text), message_id,
    )  # fmt: skip


async def edit(db: Database, me: Person, id_: int, text: str) -> Fact:
    """Other words for one. Raises NotFound or Invalid."""
    return await db.one(
        Fact,
        "update assistant.facts set text = %s where id = %s and account_id = %s returning id, account_id, text, message_id",
        _checked(text), id_, me.id,
    )  # fmt: skip


async def forget(db: Database, me: Person, id_: int) -> None:
    """Let one go. Raises NotFound."""
    if not await db.execute("delete from assistant.facts where id = %s and account_id = %s", id_, me.id):
        raise NotFound


async def on(db: Database, me: Person) -> bool:
    """Whether facts are used and kept at all."""
    return bool(await db.value("select coalesce((select memory from assistant.habits where account_id = %s), true)", me.id))


async def switch(db: Database, me: Person, *, on: bool) -> None:
    """Use facts, or leave them alone; they stay until they are let go."""
    await db.execute(
        """insert into assistant.habits (account_id, memory) values (%s, %s)
           on conflict (account_id) do update set memory = excluded.memory""",
        me.id, on,
    )  # fmt: skip


def _checked(text: str) -> str:
    line = " ".join(text.replace("\x00", "").split())
    if not 1 <= len(line) <= FACT_LENGTH_MAX:
        raise Invalid(f"A fact has 1 to {FACT_LENGTH_MAX} characters.")
    return line
