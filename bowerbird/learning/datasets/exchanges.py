"""What was asked and answered, in a conversation or in the arena, as far as the person who asked lets it be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bowerbird.assistant import messages
from bowerbird.core.database import Database
from bowerbird.learning.datasets.item import Turn

CONTEXT_TURNS = 4  # before the question, where the whole conversation may be learned from


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question with one answer to it. `owner_id`: who asked; `item_kind`: a conversation or a bout, `item_id` which; `before_id`: the message
    before the question."""

    answer_id: int
    question_id: int
    owner_id: int
    item_kind: str
    item_id: int
    before_id: int | None
    question: str
    answer: str
    state: str
    thumb: int


async def of(db: Database, answer_ids: Sequence[int]) -> dict[int, Exchange]:
    """Those that still stand, by the id of the answer."""
    rows = await db.many(
        Exchange,
        """select a.id as answer_id, q.id as question_id, c.account_id as owner_id, 'conversation' as item_kind, c.id as item_id,
               q.parent_id as before_id, q.text as question, a.text as answer, a.state, a.thumb
           from assistant.messages a join assistant.messages q on q.id = a.parent_id and q.role = 'user'
           join assistant.conversations c on c.id = a.conversation_id where a.id = any(%s) and a.role = 'assistant'
           union all
           select s.id, b.id, b.account_id, 'bout', b.id, null, b.prompt, s.text, b.state, 0
           from learning.sides s join learning.bouts b on b.id = s.bout_id where s.id = any(%s) and b.kind = 'answer'""",
        list(answer_ids), list(answer_ids),
    )  # fmt: skip
    return {one.answer_id: one for one in rows}


async def prompt(db: Database, exchange: Exchange, *, whole: bool) -> tuple[Turn, ...]:
    """The question; with what was said before it, where the `whole` conversation may be learned from."""
    earlier = (await messages.branch(db, exchange.before_id))[-CONTEXT_TURNS:] if whole and exchange.before_id else []
    turns = [Turn(role=one.role, content=one.text) for one in earlier if one.text.strip()]
    return (*turns, Turn(role="user", content=exchange.question))
