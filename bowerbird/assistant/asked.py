"""Asked under a post: aloud, by mentioning @bower or by the button, or for the asker's eyes alone. A row with a state graph
(queued → running → done | failed | refused), carried by a job; who is asked, and who may not be, is decided here."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

from bowerbird.accounts import people, usage
from bowerbird.accounts.people import Person
from bowerbird.assistant.reading import NAME
from bowerbird.core import jobs, limits, live
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Invalid, NotAllowed, TooLarge, TooMany, Trouble
from bowerbird.core.ids import before, new_id
from bowerbird.core.settings import settings
from bowerbird.events import kinds, log
from bowerbird.social import graph, posts
from bowerbird.social.posts import EVERYONES, Post

Task = Literal["explain", "summarise", "check", "draw", "answer"]
TASKS: tuple[Task, ...] = ("explain", "summarise", "check", "draw", "answer")
State = Literal["queued", "running", "done", "failed", "refused"]
NEEDS_WORDS = ("answer", "draw")
SAID_LENGTH_MAX = 500
TURNS_MAX = 6  # answers aloud in one thread, in all
HOUR_MAX = 20  # questions of one asker in an hour
HOUSE_HOUR_MAX = 300
LOOK_BACK = timedelta(hours=6)  # a mention older than that, when the house was away, is left
COLUMNS = """id, asker_id, post_id, mention_id, thread_id, task, aloud, said, state, reason, answer, answer_id, generation_id, tier, model, release,
    why, prompt_hash, read_ids, cited_ids, prompt_tokens, tokens, first_ms, seconds, attempts, leased_until, answered_at"""
_TASKS: tuple[tuple[Task, re.Pattern[str]], ...] = (
    ("draw", re.compile(r"^\s*/?(?:please\s+)?(?:draw|paint|illustrate|zeichne|male|dessine|dibuja)\b[\s:,]*", re.I)),
    ("summarise", re.compile(r"^\s*/?(?:please\s+)?(?:summari[sz]e|sum up|tl;?dr|zusammenfassen|fasse|résume|resume)\b", re.I)),
    ("check", re.compile(r"^\s*/?(?:is (?:this|that|it) (?:really )?(?:true|right|real)|fact.?check|check this|stimmt das|c'est vrai)", re.I)),
    ("explain", re.compile(r"^\s*/?(?:please\s+)?(?:explain|what (?:is|does) (?:this|that)|erkläre?|explique|explica)\b", re.I)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """One question. `mention_id`: the post that asks, None for the button; `reason`: why not, for the asker; from `tier` on, how it was answered."""

    id: int
    asker_id: int
    post_id: int
    mention_id: int | None
    thread_id: int
    task: Task
    aloud: bool
    said: str
    state: State
    reason: str
    answer: str
    answer_id: int | None
    generation_id: int | None
    tier: str | None
    model: str | None
    release: str
    why: str
    prompt_hash: str | None
    read_ids: list[int]
    cited_ids: list[int]
    prompt_tokens: int
    tokens: int
    first_ms: int | None
    seconds: float | None
    attempts: int
    leased_until: datetime | None
    answered_at: datetime | None


class Question(NamedTuple):
    """What is wanted, in words."""

    task: Task
    said: str


async def bower(db: Database) -> Person:
    """The assistant's own account: labelled as a program, and whose it is."""
    about = (
        "I am a program: the assistant of this house. Mention me under a post and I answer with what people here said. "
        "I read only what you may see."
    )
    fields = [
        {"name": "Run by", "value": f"the people who run {settings().name}"},
        {"name": "How I work", "value": f"{settings().origin}/about/bower"},
    ]
    return await people.of_house(db, NAME, "Bower", about, fields)


def question(said: str) -> Question:
    """What somebody wants who writes this to the assistant."""
    plain = " ".join(re.sub(rf"@{NAME}\b", " ", said, flags=re.I).split())
    for task, pattern in _TASKS:
        if pattern.match(plain):
            return Question(task, pattern.sub("", plain, count=1).strip(" ?.!:,") if task == "draw" else plain)
    return Question("answer", plain)


