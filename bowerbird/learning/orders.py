"""What administrators ordered of learning, and why: it stands here whoever asks, and what stands here is what holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import at, new_id

Verb = Literal["promote", "rollback", "pause", "resume", "run"]
WHY_LENGTH_MAX = 300


@dataclass(frozen=True, slots=True)
class Order:
    """One of them. `account_id`: None for the command line; `number`: of the version of `model` that was in use after it, None: none."""

    id: int
    account_id: int | None
    verb: Verb
    model: str
    number: int | None
    why: str

    @property
    def at(self) -> datetime:
        """When it was given."""
        return at(self.id)


def checked(why: str) -> str:
    """A reason as it is written down. Raises Invalid where there is none."""
    said = " ".join(why.replace("\x00", "").split())
    if not said or len(said) > WHY_LENGTH_MAX:
        raise Invalid(f"Say why, in up to {WHY_LENGTH_MAX} characters: it stays written down.")
    return said


async def give(
    db: Database, account_id: int | None, verb: Verb, why: str, *, model: str = "", number: int | None = None
) -> Order:
    """Write one down. Raises Invalid where it is not said why."""
    said = checked(why)
    return await db.one(
        Order,
        "insert into learning.orders (id, account_id, verb, model, number, why) values (%s, %s, %s, %s, %s, %s) returning *",
        new_id(), account_id, verb, model, number, said,
    )  # fmt: skip


async def latest(db: Database, limit: int = 30) -> list[Order]:
    """The newest first."""
    return await db.many(Order, "select * from learning.orders order by id desc limit %s", min(limit, 200))


async def paused(db: Database) -> Order | None:
    """The pause that holds, None where learning goes on."""
    last = await db.maybe(Order, "select * from learning.orders where verb in ('pause', 'resume') order by id desc limit 1")
    return last if last and last.verb == "pause" else None


async def wanted(db: Database) -> Order | None:
    """The order to learn at once that no walk has ended for yet: one that was killed is begun again."""
    last = await db.maybe(Order, "select * from learning.orders where verb = 'run' order by id desc limit 1")
    began: datetime | None = await db.value("select max(began_at) from learning.nights where ended_at is not null")
    return last if last and (began is None or began < last.at) else None
