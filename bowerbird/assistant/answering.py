"""Writing an answer in a conversation: the job leases it, runs the loop, writes the words as they come, and tells who watches.

A worker that dies loses nothing but the words so far: its lease runs out and the next one begins anew."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from bowerbird.accounts import people, usage
from bowerbird.accounts.people import Person
from bowerbird.assistant import calls, context, conversations, intents, loop, memory, messages, prompts, quoting, router
from bowerbird.assistant.conversations import Conversation
from bowerbird.assistant.loop import Answered, Asking, Began, Spoke, Step, Turn
from bowerbird.assistant.messages import Message
from bowerbird.assistant.quoting import Sources
from bowerbird.assistant.reading import Eyes
from bowerbird.core import jobs, leases, live
from bowerbird.core.database import Database, Pool, json
from bowerbird.core.errors import Trouble
from bowerbird.core.ids import before
from bowerbird.core.settings import settings
from bowerbird.events import kinds
from bowerbird.events import log as events
from bowerbird.inference import adapters, chat
from bowerbird.inference.chatwire import ChatRequest
from bowerbird.inference.chatwire import Message as Wire
from bowerbird.social import text

LEASE_S, RENEW_S = 20, 5
ATTEMPTS_MAX = 3
ANSWER_S_MAX = 240.0
WRITE_S = 0.12  # between two writings of the words so far
ANSWER_TOKENS, ANSWER_TOKENS_OURS = 1_200, 260
PROMPT_TOKENS = 420  # the system prompt and what a tool may add
FACTS_LENGTH_MAX = 1_500
SUMMED_TOKENS_MAX = 2_400  # what a model reads at most when it sums up
BUSY = 8  # answers on the way in the house, after which the largest tier is left to who chose it
FULL_SHARE = 0.6  # of a day's tokens, after which the largest tier is spared
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Writing:
    """What is known of an answer while it is written."""

    message: Message
    sources: Sources
    raw: str = ""
    cited: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    tier: str = ""
    model: str = ""
    release: str = ""
    why: str = ""
    small: bool = False  # the embedded model speaks, which says the same again and again
    first_ms: int | None = None
    prompt_tokens: int = 0
    tokens: int = 0
    read: int = 0  # tokens that a model is given each time it is asked, about
    heard: int = 0  # characters of `raw` that a model has counted
    speaking: bool = False  # a model began and has not said yet what it came to
    counted: bool = False
    calling: int | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def shown(self) -> str:
        """The words as they may be shown: no link that was in no source, no HTML."""
        links = self.sources.links | {one["url"] for one in self.cited}
        words = quoting.once(self.raw) if self.small else self.raw
        return quoting.checked(words, Sources(links, self.sources.names | {str(one["by"]).lower() for one in self.cited}))

    @property
    def used(self) -> tuple[int, int]:
        """(read, said) in tokens; about, where a model was stopped or failed before it counted."""
        if not self.speaking:
            return self.prompt_tokens, self.tokens
        return self.prompt_tokens + self.read, self.tokens + chat.guessed(self.raw[self.heard :])


async def answer(pool: Pool, message_id: int) -> None:
    """Write one answer to its end. Called twice it does no harm."""
    async with pool.transaction() as db:
        message = await _lease(db, message_id)
        if message is None:
            return
        conversation = await db.one(
            Conversation, f"select {conversations.COLUMNS} from assistant.conversations where id = %s", message.conversation_id
        )
        me = await people.by_id(db, conversation.account_id)
        shown = await messages.branch(db, message.parent_id)
    own = [one.text for one in shown if one.role == "user"]
    names = frozenset(name.lower() for said in own for name in text.mentions(said)) | {me.username.lower()}
    writing = _Writing(message, Sources(frozenset().union(*(quoting.links_of(said) for said in own)), names))
    task = asyncio.current_task()
    assert task
    over = asyncio.Event()
    keeper = asyncio.create_task(keep(pool, message_id, over, task))
    try:
        async with asyncio.timeout(ANSWER_S_MAX):
            await _write(pool, me, conversation, writing, shown)
    except TimeoutError:
        await _end(pool, message_id, "failed", "It took too long, and was stopped.")
    except asyncio.CancelledError:
        if not keeper.done():  # told to stop: the next worker need not wait for the lease to run out
            await let_go(pool, message_id)
            writing.counted = True  # by whoever writes it to its end
            raise
        task.uncancel()  # the person stopped it: what was written stays
    except Trouble as trouble:
        logger.info("answer %s: %s", message_id, trouble)
        await _end(pool, message_id, "failed", trouble.said)
    finally:
        over.set()
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
        await _count(pool, me, writing)


async def warm() -> None:
    """Load the embedded model with its prompts in its cache, and learn the intents. Raises Unavailable while the models' process is away."""
    await intents.learned()
    if not chat.talker(settings(), "mini").ours:
        return
    for door in prompts.DOORS:
        said = [Wire(role="system", content=prompts.in_force(door).words), Wire(role="user", content="Hello.")]
        async with aclosing(chat.talk(ChatRequest(messages=said, max_tokens=1), ["mini"])) as words:
            async for _ in words:
                pass


