"""What is said in a conversation. Messages with one parent are branches; an answer is a row with a state graph
(queued → running → done | stopped | failed), carried by a job that holds only its id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bowerbird.accounts import usage
from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations
from bowerbird.assistant.conversations import Conversation
from bowerbird.core import jobs, limits, live
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotAllowed, NotFound, TooLarge, TooMany
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings
from bowerbird.events import kinds, log
from bowerbird.media import attachments

State = Literal["queued", "running", "done", "stopped", "failed"]
UNDER_WAY: tuple[State, ...] = ("queued", "running")
TEXT_LENGTH_MAX = 8_000
PICTURES_MAX = 4
MESSAGES_MAX = 1_000  # of a conversation
BRANCH_MAX = 400
REASONS = ("not_true", "not_asked", "too_long", "unkind", "wrong_language", "did_not_follow", "helpful", "beautiful", "exact")
COLUMNS = """id, conversation_id, parent_id, role, text, media_ids, state, wanted_tier, tier, model, release, why, note, prompt_hash, prompt_tokens,
    tokens, first_ms, seconds, sources, attempts, leased_until, thumb, thumb_reasons, thumb_note"""


@dataclass(frozen=True, slots=True)
class Message:
    """One message; from `tier` on, how an answer came to be. `release`: the version of the adapter that spoke, "" for the model as it came;
    `sources`: [{kind, id, url, title}] in the order of their numbers."""

    id: int
    conversation_id: int
    parent_id: int | None
    role: Literal["user", "assistant"]
    text: str
    media_ids: list[int]
    state: State
    wanted_tier: str
    tier: str | None
    model: str | None
    release: str
    why: str
    note: str
    prompt_hash: str | None
    prompt_tokens: int
    tokens: int
    first_ms: int | None
    seconds: float | None
    sources: list[dict[str, Any]]
    attempts: int
    leased_until: datetime | None
    thumb: int
    thumb_reasons: list[str]
    thumb_note: str

    @property
    def under_way(self) -> bool:
        """Whether it is still being written."""
        return self.state in UNDER_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says. `tier` "": as the conversation has it."""

    text: str
    media_ids: Sequence[int] = field(default_factory=tuple[int, ...])
    tier: str = ""


async def own(db: Database, me: Person, id_: int) -> Message:
    """A message of one's own conversations. Raises NotFound for another's."""
    return await db.one(
        Message,
        f"""select {COLUMNS} from assistant.messages where id = %s and conversation_id in
            (select c.id from assistant.conversations c where c.account_id = %s)""",
        id_, me.id,
    )  # fmt: skip


async def branch(db: Database, head_id: int | None) -> list[Message]:
    """From the first message to `head_id`; the last BRANCH_MAX of them."""
    return await db.many(
        Message,
        f"""with recursive up (at, up_id, depth) as (
                select id, parent_id, 0 from assistant.messages where id = %s
                union all select m.id, m.parent_id, u.depth + 1 from assistant.messages m join up u on m.id = u.up_id where u.depth < {BRANCH_MAX})
            select {COLUMNS} from assistant.messages where id in (select at from up) order by id""",
        head_id,
    )  # fmt: skip


async def siblings(db: Database, shown: Sequence[Message]) -> dict[int, list[int]]:
    """For each shown message the ids of all that stand at its place, itself among them, oldest first."""
    if not shown:
        return {}
    rows = await db.rows(
        """select id, coalesce(parent_id, 0) from assistant.messages where conversation_id = %s
           and coalesce(parent_id, 0) = any(%s) order by id""",
        shown[0].conversation_id, [one.parent_id or 0 for one in shown],
    )  # fmt: skip
    places: dict[int, list[int]] = {}
    for id_, parent_id in rows:
        places.setdefault(parent_id, []).append(id_)
    return {one.id: places.get(one.parent_id or 0, [one.id]) for one in shown}


