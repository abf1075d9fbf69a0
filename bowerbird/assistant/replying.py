"""Answering what was asked under posts: in turns, so that nobody waits behind one who asks much; late rather than never, within two minutes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bowerbird.accounts import people, usage
from bowerbird.accounts.people import Person
from bowerbird.assistant import asked as asking
from bowerbird.assistant import loop, phrasing, prompts, quoting, reading, router
from bowerbird.assistant.asked import Asked
from bowerbird.assistant.intents import Intent
from bowerbird.assistant.loop import Began, Spoke, Turn
from bowerbird.assistant.reading import Eyes, Read
from bowerbird.core import jobs, leases, live
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Trouble
from bowerbird.core.ids import at, before
from bowerbird.core.settings import settings
from bowerbird.gallery import showing
from bowerbird.inference import adapters, chat
from bowerbird.inference.chat import ChatTrouble, Finished
from bowerbird.moderation import screening
from bowerbird.social import meanings, posts
from bowerbird.studio import generations

LATE_S = 120
LEASE_S = 30
ATTEMPTS_MAX = 3
RENEW_S = 10
HELD = "id = %s and attempts = %s and state = 'running'"  # by who leased it, not by who came after
LATELY = timedelta(minutes=10)
WRITE_S = 0.15
LOOK_S = 2  # between two looks at a picture that is painted
ANSWER_TOKENS, ANSWER_TOKENS_OURS = 220, 80
OURS_READ_MAX, OURS_LENGTH_MAX = 3, 220  # posts and characters of each: what the embedded model reads within a second
LINKS_MAX = 3
# words that questions are made of, in the languages that the house reads best
_ASKING = """what about which when where who whom whose why how does did has have had are was were will would can could should may might the
    and for with from into this that these those there here people anybody anyone somebody someone everybody say says said knows know think
    tell some any you your they them der die das und wie was wer wann warum ist sind hat haben über mit ein eine les des une est sont que
    qui quand pourquoi comment sur avec los las una qué quién cuándo cómo por para con"""
ASKING = frozenset(_ASKING.split())
TOO_LATE = "I could not answer within two minutes. Ask me again."
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Reply:
    """What is known of a reply while it is written."""

    asked: Asked
    asker: Person
    reads: list[Read] = field(default_factory=list[Read])
    about: int = 1  # the number of the post in question
    text: str = ""
    tier: str | None = None
    model: str | None = None
    release: str = ""
    why: str = ""
    first_ms: int | None = None
    prompt_tokens: int = 0
    tokens: int = 0
    began: float = field(default_factory=time.monotonic)

    def says(self, words: str) -> None:
        """A piece of the answer; "" where it is shown before it is known whether it stays."""
        self.text += words
        if self.first_ms is None:
            self.first_ms = int((time.monotonic() - self.began) * 1000)


async def reply(pool: Pool) -> None:
    """Answer what waits, in turns, until nothing does."""
    while True:
        async with pool.transaction() as db:
            one = await _lease(db)
        if one is None:
            return
        left_s = LATE_S - (datetime.now(UTC) - at(one.id)).total_seconds()
        over, keeper = asyncio.Event(), None
        try:
            async with pool.reading() as db:
                asker = await people.by_id(db, one.asker_id)
            keeper = asyncio.create_task(keep(pool, one, over))
            async with asyncio.timeout(max(0.0, left_s)):
                await _answer(pool, _Reply(one, asker))
        except _Lost:
            logger.info("asked %s: another worker has it", one.id)
        except TimeoutError:
            await _over(pool, one, "failed", TOO_LATE)
        except ChatTrouble as trouble:
            logger.info("asked %s: %s", one.id, trouble)
            await again(pool, one, trouble.said)
        except Trouble as trouble:
            await _over(pool, one, "refused" if trouble.status < 500 else "failed", trouble.said)
        finally:
            over.set()
            if keeper:
                keeper.cancel()
                await asyncio.gather(keeper, return_exceptions=True)


class _Lost(Exception):
    """The lease ran out and somebody else took it, or it is over."""


async def keep(pool: Pool, one: Asked, over: asyncio.Event) -> None:
    """Renew the lease until it is over, however long the model says nothing."""
    renew = f"update assistant.asked set leased_until = now() + make_interval(secs => %s) where {HELD}"
    await leases.keep(pool, over, RENEW_S, lambda db: db.execute(renew, LEASE_S, one.id, one.attempts))


async def sweep(db: Database) -> None:
    """Have what a dead worker left done again."""
    if await db.value(
        "select exists (select 1 from assistant.asked where state in ('queued', 'running') and (leased_until is null or leased_until < now()))"
    ):
        await jobs.defer(db, "assistant:reply", queue="replying", once="reply")


async def _lease(db: Database) -> Asked | None:
    """The next in turn: whose asker had the fewest answers lately."""
    return await db.maybe(
        Asked,
        f"""update assistant.asked set state = 'running', attempts = attempts + (generation_id is null)::int,
                leased_until = now() + make_interval(secs => %s)
            where id = (
                select a.id from assistant.asked a where a.state in ('queued', 'running') and (a.leased_until is null or a.leased_until < now())
                order by (select count(*) from assistant.asked b
                          where b.asker_id = a.asker_id and b.id > %s and b.id <> a.id and b.state in ('running', 'done')), a.id
                limit 1 for update skip locked)
            returning {asking.COLUMNS}""",
        LEASE_S, before(datetime.now(UTC) - LATELY),
    )  # fmt: skip


async def _answer(pool: Pool, said: _Reply) -> None:
    """One question to its end."""
    one = said.asked
    if datetime.now(UTC) - at(one.id) > timedelta(seconds=LATE_S) or one.attempts > ATTEMPTS_MAX:
        return await _over(pool, one, "failed", TOO_LATE)
    if one.task == "draw":
        return await _draw(pool, said)
    eyes = Eyes(said.asker, one.aloud)
    await _read(pool, said, eyes)
    route = router.route(router.Ask("thread", one.said, down={state.tier for state in await chat.state() if not state.up}))
    said.why = route.why
    ours = chat.talker(settings(), route.tiers[0]).ours
    if ours and one.task != "explain":
        said.says(phrasing.quoted(one.task, said.reads, said.about))
        await _show(pool, said)
    if not (ours and one.task == "check"):
        await _phrase(pool, said, eyes, route.tiers, ours=ours)
    return await _publish(pool, said)


async def _read(pool: Pool, said: _Reply, eyes: Eyes) -> None:
    """The thread, and what else people here said about it: words find what was written seconds ago, meaning what was written otherwise."""
    one = said.asked
    async with pool.reading() as db:
        post = await reading.one(db, eyes, one.post_id)
        own = await asking.bower(db)
        around = [
            other for other in await reading.thread(db, eyes, post) if other.author_id != own.id and other.id != one.mention_id
        ]
        thread = around if post in around else sorted([*around, post], key=lambda other: other.id)
    found = list[posts.Post]()
    if one.task in ("check", "answer"):
        query = one.said if one.task == "answer" else post.text
        meaning = await meanings.of_words(query[:200])
        async with pool.reading() as db:
            found = await reading.found(
                db, eyes, _any_of(query), meaning, but=[other.id for other in thread] + [one.mention_id or 0]
            )
    async with pool.reading() as db:
        said.reads = await reading.read(db, eyes, [*thread, *found])
    said.about = next((number for number, read in enumerate(said.reads, 1) if read.id == post.id), 1)


def _any_of(query: str) -> str:
    """A question as a search: any of its words that are about something."""
    words = [word.lower() for word in "".join(c if c.isalnum() else " " for c in query).split()]
    telling = [word for word in words if len(word) > 2 and word not in ASKING]
    return " or ".join(dict.fromkeys(telling[:12])) or query[:100]


async def _phrase(pool: Pool, said: _Reply, eyes: Eyes, tiers: Sequence[chat.Tier], *, ours: bool) -> None:
    """The model's words. Those of the embedded one are kept only where they say nothing that was not read."""
    one = said.asked
    reads = list(enumerate(said.reads, 1))
    if ours:
        around = sorted(reads, key=lambda each: abs(each[0] - said.about))[:OURS_READ_MAX]
        reads = sorted(around)
    material = quoting.data(
        (f"{number}: @{read.username}", read.said[:OURS_LENGTH_MAX] if ours else read.said) for number, read in reads
    )
    async with pool.reading() as db:
        served = await adapters.served(db)
    turn = Turn(
        eyes, "thread", phrasing.wish(one.task, one.said, said.about), tiers, material=material, tools=(), intent=Intent("", one.said),
        answer_tokens=ANSWER_TOKENS_OURS if ours else ANSWER_TOKENS, adapter=adapters.chosen(served, said.asker.id, one.id),
    )  # fmt: skip
    words, written = "", 0.0
    async with aclosing(loop.run(pool, turn)) as steps:
        async for step in steps:
            if isinstance(step, Began):
                said.tier, said.model, said.release = step.tier, step.model, step.release
                said.why = f"{said.why} {step.why}".strip()
            elif isinstance(step, Spoke):
                words += step.text
                said.says("" if ours else step.text)
                if time.monotonic() - written > WRITE_S:
                    written = time.monotonic()
                    await _show(pool, said, words if ours else "")
            elif isinstance(step, Finished):
                said.prompt_tokens += step.prompt_tokens
                said.tokens += step.tokens
    if not ours:
        return
    if phrasing.grounded(words, said.reads, one.said):
        said.text = f"{said.text} {words.strip()}".strip() + ("" if phrasing.cites(said.text + words) else f" [{said.about}]")
    elif not said.text:
        said.text = phrasing.quoted("summarise", said.reads, said.about)
    if said.text == phrasing.quoted(one.task, said.reads, said.about):
        said.model, said.release = None, ""
        said.why = f"{said.why} What the model said was not in the posts, so they speak for themselves.".strip()