async def sweep(db: Database) -> int:
    """Have what a dead worker left written anew, and end what was begun too often; how many."""
    for id_ in await db.values(
        """update assistant.messages set state = 'failed', note = 'It was begun several times and never finished. Ask again.'
           where state = 'running' and leased_until < now() and attempts >= %s returning id""",
        ATTEMPTS_MAX,
    ):
        await live.tell(db, [f"message:{id_}"], "message", id_)
    left = await db.values(
        """select id from assistant.messages where state in ('queued', 'running') and (leased_until is null or leased_until < now())
           and id < %s order by id limit 100""",
        before(datetime.now(UTC) - timedelta(seconds=LEASE_S)),  # what is younger has a job that waits
    )
    for id_ in left:
        await jobs.defer(db, "assistant:answer", queue="talking", once=f"answer:{id_}", message_id=str(id_))
    await calls.sweep(db)
    return len(left)


async def _lease(db: Database, message_id: int) -> Message | None:
    return await db.maybe(
        Message,
        f"""update assistant.messages set state = 'running', attempts = attempts + 1, text = '', sources = '[]',
                leased_until = now() + make_interval(secs => %s)
            where id = %s and state in ('queued', 'running') and attempts < %s and (leased_until is null or leased_until < now())
            returning {messages.COLUMNS}""",
        LEASE_S, message_id, ATTEMPTS_MAX,
    )  # fmt: skip


async def let_go(pool: Pool, message_id: int) -> None:
    """Give the lease back: the next worker need not wait for it to run out."""
    with suppress(Trouble):
        async with pool.transaction() as db:
            await db.execute("update assistant.messages set leased_until = now() where id = %s and state = 'running'", message_id)


async def keep(pool: Pool, message_id: int, over: asyncio.Event, writing: asyncio.Task[Any]) -> None:
    """Renew the lease until it is `over`; where the answer was stopped meanwhile, end the `writing`."""
    renew = "update assistant.messages set leased_until = now() + make_interval(secs => %s) where id = %s and state = 'running'"
    if not await leases.keep(pool, over, RENEW_S, lambda db: db.execute(renew, LEASE_S, message_id)):
        writing.cancel()


async def _write(pool: Pool, me: Person, conversation: Conversation, writing: _Writing, shown: list[Message]) -> None:
    await _forget_calls(pool, writing.message.id)
    turn, writing.why = await _turn(pool, me, conversation, writing.message, shown)
    writing.read = sum(chat.guessed(one.text) for one in loop.asked(turn, turn.material))
    written = 0.0
    async with aclosing(loop.run(pool, turn)) as steps:
        async for step in steps:
            await _take(pool, writing, step)
            if isinstance(step, Spoke) and time.monotonic() - written > WRITE_S:
                written = time.monotonic()
                if not await _show(pool, writing):
                    return
    await _finish(pool, me, conversation, writing)