async def say(db: Database, me: Person, conversation_id: int, said: Said) -> tuple[Message, Message]:
    """Say something at the end of the branch that is shown: (what was said, the answer that is on its way)."""
    conversation = await conversations.own(db, me, conversation_id)
    if conversation.head_id and (await own(db, me, conversation.head_id)).under_way:
        raise Conflict("The answer before is still being written. Stop it, or wait for it.")
    await _prefer_shown(db, me, conversation)
    return await _say(db, me, conversation, said, conversation.head_id)


async def reword(db: Database, me: Person, id_: int, said: Said) -> tuple[Message, Message]:
    """Say one's own message in other words: a branch beside it, with an answer of its own. Raises NotFound or Invalid."""
    old = await own(db, me, id_)
    if old.role != "user":
        raise Invalid("Only your own messages can be said in other words.")
    conversation = await conversations.own(db, me, old.conversation_id)
    return await _say(db, me, conversation, said, old.parent_id)


async def again(db: Database, me: Person, id_: int, tier: str = "") -> Message:
    """Another answer beside one. Raises NotFound, Invalid or TooMany."""
    old = await own(db, me, id_)
    if old.role != "assistant" or old.parent_id is None:
        raise Invalid("Only an answer can be asked for again.")
    if old.under_way:
        raise Conflict("It is still being written. Stop it first.")
    conversation = await conversations.own(db, me, old.conversation_id)
    answer = await _answer(db, me, conversation, old.parent_id, tier)
    await log.record(db, kinds.AnswerAgain(actor_id=me.id, item_id=conversation.id, answer_id=old.id, sibling_id=answer.id))
    return answer


async def turn_to(db: Database, me: Person, id_: int) -> Conversation:
    """Show the branch a message stands in, down to its newest end. Raises NotFound."""
    message = await own(db, me, id_)
    head = await db.value(
        f"""with recursive down (at, depth) as (
                select %s::bigint, 0
                union all select (select max(m.id) from assistant.messages m where m.parent_id = d.at), d.depth + 1
                          from down d where d.at is not null and d.depth < {BRANCH_MAX})
            select at from down where at is not null order by depth desc limit 1""",
        message.id,
    )
    await db.execute("update assistant.conversations set head_id = %s where id = %s", head, message.conversation_id)
    return await conversations.own(db, me, message.conversation_id)


async def stop(db: Database, me: Person, id_: int) -> Message:
    """Stop an answer; what was written of it stays. One that is over stays as it is. Raises NotFound."""
    await own(db, me, id_)
    await db.execute("update assistant.messages set state = 'stopped' where id = %s and state in ('queued', 'running')", id_)
    await live.tell(db, [f"message:{id_}"], "message", id_)
    return await own(db, me, id_)


async def rate(db: Database, me: Person, id_: int, thumb: int, reasons: Sequence[str] = (), note: str = "") -> Message:
    """Say what one thinks of an answer: 1, -1, or 0 to take it back; why, out of REASONS. Raises NotFound or Invalid."""
    answer = await own(db, me, id_)
    if answer.role != "assistant" or answer.under_way:
        raise Invalid("Only a finished answer can be rated.")
    if thumb not in (-1, 0, 1) or not set(reasons) <= set(REASONS):
        raise Invalid(f"A thumb is 1, 0 or -1; the reasons are {', '.join(REASONS)}.")
    if len(note) > 500:
        raise TooLarge("A note has up to 500 characters.")
    await db.execute(
        "update assistant.messages set thumb = %s, thumb_reasons = %s, thumb_note = %s where id = %s",
        thumb, sorted(set(reasons)), note.replace("\x00", ""), id_,
    )  # fmt: skip
    await log.record(
        db,
        kinds.AnswerRated(
            actor_id=me.id, item_id=answer.conversation_id, answer_id=id_, thumb=thumb, reasons=sorted(set(reasons))
        ),
    )
    return await own(db, me, id_)


