"""Somebody says that a decision was wrong, and a person looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid
from bowerbird.core.ids import at, new_id
from bowerbird.moderation import decisions
from bowerbird.social import notifications

TEXT_LENGTH_MAX = ANSWER_LENGTH_MAX = 1_000
APPEALS_PER_DAY_MAX = 20
OPENED = "A rule asks for a person to look at this."
Said = Literal["upheld", "granted"]


@dataclass(frozen=True, slots=True)
class Appeal:
    """What `account_id` says of a decision. Upheld: the decision stands; granted: exactly the same may pass for them from now on."""

    id: int
    decision_id: int
    account_id: int
    text: str
    state: Literal["waiting", "upheld", "granted"]
    answer: str
    decided_at: datetime | None

    @property
    def made_at(self) -> datetime:
        """When it was said."""
        return at(self.id)


async def make(db: Database, me: Person, decision_id: int, text: str) -> Appeal:
    """Ask for a person to look. Raises NotFound for another's decision, Invalid, Conflict for a second time."""
    decided = await decisions.own(db, me, decision_id)
    if not 1 <= len(text.strip()) <= TEXT_LENGTH_MAX:
        raise Invalid(f"Say in up to {TEXT_LENGTH_MAX} characters why it was wrong.")
    if decided.decision == "label":
        raise Invalid("A label stops nothing. Show the picture as it is, or tell the moderators.")
    await limits.spend(db, f"appeal:{me.id}", times_max=APPEALS_PER_DAY_MAX, window_s=86_400)
    return await _write(db, me.id, decision_id, text.strip().replace("\x00", ""))


async def opened(db: Database, account_id: int, decision_id: int) -> Appeal:
    """The house itself asks for a person to look, as the rule says."""
    return await _write(db, account_id, decision_id, OPENED)


async def _write(db: Database, account_id: int, decision_id: int, text: str) -> Appeal:
    made = await db.maybe(
        Appeal,
        """insert into moderation.appeals (id, decision_id, account_id, text) values (%s, %s, %s, %s)
           on conflict (decision_id) do nothing returning *""",
        new_id(), decision_id, account_id, text,
    )  # fmt: skip
    if made is None:
        raise Conflict("Somebody looks at this already.")
    return made


async def waiting(db: Database, *, limit: int = 100) -> list[Appeal]:
    """Those nobody has decided, the oldest first."""
    return await db.many(Appeal, "select * from moderation.appeals where state = 'waiting' order by id limit %s", min(limit, 500))


async def of(db: Database, decision_ids: Sequence[int]) -> dict[int, Appeal]:
    """The appeals against these decisions, by decision."""
    found = await db.many(Appeal, "select * from moderation.appeals where decision_id = any(%s)", list(decision_ids))
    return {appeal.decision_id: appeal for appeal in found}


async def decide(db: Database, id_: int, said: Said, answer: str = "") -> Appeal:
    """A person has looked; who appealed is told. Raises NotFound, or Conflict where it was decided before."""
    if len(answer) > ANSWER_LENGTH_MAX:
        raise Invalid(f"An answer has up to {ANSWER_LENGTH_MAX} characters.")
    before = await db.one(Appeal, "select * from moderation.appeals where id = %s for update", id_)
    if before.state != "waiting":
        raise Conflict("That was decided before.")
    await notifications.tell(db, before.account_id, "appeal", before.account_id, subject_id=before.decision_id)
    return await db.one(
        Appeal, "update moderation.appeals set state = %s, answer = %s, decided_at = now() where id = %s returning *",
        said, answer.strip(), id_,
    )  # fmt: skip