async def _show(pool: Pool, said: _Reply, coming: str = "") -> None:
    """Let the asker watch."""
    async with pool.transaction() as db:
        held = await db.execute(
            f"update assistant.asked set answer = %s where {HELD}",
            phrasing.finished(f"{said.text} {coming}", said.asker.username, len(said.reads))[0], said.asked.id, said.asked.attempts,
        )  # fmt: skip
        if not held:
            raise _Lost
        await live.tell(db, [f"asked:{said.asked.id}"], "words", said.asked.id)


async def _publish(pool: Pool, said: _Reply, media_ids: list[int] | None = None) -> None:
    """The answer where it belongs: under the post, or before the asker's eyes alone. Whether it may stand there is asked once more."""
    one = said.asked
    text, numbers = phrasing.finished(said.text, said.asker.username, len(said.reads))
    text = text or "People here have not said anything I could answer with."
    cited = [said.reads[number - 1] for number in numbers]
    answer_id = None
    async with pool.transaction() as db:
        if not await db.value(
            f"select 1 from assistant.asked where {HELD} and answer_id is null for update", one.id, one.attempts
        ):
            raise _Lost
        if one.aloud:
            post = await posts.see(db, said.asker.id, one.mention_id or one.post_id)
            await asking.may(db, said.asker, await posts.see(db, said.asker.id, one.post_id), aloud=True, counted=False)
            links = "".join(
                f"\n[{number}] {settings().origin}/posts/{read.id}"
                for number, read in list(zip(numbers, cited, strict=True))[:LINKS_MAX]
            )
            call = "" if post.author_id == said.asker.id else f"@{said.asker.username} "
            published = await showing.publish(
                db, await asking.bower(db), f"{call}{text}{chr(10) if links else ''}{links}", reply_to_id=post.id, visibility=post.visibility,
                language=post.language, media_ids=media_ids or (), via=f"Bower {said.tier}" if said.tier else "Bower",
            )  # fmt: skip
            answer_id = published.id
        seconds = time.monotonic() - said.began
        await db.execute(
            """update assistant.asked set state = 'done', answer = %s, answer_id = %s, tier = %s, model = %s, release = %s, why = %s,
                   prompt_hash = %s, read_ids = %s, cited_ids = %s, prompt_tokens = %s, tokens = %s, first_ms = %s, seconds = %s, answered_at = now(),
                   leased_until = null where id = %s""",
            text, answer_id, said.tier, said.model, said.release, said.why, prompts.in_force("thread").hash if said.tier else None,
            [read.id for read in said.reads],
            [read.id for read in cited], said.prompt_tokens, said.tokens, said.first_ms, seconds, one.id,
        )  # fmt: skip
        if said.tier:
            await usage.record(db, said.asker.id, said.tier, "thread", said.prompt_tokens, said.tokens, seconds)
        await live.tell(db, [f"asked:{one.id}"], "asked", one.id)