async def _forget_calls(pool: Pool, message_id: int) -> None:
    """What a worker that died had begun: reading is done again; what acted stays as it was, and stands with the answer."""
    async with pool.transaction() as db:
        await db.execute(
            "delete from assistant.calls where message_id = %s and state = 'running' and not answer ? 'pressed_at'", message_id
        )


async def _turn(pool: Pool, me: Person, conversation: Conversation, message: Message, shown: list[Message]) -> tuple[Turn, str]:
    """What the loop is given, and why this tier."""
    last = shown[-1]
    said = last.text or "What do you see?"
    async with pool.reading() as db:
        facts = [fact.text for fact in await memory.of(db, me)] if await memory.on(db, me) else []
        pictures = await _pictured(db, last.media_ids)
        used = await usage.today(db, me.id)
        waiting = await db.value("select count(*) from assistant.messages where state in ('queued', 'running')")
        adapter = adapters.chosen(await adapters.served(db), me.id, message.id)
    guessed = sum(chat.guessed(one.text) for one in shown)
    down = {one.tier for one in await chat.state() if not one.up}
    command = intents.commanded(said)
    spent = ("full",) if used > settings().models_tokens_per_day_max * FULL_SHARE else ()
    route = router.route(
        router.Ask("chat", said, guessed, message.wanted_tier, spent=spent, down=down, busy=("full",) if waiting > BUSY else ())
    )
    first = chat.talker(settings(), route.tiers[0])
    answer_tokens = ANSWER_TOKENS_OURS if first.ours else ANSWER_TOKENS
    kept_facts = _bounded(facts)
    taken = PROMPT_TOKENS + chat.guessed(" ".join(kept_facts))
    window = await context.window(shown, first, taken_tokens=taken, answer_tokens=answer_tokens)
    history = window.kept[:-1]
    if window.left_out:
        summary = await _summary(pool, conversation, window.left_out, first)
        history = [loop.Message(role="user", content=f"(What we said before, in short: {summary})"), *history]
    turn = Turn(
        Eyes(me),
        "chat",
        said,
        route.tiers,
        history,
        kept_facts,
        pictures,
        answer_tokens=answer_tokens,
        intent=command,
        adapter=adapter,
    )
    return turn, route.why + (
        "" if len({chat.talker(settings(), t).place for t in chat.TIERS}) > 1 else " All three are the same small model here."
    )


def _bounded(facts: list[str]) -> list[str]:
    kept, length = list[str](), 0
    for fact in reversed(facts):
        length += len(fact)
        if length > FACTS_LENGTH_MAX:
            break
        kept.insert(0, fact)
    return kept


async def _pictured(db: Database, media_ids: list[int]) -> str:
    """What the pictures of a message show, in words: none of the models here sees."""
    rows = await db.rows(
        """select a.alt, coalesce(s.prompt, '') from media.attachments a left join studio.pictures s on s.media_id = a.id
           where a.id = any(%s) order by a.id""",
        media_ids,
    )
    return (
        quoting.data(
            (f"picture {number}", alt or prompt or "nobody described it") for number, (alt, prompt) in enumerate(rows, 1)
        )
        if rows
        else ""
    )


async def _summary(pool: Pool, conversation: Conversation, left_out: list[Message], talker: chat.Talker) -> str:
    """What no longer fits, summed up; kept with the conversation, where the person reads it."""
    new = [one for one in left_out if one.id > (conversation.summary_up_to or 0)]
    if not new:
        return conversation.summary
    began = time.monotonic()
    summary = await context.summed_up(conversation.summary, new, talker)
    async with pool.transaction() as db:
        if not talker.ours:  # the embedded model is not asked for it
            read = chat.guessed(conversation.summary + "".join(one.text for one in new))
            used = min(read, SUMMED_TOKENS_MAX), chat.guessed(summary)
            await usage.record(db, conversation.account_id, talker.tier, "chat", *used, time.monotonic() - began)
        await db.execute(
            "update assistant.conversations set summary = %s, summary_up_to = %s where id = %s",
            summary, left_out[-1].id, conversation.id,
        )  # fmt: skip
    return summary