async def ask(db: Database, me: Person, post_id: int, wanted: Question, *, aloud: bool) -> Asked:
    """Ask under a post by the button. Raises NotFound, Invalid, NotAllowed with the reason, or TooMany."""
    post = await posts.see(db, me.id, post_id)
    if wanted.task not in TASKS:
        raise Invalid(f"One may ask to {', '.join(TASKS)}.")
    if len(wanted.said) > SAID_LENGTH_MAX:
        raise TooLarge(f"A question has up to {SAID_LENGTH_MAX} characters.")
    if wanted.task in NEEDS_WORDS and not wanted.said.strip():
        raise Invalid("Say what you want to know, or to see.")
    await may(db, me, post, aloud=aloud)
    await _spend(db, me)
    queued = await _queue(db, me, post, None, wanted, aloud=aloud)
    assert queued
    return queued


async def take_in(pool: Pool) -> int:
    """Take in the mentions that wait, each in a transaction of its own; how many. Safe to run by several at once."""
    if settings().assistant == "off":
        return 0
    async with pool.transaction() as db:
        own = await bower(db)
        waiting = await db.values(
            """select p.id from social.posts p where p.id > %s and p.deleted_at is null and p.author_id <> %s and p.boost_of_id is null
               and p.text ~* %s and exists (select 1 from social.mentions m where m.post_id = p.id and m.account_id = %s)
               and not exists (select 1 from assistant.asked a where a.mention_id = p.id) order by p.id limit 50""",
            before(datetime.now(UTC) - LOOK_BACK), own.id, rf"@{NAME}\M", own.id,
        )  # fmt: skip
    taken = 0
    for mention_id in waiting:
        async with pool.transaction() as db:
            taken += await heard(db, own, mention_id)
    return taken


async def heard(db: Database, own: Person, mention_id: int) -> int:
    """One mention; 1 where it will be answered. What is refused is kept with the reason, for the asker to read."""
    [mention] = await posts.rows(db, [mention_id])
    asker = (await people.of(db, [mention.author_id])).get(mention.author_id)
    if asker is None or asker.deleted_at or mention.deleted_at:
        return 0
    wanted, about = question(mention.text), mention
    if mention.reply_to_id:
        with suppress(Trouble):
            parent = await posts.see(db, asker.id, mention.reply_to_id)
            if wanted.task == "answer" and not wanted.said:
                wanted = Question("explain", "")
            if parent.author_id != own.id or wanted.task != "answer":
                about = parent
    wanted = Question(wanted.task, wanted.said[:SAID_LENGTH_MAX])
    refused = ""
    try:
        if wanted.task in NEEDS_WORDS and not wanted.said:
            raise Invalid("Say what you want to know, or to see.")
        if mention.visibility not in EVERYONES:
            raise NotAllowed("I answer aloud only where everyone may read. Ask me under the post for your eyes alone.")
        await may(db, asker, about, aloud=True)
        if about.id != mention.id:
            await may(db, asker, mention, aloud=True)
        await _spend(db, asker)
    except Trouble as no:
        refused = no.said
    queued = await _queue(db, asker, about, mention, wanted, aloud=True, refused=refused)
    return int(queued is not None and not refused)


async def may(db: Database, asker: Person, post: Post, *, aloud: bool, counted: bool = True) -> None:
    """Raises NotAllowed with the reason where no answer may be given here; `counted`: the turns in the thread matter."""
    own = await bower(db)
    if settings().assistant == "off":
        raise NotAllowed("The assistant is switched off in this house.")
    if asker.bot:
        raise NotAllowed("I do not answer programs.")
    if await graph.blocked_between(db, own.id, asker.id):
        raise NotAllowed("You have blocked me.")
    if await _closed_above(db, post):
        raise NotAllowed("Its author wants no AI here.")
    authors = {post.author_id, *await db.values("select author_id from social.posts where id = %s", post.thread_id)}
    for author_id, author in (await people.of(db, list(authors))).items():
        if author_id in (asker.id, own.id):
            continue
        if author.may_ai_reply == "no_one" or (
            author.may_ai_reply == "followers" and not await graph.follows(db, asker.id, author_id)
        ):
            raise NotAllowed("Its author wants no AI under their posts.")
        if await graph.blocked_between(db, own.id, author_id):
            raise NotAllowed("Its author has blocked me.")
    if not aloud:
        return
    if post.visibility not in EVERYONES:
        raise NotAllowed("I answer aloud only under posts that everyone may see. Ask for your eyes alone.")
    turns = counted and await db.value(
        "select count(*) from assistant.asked where thread_id = %s and aloud and state in ('queued', 'running', 'done')",
        post.thread_id,
    )
    if turns >= TURNS_MAX:
        raise NotAllowed(f"I have answered {TURNS_MAX} times in this thread; that is enough of me.")