async def _draw(pool: Pool, said: _Reply) -> None:
    """A picture as an answer: asked for under the asker's name before the rules, painted as the assistant's, shown with its recipe."""
    one = said.asked
    if one.generation_id is None:
        wanted = generations.Ask(prompt=one.said[: generations.PROMPT_LENGTH_MAX], count=1)
        allowed = await screening.allow(pool, said.asker, wanted)
        async with pool.transaction() as db:
            generation = await generations.ask(db, await asking.bower(db), wanted, payer=said.asker)
            await screening.settle(db, said.asker, allowed, generation.id)
            await db.execute("update assistant.asked set generation_id = %s where id = %s", generation.id, one.id)
        return await _look_again(pool, one)
    async with pool.reading() as db:
        own = await asking.bower(db)
        generation = await generations.own(db, own, one.generation_id)
        tries = await generations.candidates(db, generation.id)
    if generation.state in generations.WAITING:
        return await _look_again(pool, one)
    made = [each for each in tries if each.picture_id]
    if not made:
        return await _over(pool, one, "failed", generation.error or "That could not be painted.")
    async with pool.transaction() as db:
        await generations.choose(db, own, generation.id, made[0].id)
        media = await db.values("select media_id from studio.pictures where id = %s and media_id is not null", made[0].picture_id)
    said.text, said.why = (
        f"Painted for {said.asker.username}: “{one.said[:200]}”.",
        "The picture model painted; no language model spoke.",
    )
    said.began -= (datetime.now(UTC) - at(one.id)).total_seconds()
    return await _publish(pool, said, media)


