"""What the assistant can do, through the rooms below, with the person's own rights and no more. Reading is free; whatever acts needs
the person's own word: a command, a wish that was understood from what they wrote themselves, or their press."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from bowerbird.accounts import people
from bowerbird.assistant import memory, quoting, reading
from bowerbird.assistant.reading import Eyes, Read
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.gallery import remixes
from bowerbird.inference.chatwire import Function
from bowerbird.inference.chatwire import Tool as WireTool
from bowerbird.moderation import screening
from bowerbird.social import meanings, timelines, trends
from bowerbird.studio import generations

ARGUMENT_LENGTH_MAX = 5_000
PICTURES = 2
LATEST = 5
BRIEF_POSTS = 8
HELP = """I am Bower, a program. Here is what I can do in this house:

- **Draw**: “draw a fox in the snow”, or `/draw`
- **Search** what people here said: “find posts about lanterns”, or `/search`
- **Read** a post and its thread: `/explain` or `/summarise` with its address
- **Tell** what is liked by many (`/trends`) and who somebody is (`/who ines`)
- **Write a draft** for a post, which you publish yourself: `/post`
- **Remember** what you ask me to: `/remember`

Everything else we just talk about. I can be wrong; the numbers in my answers lead to the posts I read."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a call. `text` is for the model, as data; `said` for the person, on the chip; `whole`: an answer that needs no model;
    `brief`: one to be content with where the model is too small to be trusted with facts; `shown` is kept with the call: a generation to
    watch, a draft to open."""

    text: str
    said: str
    sources: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    whole: str = ""
    brief: str = ""
    shown: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class Job:
    """One use of a tool: for whom, with what, and the number of the next source."""

    pool: Pool
    eyes: Eyes
    given: dict[str, str]
    first: int = 1


Run = Callable[[Job], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Tool:
    """One of them. `fields`: its arguments with what each is, the first of them what a command's words go to. `acts`: it needs the person's word."""

    name: str
    about: str
    fields: dict[str, str]
    run: Run
    acts: bool = False
    optional: frozenset[str] = frozenset()

    @property
    def first(self) -> str:
        """The argument that a command's words go to."""
        return next(iter(self.fields), "")

    @property
    def wire(self) -> WireTool:
        """As models are told of it."""
        schema = {
            "type": "object", "additionalProperties": False, "required": [name for name in self.fields if name not in self.optional],
            "properties": {name: {"type": "string", "description": about, "maxLength": ARGUMENT_LENGTH_MAX} for name, about in self.fields.items()},
        }  # fmt: skip
        return WireTool(function=Function(name=self.name, description=self.about, parameters=schema))


def known(name: str, arguments: dict[str, Any]) -> tuple[Tool, dict[str, str]]:
    """A tool and its arguments as they may be used. Raises Invalid for what there is not."""
    tool = TOOLS.get(name)
    if tool is None:
        raise Invalid(f"There is no tool called “{name[:40]}”.")
    given = {key: str(arguments.get(key, "") or "").replace("\x00", "").strip() for key in tool.fields}
    if any(len(text) > ARGUMENT_LENGTH_MAX for text in given.values()):
        raise Invalid(f"{name} takes up to {ARGUMENT_LENGTH_MAX:,} characters.")
    if missing := [key for key in tool.fields if not given[key] and key not in tool.optional]:
        raise Invalid(f"{name} needs {' and '.join(missing)}.")
    return tool, given


def counted(number: int, what: str) -> str:
    """“no posts”, “1 post”, “2 posts”."""
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def numbered(found: list[Read], first: int) -> str:
    """Posts as data, numbered from `first` on, so that an answer can name them."""
    return quoting.data((f"{number}: @{one.username}", one.said) for number, one in enumerate(found, first))


async def _search(job: Job) -> Outcome:
    meaning = await meanings.of_words(job.given["query"])
    async with job.pool.reading() as db:
        found = await reading.read(db, job.eyes, await reading.found(db, job.eyes, job.given["query"], meaning))
    said = f"Searched for “{job.given['query'][:60]}”: {counted(len(found), 'post')}"
    if not found:
        return Outcome(
            quoting.data([("nothing", "No post fits.")]),
            said,
            whole=f"I found nothing here about “{job.given['query']}”. Other words may do.",
        )
    lines = [f"- @{one.username}: {one.title} [{number}]" for number, one in enumerate(found, job.first)]
    return Outcome(
        numbered(found, job.first), said, [one.source for one in found], whole="This is what I found:\n\n" + "\n".join(lines)
    )


async def _thread(job: Job) -> Outcome:
    post_id = reading.post_id_of(job.given["post"])
    if post_id is None:
        raise Invalid("Say which post: its address here, like /posts/123.")
    async with job.pool.reading() as db:
        post = await reading.one(db, job.eyes, post_id)
        found = await reading.read(db, job.eyes, await reading.thread(db, job.eyes, post))
    return Outcome(
        numbered(found, job.first), f"Read {len(found)} post{'' if len(found) == 1 else 's'}", [one.source for one in found]
    )


async def _trends(job: Job) -> Outcome:
    async with job.pool.reading() as db:
        tags = await trends.tags(db, limit=8)
        found = await reading.read(
            db, job.eyes, [one for one in await trends.statuses(db, job.eyes.person.id, limit=LATEST) if job.eyes.sees(one)]
        )
    lines = [f"- @{one.username}: {one.title} [{number}]" for number, one in enumerate(found, job.first)]
    words = (
        "Used by many right now: " + ", ".join(f"#{tag}" for tag in tags) + "." if tags else "No tag is used by many right now."
    )
    whole = words + ("\n\nLiked and boosted by many:\n\n" + "\n".join(lines) if lines else "")
    return Outcome(
        words + "\n" + numbered(found, job.first),
        "Looked at what is used and liked by many",
        [one.source for one in found],
        whole,
    )