async def _closed_above(db: Database, post: Post) -> bool:
    """Whether the post, or one that it hangs under, wants no AI."""
    return await db.value(
        """with recursive up (id, reply_to_id, depth) as (
               select id, reply_to_id, 0 from social.posts where id = %s
               union all select p.id, p.reply_to_id, u.depth + 1 from social.posts p join up u on p.id = u.reply_to_id where u.depth < 100)
           select exists (select 1 from assistant.closed_posts c where c.post_id = %s or c.post_id in (select id from up))""",
        post.id, post.thread_id,
    )  # fmt: skip


async def _spend(db: Database, asker: Person) -> None:
    """Raises TooMany past what an hour holds, of the house and of one asker; always in this order, so that nobody waits for each other."""
    try:
        async with db.savepoint():
            await limits.spend(db, "bower", times_max=HOUSE_HOUR_MAX, window_s=3600)
    except TooMany as full:
        raise TooMany("I have answered as many questions as this hour holds.", retry_after_s=full.retry_after_s) from full
    try:
        async with db.savepoint():
            await limits.spend(db, f"bower:{asker.id}", times_max=HOUR_MAX, window_s=3600)
    except TooMany as full:
        raise TooMany(f"I answer {HOUR_MAX} questions of one person in an hour.", retry_after_s=full.retry_after_s) from full
    await usage.within(db, asker)


async def _queue(
    db: Database, asker: Person, post: Post, mention: Post | None, wanted: Question, *, aloud: bool, refused: str = ""
) -> Asked | None:
    """A question that waits, or is refused; None where somebody else took that mention in already."""
    asked = await db.maybe(
        Asked,
        f"""insert into assistant.asked (id, asker_id, post_id, mention_id, thread_id, task, aloud, said, state, reason)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (mention_id) do nothing returning {COLUMNS}""",
        new_id(), asker.id, post.id, mention.id if mention else None, post.thread_id, wanted.task, aloud,
        wanted.said.replace("\x00", "").strip()[:SAID_LENGTH_MAX], "refused" if refused else "queued", refused,
    )  # fmt: skip
    if refused or asked is None:
        return asked
    await log.record(
        db, kinds.AnswerAsked(actor_id=asker.id, item_id=post.id, task=wanted.task, aloud=aloud, visibility=post.visibility)
    )
    await jobs.defer(db, "assistant:reply", queue="replying")
    await live.tell(db, [f"asked:{asked.id}"], "asked", asked.id)
    return asked


async def own(db: Database, me: Person, id_: int) -> Asked:
    """What one asked oneself. Raises NotFound for another's."""
    return await db.one(Asked, f"select {COLUMNS} from assistant.asked where id = %s and asker_id = %s", id_, me.id)


async def under(db: Database, me: Person, post_id: int, *, limit: int = 20) -> list[Asked]:
    """What one asked oneself about a post or with one, the newest first."""
    return await db.many(
        Asked,
        f"""select {COLUMNS} from assistant.asked where asker_id = %s and (post_id = %s or mention_id = %s)
            order by id desc limit {max(1, min(limit, 40))}""",
        me.id, post_id, post_id,
    )  # fmt: skip


async def stamps(db: Database, answer_ids: list[int]) -> dict[int, Asked]:
    """For each post of the assistant, the question it answers and how it came to be. For posts that passed the gate already."""
    found = await db.many(Asked, f"select {COLUMNS} from assistant.asked where answer_id = any(%s)", answer_ids)
    return {one.answer_id: one for one in found if one.answer_id}


async def close(db: Database, me: Person, post_id: int, *, closed: bool) -> None:
    """ "No AI here" for one's own post and what hangs under it, or not any more. Raises NotFound for another's."""
    await posts.own(db, me, post_id)
    if closed:
        await db.execute("insert into assistant.closed_posts (post_id) values (%s) on conflict do nothing", post_id)
    else:
        await db.execute("delete from assistant.closed_posts where post_id = %s", post_id)


async def closed(db: Database, post_ids: list[int]) -> set[int]:
    """Which of these posts want no AI."""
    return set(await db.values("select post_id from assistant.closed_posts where post_id = any(%s)", post_ids))


async def forget(db: Database, account_id: int) -> None:
    """Take down what was answered aloud to somebody who left: it names them. Their questions go with the account."""
    own = await bower(db)
    for answer_id in await db.values(
        """select a.answer_id from assistant.asked a join social.posts p on p.id = a.answer_id
           where a.asker_id = %s and p.deleted_at is null limit 1000""",
        account_id,
    ):
        await posts.delete(db, own, answer_id)