async def _take(pool: Pool, writing: _Writing, step: Step) -> None:
    """Write down one step."""
    if isinstance(step, Began):
        writing.tier, writing.model = writing.tier or step.tier, step.model or writing.model
        writing.release = step.release or writing.release
        writing.small, writing.speaking = step.model == chat.EMBEDDED, bool(step.model)
        writing.why = step.why if not step.model else f"{writing.why} {step.why}.".strip() if step.why else writing.why
    elif isinstance(step, Spoke):
        writing.raw += step.text
        if writing.first_ms is None:
            writing.first_ms = int((time.monotonic() - writing.began) * 1000)
    elif isinstance(step, Asking):
        async with pool.transaction() as db:
            writing.calling = await calls.begin(
                db, writing.message.id, step.tool, step.given, "waiting" if step.waits else "running"
            )
        if step.waits:
            writing.calling = None
    elif isinstance(step, Answered):
        writing.cited += step.sources
        writing.read += chat.guessed(step.text)
        if writing.calling:
            async with pool.transaction() as db:
                answer_ = {"said": step.said, "text": step.text, "sources": step.sources, **step.shown}
                await calls.end(db, writing.calling, "failed" if step.trouble else "done", answer_, step.seconds)
            writing.calling = None
    else:
        writing.prompt_tokens += step.prompt_tokens
        writing.tokens += step.tokens
        writing.speaking, writing.heard = False, len(writing.raw)


async def _show(pool: Pool, writing: _Writing) -> bool:
    """Write the words so far; False once it was stopped."""
    async with pool.transaction() as db:
        going = await db.execute(
            """update assistant.messages set text = %s, tier = %s, model = %s, release = %s, why = %s, first_ms = %s, sources = %s
               where id = %s and state = 'running'""",
            writing.shown, writing.tier or None, writing.model or None, writing.release, writing.why.strip(), writing.first_ms,
            json(writing.cited), writing.message.id,
        )  # fmt: skip
        await live.tell(db, [f"message:{writing.message.id}"], "words", writing.message.id)
    return bool(going)


async def _finish(pool: Pool, me: Person, conversation: Conversation, writing: _Writing) -> None:
    if not writing.raw.strip():
        writing.raw = "I have no words for that. Ask in another way." if not writing.cited else "This is what I found."
    if not await _show(pool, writing):
        return
    message, seconds, used = writing.message, time.monotonic() - writing.began, writing.used
    async with pool.transaction() as db:
        done = await db.execute(
            """update assistant.messages set state = 'done', prompt_hash = %s, prompt_tokens = %s, tokens = %s, seconds = %s, leased_until = null
               where id = %s and state = 'running'""",
            prompts.in_force("chat").hash if writing.model else None, *used, seconds, message.id,
        )  # fmt: skip
        if writing.model:
            await usage.record(db, me.id, writing.tier, "chat", *used, seconds)
        if done and message.parent_id:
            await events.record(
                db,
                kinds.AnswerGiven(
                    actor_id=me.id,
                    item_id=conversation.id,
                    message_id=message.parent_id,
                    answer_id=message.id,
                    tier=writing.tier,
                    model=writing.model,
                    release=writing.release,
                ),
            )
        await live.tell(db, [f"message:{message.id}"], "message", message.id)
    writing.counted = True


async def _count(pool: Pool, me: Person, writing: _Writing) -> None:
    """Note what a model said of an answer that did not come to its end."""
    if writing.counted or not writing.model:
        return
    writing.counted = True
    with suppress(Trouble):
        async with pool.transaction() as db:
            await usage.record(db, me.id, writing.tier, "chat", *writing.used, time.monotonic() - writing.began)


async def _end(pool: Pool, message_id: int, state: str, note: str) -> None:
    async with pool.transaction() as db:
        await db.execute(
            "update assistant.messages set state = %s, note = %s, leased_until = null where id = %s and state in ('queued', 'running')",
            state, note[:500], message_id,
        )  # fmt: skip
        await live.tell(db, [f"message:{message_id}"], "message", message_id)
