"""Posts as the assistant reads them: with the eyes of who asks, and for an answer that others see only what others may see."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.core.ids import at, parse
from bowerbird.core.settings import settings
from bowerbird.gallery import faces
from bowerbird.social import posts, search, text, threads, timelines
from bowerbird.social.posts import EVERYONES, Post
from bowerbird.social.queries import parse as parsed

NAME = "bower"  # the assistant's own account
POSTS_MAX = 24  # of a thread: the nearest ones
FOUND_MAX = 6
TITLE_LENGTH_MAX = 90
_POST = re.compile(r"(?:^|/posts/)(\d{6,19})\b")


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who reads. `aloud`: what comes of it is for everyone, so that only what everyone may see is read, and never what only the asker may."""

    person: Person
    aloud: bool = False

    def sees(self, post: Post) -> bool:
        """Whether a post that the person may see may be read for this."""
        return not self.aloud or post.visibility in EVERYONES


@dataclass(frozen=True, slots=True)
class Read:
    """One post as it was read: who said it, what it says with what its pictures show, in plain words."""

    id: int
    username: str
    said: str
    title: str

    @property
    def source(self) -> dict[str, Any]:
        """As an answer names it."""
        return {"kind": "post", "id": str(self.id), "url": f"/posts/{self.id}", "title": self.title, "by": self.username}


async def one(db: Database, eyes: Eyes, post_id: int) -> Post:
    """A post that may be read. Raises NotFound or Gone."""
    post = await posts.see(db, eyes.person.id, post_id)
    if not eyes.sees(post):
        raise NotFound("That post is not for everyone, so nothing is said aloud about it.")
    return post


async def thread(db: Database, eyes: Eyes, post: Post) -> list[Post]:
    """What a post answers, the post, and what answers it: at most POSTS_MAX, the nearest, in reading order."""
    entries = await threads.of(db, eyes.person.id, post)
    above, below = threads.context(post, entries)
    ids = [one.id for one in above][-POSTS_MAX // 2 :] + [post.id] + [one.id for one in below]
    found = {one.id: one for one in await timelines.of(db, eyes.person.id, ids[:POSTS_MAX]) if eyes.sees(one)}
    return [found[id_] for id_ in ids if id_ in found]


async def found(db: Database, eyes: Eyes, query: str, meaning: list[float] | None, *, but: Sequence[int] = ()) -> list[Post]:
    """The posts that fit best, by words and by meaning; `but` left out, and what the assistant said or was asked: it is no source for itself."""
    own = await people.by_name(db, NAME)
    best = await search.best(db, eyes.person.id, parsed(query, eyes.person.id), meaning, limit=FOUND_MAX * 3)
    fit = [one for one in best if eyes.sees(one) and one.id not in but and one.author_id != own.id]
    return [one for one in fit if NAME not in {name.lower() for name in text.mentions(one.text)}][:FOUND_MAX]


async def _willing(db: Database, eyes: Eyes, wanted: Sequence[Post]) -> list[Post]:
    """Those whose authors do not mind: not closed to AI, by people who let it speak at all and have not blocked it. One's own always."""
    may = set(
        await db.values(
            """select p.id from social.posts p join accounts.people a on a.id = p.author_id where p.id = any(%s) and (a.id = %s or (
                   a.may_ai_reply <> 'no_one' and a.may_ai_read <> 'no_one'
                   and not exists (select 1 from assistant.closed_posts c where c.post_id in (p.id, p.thread_id))
                   and not exists (select 1 from social.blocks b join accounts.people o on o.id = b.blocked_id
                                   where b.account_id = a.id and o.username = %s)))""",
            [post.id for post in wanted], eyes.person.id, NAME,
        )
    )  # fmt: skip
    return [post for post in wanted if post.id in may]


async def read(db: Database, eyes: Eyes, wanted: Sequence[Post]) -> list[Read]:
    """Posts in words, in their order, as far as their authors want no model to be kept away. What stands behind a warning is told as that
    warning."""
    wanted = await _willing(db, eyes, wanted)
    authors = await faces.of(db, [post.author_id for post in wanted])
    pictures: dict[int, list[str]] = {}
    for post_id, alt, prompt in await db.rows(
        """select pm.post_id, a.alt, coalesce(s.prompt, '') from social.post_media pm join media.attachments a on a.id = pm.media_id
           left join studio.pictures s on s.media_id = a.id where pm.post_id = any(%s) order by pm.post_id, a.id""",
        [post.id for post in wanted],
    ):
        pictures.setdefault(post_id, []).append(alt or prompt)
    told: list[Read] = []
    for post in wanted:
        name = authors[post.author_id].username
        words = f"(behind a warning: {post.spoiler}) " if post.spoiler else post.text
        shows = "".join(f" (a picture: {words_})" for words_ in pictures.get(post.id, ()) if words_)
        title = " ".join((post.spoiler or post.text or "".join(pictures.get(post.id, ("a picture",)))).split())
        cut = title if len(title) <= TITLE_LENGTH_MAX else title[:TITLE_LENGTH_MAX].rsplit(" ", 1)[0] + "…"
        told.append(Read(post.id, name, f"{at(post.id):%-d %B %H:%M}: {words}{shows}", cut))
    return told


def post_id_of(said: str) -> int | None:
    """The post that somebody named by its address here or its number."""
    origin = re.escape(settings().origin)
    named = _POST.search(re.sub(rf"^\s*{origin}", "", said.strip()))
    return parse(named[1]) if named else None
