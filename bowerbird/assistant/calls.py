"""What the tools were asked and what they answered: shown with the answer, and where one acts unasked, waiting for the person's press."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from bowerbird.accounts.people import Person
from bowerbird.assistant import messages, tools
from bowerbird.assistant.reading import Eyes
from bowerbird.core import live
from bowerbird.core.database import Database, Pool, json
from bowerbird.core.errors import Conflict, Trouble
from bowerbird.core.ids import before, new_id

State = Literal["running", "done", "failed", "waiting", "declined"]
COLUMNS = "id, message_id, tool, asked, state, answer, seconds"
TEXT_LENGTH_MAX = 6_000
LEFT = "It was interrupted and did not finish. Look whether it was done before you ask again."
LEFT_AFTER = timedelta(minutes=5)  # a call that runs longer was left by a process that is gone


@dataclass(frozen=True, slots=True)
class Call:
    """One of them. `answer`: {said, text, …}: one line for people, what the model was given, and what is shown."""

    id: int
    message_id: int
    tool: str
    asked: dict[str, Any]
    state: State
    answer: dict[str, Any]
    seconds: float | None


async def of(db: Database, message_ids: Sequence[int]) -> dict[int, list[Call]]:
    """Those of each message, in the order they were made."""
    found: dict[int, list[Call]] = {}
    for call in await db.many(
        Call, f"select {COLUMNS} from assistant.calls where message_id = any(%s) order by id", list(message_ids)
    ):
        found.setdefault(call.message_id, []).append(call)
    return found


async def begin(db: Database, message_id: int, tool: str, asked: dict[str, str], state: State = "running") -> int:
    """Write down that a tool is asked; its id."""
    id_ = new_id()
    await db.execute(
        "insert into assistant.calls (id, message_id, tool, asked, state) values (%s, %s, %s, %s, %s)",
        id_, message_id, tool[:60], json(asked), state,
    )  # fmt: skip
    await live.tell(db, [f"message:{message_id}"], "call", message_id)
    return id_


async def end(db: Database, id_: int, state: State, answer: dict[str, Any], seconds: float) -> None:
    """Write down what it answered."""
    message_id = await db.value(
        "update assistant.calls set state = %s, answer = %s, seconds = %s where id = %s returning message_id",
        state, json({**answer, "text": str(answer.get("text", ""))[:TEXT_LENGTH_MAX]}), seconds, id_,
    )  # fmt: skip
    await live.tell(db, [f"message:{message_id}"], "call", message_id)


async def press(pool: Pool, me: Person, id_: int) -> Call:
    """The person wants what a model only proposed. Raises NotFound for another's, Conflict for what does not wait, and whatever the tool says."""
    async with pool.transaction() as db:
        call = await _own(db, me, id_)
        if not await db.execute(
            """update assistant.calls set state = 'running', answer = jsonb_build_object('pressed_at', now())
               where id = %s and state = 'waiting'""",
            id_,
        ):
            raise Conflict("That was done already.")
    try:
        tool, given = tools.known(call.tool, call.asked)
        outcome = await tools.run(pool, Eyes(me), tool, given)
    except Exception as wrong:
        said = wrong.said if isinstance(wrong, Trouble) else Trouble.said
        async with pool.transaction() as db:
            await end(db, id_, "failed", {"said": said}, 0.0)
        raise
    async with pool.transaction() as db:
        await end(db, id_, "done", {"said": outcome.said, "text": outcome.text, **outcome.shown}, 0.0)
        return await _own(db, me, id_)


async def decline(db: Database, me: Person, id_: int) -> Call:
    """The person does not want it. Raises NotFound for another's."""
    await _own(db, me, id_)
    await db.execute("update assistant.calls set state = 'declined' where id = %s and state = 'waiting'", id_)
    return await _own(db, me, id_)


async def sweep(db: Database) -> int:
    """End what still runs in answers that are over: whoever ran it is gone. How many."""
    left = await db.rows(
        """update assistant.calls c set state = 'failed', answer = %s from assistant.messages m
           where m.id = c.message_id and m.state in ('done', 'stopped', 'failed') and c.state = 'running' and c.id < %s
               and coalesce((c.answer->>'pressed_at')::timestamptz < now() - %s, true)
           returning c.message_id, c.id""",
        json({"said": LEFT}), before(datetime.now(UTC) - LEFT_AFTER), LEFT_AFTER,
    )  # fmt: skip
    for message_id, _ in left:
        await live.tell(db, [f"message:{message_id}"], "call", message_id)
    return len(left)


async def _own(db: Database, me: Person, id_: int) -> Call:
    call = await db.one(Call, f"select {COLUMNS} from assistant.calls where id = %s", id_)
    await messages.own(db, me, call.message_id)
    return call