async def _who(job: Job) -> Outcome:
    async with job.pool.reading() as db:
        person = await people.by_name(db, job.given["name"].lstrip("@"))
        latest = await timelines.profile(db, job.eyes.person.id, person.id, Page(limit=LATEST), boosts=False)
        posts = {one.id: one for one in await timelines.of(db, job.eyes.person.id, [entry.id for entry in latest])}
        found = await reading.read(
            db, job.eyes, [posts[entry.id] for entry in latest if entry.id in posts and job.eyes.sees(posts[entry.id])]
        )
    about = f"@{person.username}, {person.display_name}. {person.bio} Followers: {person.followers_count}. Posts: {person.posts_count}."
    profile = {
        "kind": "person",
        "id": str(person.id),
        "url": f"/@{person.username}",
        "title": person.display_name or person.username,
        "by": person.username,
    }
    block = quoting.data(
        [
            (f"{job.first}: profile", about),
            *((f"{number}: @{one.username}", one.said) for number, one in enumerate(found, job.first + 1)),
        ]
    )
    lines = [f"- {one.title} [{number}]" for number, one in enumerate(found, job.first + 1)]
    said = f"{quoting.seen(person.bio).strip()} " if person.bio.strip() else ""
    brief = f"@{person.username}: {said}{counted(person.followers_count, 'follower')}, {counted(person.posts_count, 'post')}. [{job.first}]"
    if lines:
        brief += "\n\nLately:\n\n" + "\n".join(lines)
    return Outcome(block, f"Looked at @{person.username}", [profile, *(one.source for one in found)], brief=brief)


async def _draw(job: Job) -> Outcome:
    return await _paint(job.pool, job.eyes, generations.Ask(prompt=job.given["prompt"], count=PICTURES), None)


async def _remix(job: Job) -> Outcome:
    picture_id = parse(job.given["picture"].removeprefix(settings().origin).removeprefix("/pictures/").strip("/ "))
    if picture_id is None:
        raise Invalid("Say which picture: its address here, like /pictures/123.")
    return await _paint(job.pool, job.eyes, generations.Ask(prompt=job.given["prompt"], count=PICTURES), picture_id)


async def _paint(pool: Pool, eyes: Eyes, wanted: generations.Ask, source_id: int | None) -> Outcome:
    """Through the studio like everything that is painted: the same rules, limits and turns."""
    me = eyes.person
    allowed = await screening.allow(pool, me, wanted)
    async with pool.transaction() as db:
        source = await remixes.source(db, me, source_id) if source_id else None
        asked = await generations.ask(db, me, wanted, source)
        await screening.settle(db, me, allowed, asked.id)
    said = f"{'A remix' if source else 'Pictures'}: “{wanted.prompt[:80]}”"
    return Outcome(
        "It is being painted; the person sees it come.",
        said,
        whole="They come here as they are painted, and stay in your studio.",
        shown={"generation_id": str(asked.id)},
    )


async def _draft(job: Job) -> Outcome:
    text = job.given["text"]
    if len(text) > settings().text_length_max:
        raise Invalid(f"A post has up to {settings().text_length_max} characters.")
    return Outcome(
        "The person sees the draft with a button of their own.",
        "Wrote a draft",
        whole="Here is a draft. Nothing is published until you press the button yourself.",
        shown={"draft": text},
    )


async def _help(job: Job) -> Outcome:
    me = job.eyes.person
    return Outcome(HELP, "Said what it can do", whole=f"Hello {quoting.seen(me.display_name or me.username, 40)}. {HELP}")


async def _remember(job: Job) -> Outcome:
    async with job.pool.transaction() as db:
        if not await memory.on(db, job.eyes.person):
            raise Invalid("Memory is switched off in your settings. Switch it on there first.")
        fact = await memory.keep(db, job.eyes.person, job.given["fact"])
    return Outcome(
        "Kept.",
        f"Kept: “{fact.text[:80]}”",
        whole="I keep that. You can read, edit and delete what I keep in the settings.",
        shown={"fact_id": str(fact.id)},
    )


ALL = (
    Tool("help", "Tell the person what you can do here.", {}, _help),
    Tool("search_posts", "Find posts of this community by words and meaning.", {"query": "What to look for."}, _search),
    Tool("read_thread", "Read a post with what it answers and what answers it.", {"post": "Address or number of the post."}, _thread),
    Tool("trends", "What is used and liked by many here right now.", {}, _trends),
    Tool("who_is", "What somebody here says of themselves, and their latest posts.", {"name": "Their user name."}, _who),
    Tool("draw", "Paint new pictures from words; the person sees them come.", {"prompt": "What to paint."}, _draw, acts=True),
    Tool("remix", "Paint anew from a picture that is here.", {"prompt": "What to change.", "picture": "Its address or number."}, _remix, acts=True),
    Tool("draft_post", "Write a draft for a post. Publishes nothing.", {"text": "The words of the post."}, _draft, acts=True),
    Tool("remember", "Keep a fact about the person that they asked to be kept.", {"fact": "The fact, in one sentence."}, _remember, acts=True),
)  # fmt: skip
TOOLS = {tool.name: tool for tool in ALL}


async def run(pool: Pool, eyes: Eyes, tool: Tool, given: dict[str, str], first: int = 1) -> Outcome:
    """Use one. Sources are numbered from `first` on. Raises whatever the room below says: Invalid, NotFound, Refused, TooMany …"""
    try:
        return await tool.run(Job(pool, eyes, given, first))
    except NotFound as none:
        raise NotFound(
            none.said if none.said != NotFound.said else "There is nothing here by that name, or not for you."
        ) from none