async def _look_again(pool: Pool, one: Asked) -> None:
    async with pool.transaction() as db:
        await db.execute(
            "update assistant.asked set leased_until = now() + make_interval(secs => %s) where id = %s", LOOK_S, one.id
        )
        await jobs.defer(db, "assistant:reply", queue="replying", after_s=LOOK_S + 1)


async def again(pool: Pool, one: Asked, said: str) -> None:
    """The model is away: once more while there is time."""
    if one.attempts >= ATTEMPTS_MAX:
        return await _over(pool, one, "failed", said)
    async with pool.transaction() as db:
        await db.execute(
            "update assistant.asked set state = 'queued', leased_until = now() + make_interval(secs => 8) where id = %s", one.id
        )
        await jobs.defer(db, "assistant:reply", queue="replying", after_s=9)
    return None


async def _over(pool: Pool, one: Asked, state: str, reason: str) -> None:
    async with pool.transaction() as db:
        ended = await db.maybe(
            Asked,
            f"""update assistant.asked set state = %s, reason = %s, leased_until = null where id = %s and state in ('queued', 'running')
                returning {asking.COLUMNS}""",
            state, reason[:300], one.id,
        )  # fmt: skip
        if ended and ended.generation_id:
            with suppress(Trouble):  # what is painted for nobody any more
                async with db.savepoint():
                    await generations.cancel(db, await asking.bower(db), ended.generation_id)
        await live.tell(db, [f"asked:{one.id}"], "asked", one.id)