async def _say(
    db: Database, me: Person, conversation: Conversation, said: Said, parent_id: int | None
) -> tuple[Message, Message]:
    text = said.text.replace("\x00", "").strip()
    if not text and not said.media_ids:
        raise Invalid("Say something first.")
    if len(text) > TEXT_LENGTH_MAX:
        raise TooLarge(f"A message has up to {TEXT_LENGTH_MAX:,} characters; this one has {len(text):,}.")
    if len(said.media_ids) > PICTURES_MAX:
        raise Invalid(f"Up to {PICTURES_MAX} pictures go along with a message.")
    await attachments.own(db, me.id, said.media_ids)
    message = await db.one(
        Message,
        f"""insert into assistant.messages (id, conversation_id, parent_id, role, text, media_ids) values (%s, %s, %s, 'user', %s, %s)
            returning {COLUMNS}""",
        new_id(), conversation.id, parent_id, text, list(said.media_ids),
    )  # fmt: skip
    if not conversation.title:
        await db.execute("update assistant.conversations set title = %s where id = %s", titled(text), conversation.id)
    return message, await _answer(db, me, conversation, message.id, said.tier)


async def _answer(db: Database, me: Person, conversation: Conversation, parent_id: int, tier: str) -> Message:
    """An answer that waits to be written, and the job that writes it."""
    where = settings()
    if where.assistant == "off":
        raise NotAllowed("The assistant is switched off in this house.")
    await limits.spend(db, f"ask:{me.id}", times_max=where.asks_per_minute_max, window_s=60)
    # the row lock of that count lets one person ask for one answer at a time, so that the next two counts are true
    await usage.within(db, me)
    waiting = await db.value(
        """select count(*) from assistant.messages m join assistant.conversations c on c.id = m.conversation_id
           where c.account_id = %s and m.state in ('queued', 'running')""",
        me.id,
    )
    if waiting >= where.answers_waiting_max:
        raise TooMany(f"{waiting} answers are on their way to you. Wait for one, or stop one.", retry_after_s=5)
    if await db.value("select count(*) from assistant.messages where conversation_id = %s", conversation.id) >= MESSAGES_MAX:
        raise TooMany(f"A conversation has up to {MESSAGES_MAX:,} messages. Begin a new one.")
    answer = await db.one(
        Message,
        f"""insert into assistant.messages (id, conversation_id, parent_id, role, state, wanted_tier) values (%s, %s, %s, 'assistant', 'queued', %s)
            returning {COLUMNS}""",
        new_id(), conversation.id, parent_id, conversations.known(tier) or conversation.tier,
    )  # fmt: skip
    await db.execute(
        "update assistant.conversations set head_id = %s, updated_at = now(), archived_at = null where id = %s",
        answer.id, conversation.id,
    )  # fmt: skip
    await jobs.defer(db, "assistant:answer", queue="talking", message_id=str(answer.id))
    return answer


async def _prefer_shown(db: Database, me: Person, conversation: Conversation) -> None:
    """Who goes on from one of several answers prefers it."""
    others = await db.values(
        """select o.id from assistant.messages m join assistant.messages o on o.parent_id = m.parent_id and o.id <> m.id
           where m.id = %s and m.role = 'assistant' and o.state = 'done' order by o.id limit 20""",
        conversation.head_id,
    )
    if others and conversation.head_id:
        await log.record(
            db, kinds.AnswerPreferred(actor_id=me.id, item_id=conversation.id, answer_id=conversation.head_id, others=others)
        )


def titled(text: str) -> str:
    """A title for a conversation that begins so; a command is no part of it."""
    line = " ".join(re.sub(r"^\s*/\w{2,12}\s+(?=\S)", "", text).split())
    if len(line) <= 60:
        return line
    return line[:60].rsplit(" ", 1)[0].rstrip(",;:") + "…"


async def head(db: Database, conversation: Conversation) -> Message:
    """The last message of the branch that is shown. Raises NotFound in an empty conversation."""
    if conversation.head_id is None:
        raise NotFound
    return await db.one(Message, f"select {COLUMNS} from assistant.messages where id = %s", conversation.head_id)
