"""Entries of a challenge: a shown public picture that its maker enters, seen by whoever may see its post."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database, of_row
from bowerbird.core.errors import Conflict, Invalid, NotAllowed
from bowerbird.core.ids import at, new_id
from bowerbird.gallery import shown
from bowerbird.gallery.shown import Shown
from bowerbird.social import posts
from bowerbird.social.posts import Post
from bowerbird.social.visibility import visible_to
from bowerbird.studio import challenges
from bowerbird.studio.challenges import Challenge

ENTRIES_MAX = 3  # of one person in one challenge
PAGE = 24
PLACES = 3  # shown as winners
GLANCE_KEPT_S = 20.0
COLUMNS = """id, challenge_id, account_id, post_id, media_id, fit, departure, nearest, weighed_at, votes, weighted, viewers, share, score, place"""

# an edit may have taken the picture out of its post; `e` is the entry
STANDING = "exists (select 1 from social.post_media pm where pm.post_id = e.post_id and pm.media_id = e.media_id)"


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture in a challenge. What it was judged by stands in `votes` (hearts), `weighted` (after damping), `viewers`, `share`,
    `fit` (-1 to 1, None: not measured), `departure` (0 to 1), `nearest` (bits of 128, None: nothing is near), `score` and `place`."""

    id: int
    challenge_id: int
    account_id: int
    post_id: int
    media_id: int
    fit: float | None
    departure: float
    nearest: int | None
    weighed_at: object
    votes: int | None
    weighted: float | None
    viewers: int | None
    share: float | None
    score: float | None
    place: int | None


@dataclass(frozen=True, slots=True)
class Glance:
    """Today's challenge in passing: how many entered, and one of their pictures."""

    challenge: Challenge
    entries: int
    picture: Shown | None


_glance: tuple[float, Glance | None] = (0.0, None)


async def choose(db: Database, me: Person, day: date, title: str, rule: str) -> Challenge:
    """Set the theme of a day. Raises NotAllowed for all but administrators, Invalid or Conflict as challenges.choose does."""
    if me.role != "admin":
        raise NotAllowed("Administrators choose themes.")
    standing = await challenges.of_day(db, day)
    entered = standing is not None and await count(db, standing.id) > 0
    _forget()
    return await challenges.choose(db, day, title, rule, entered=entered)


async def enter(db: Database, me: Person, challenge_id: int, post_id: int) -> Entry:
    """Enter one's own post's first picture. Entering it again changes nothing. Raises Invalid, Conflict, NotAllowed or NotFound."""
    challenge = await challenges.by_id(db, challenge_id)
    post = await posts.own(db, me, post_id)
    # its row lock also lets one person enter one thing at a time, so that the count below is true
    await limits.spend(db, f"enter:{me.id}", times_max=60, window_s=3600)
    media_id = await _fitting(db, challenge, post)
    known = await _of_media(db, challenge.id, media_id)
    if known:
        return known
    if challenge.state != "open":
        raise Conflict("This challenge takes no more entries.")
    if await db.value(
        "select count(*) from gallery.challenge_entries where challenge_id = %s and account_id = %s", challenge.id, me.id
    ) >= ENTRIES_MAX:  # fmt: skip
        raise Conflict(f"You have {ENTRIES_MAX} pictures in this challenge. Withdraw one to enter another.")
    _forget()
    return await db.one(
        Entry,
        f"""insert into gallery.challenge_entries (id, challenge_id, account_id, post_id, media_id) values (%s, %s, %s, %s, %s)
            returning {COLUMNS}""",
        new_id(), challenge.id, me.id, post.id, media_id,
    )  # fmt: skip


async def _fitting(db: Database, challenge: Challenge, post: Post) -> int:
    """The picture of a post that may be entered. Raises Invalid with what is wrong."""
    if post.boost_of_id or post.visibility != "public":
        raise Invalid("Only a public post can be entered: everyone may see and vote for what is in a challenge.")
    media_id = await db.value("select media_id from social.post_media where post_id = %s order by position limit 1", post.id)
    if media_id is None:
        raise Invalid("A challenge is about pictures; this post has none.")
    # a picture's id is as old as the picture; that of plain uploads, which have none, is their medium's. Posts come and go
    first = await db.value(
        """select least((select min(post_id) from social.post_media where media_id = %s),
               (select min(id) from studio.pictures where media_id = %s), %s::bigint)""",
        media_id, media_id, media_id,
    )  # fmt: skip
    if at(first) < challenge.begins_at:
        raise Invalid("That picture is from before the challenge began. Make a new one for it.")
    return media_id


async def withdraw(db: Database, me: Person, challenge_id: int, entry_id: int) -> None:
    """Take one's entry back, with the votes it got. Raises NotFound for another's, Conflict once places stand."""
    entry = await own(db, me, challenge_id, entry_id)
    if entry.place is not None:
        raise Conflict("The places of this challenge stand. Delete the post to be gone from it.")
    _forget()
    await db.execute("delete from gallery.challenge_entries where id = %s", entry.id)


async def own(db: Database, me: Person, challenge_id: int, entry_id: int) -> Entry:
    """One's own entry. Raises NotFound."""
    return await db.one(
        Entry, f"select {COLUMNS} from gallery.challenge_entries where id = %s and challenge_id = %s and account_id = %s",
        entry_id, challenge_id, me.id,
    )  # fmt: skip


async def see(db: Database, viewer_id: int | None, challenge_id: int, entry_id: int) -> Entry:
    """An entry whose post the viewer may see. Raises NotFound."""
    gate = visible_to(viewer_id)
    return await db.one(
        Entry,
        f"""select {of_row(COLUMNS, "e")} from gallery.challenge_entries e join social.posts p on p.id = e.post_id
            where e.id = %s and e.challenge_id = %s and p.visibility = 'public' and {STANDING} and {gate.sql}""",
        entry_id, challenge_id, *gate.args,
    )  # fmt: skip


async def of(db: Database, viewer_id: int | None, challenge: Challenge, page: int = 0, limit: int = PAGE) -> list[Entry]:
    """A page of entries as the viewer may see them: by place once places stand, before that shuffled, for each viewer in their own
    order that stays. One more than `limit`, to know whether there is a way on."""
    gate = visible_to(viewer_id)
    order = "e.place nulls last, e.id" if challenge.settled_at else "md5(e.id::text || %s), e.id"
    seed = () if challenge.settled_at else (f"{viewer_id or 0}:{challenge.id}",)
    return await db.many(
        Entry,
        f"""select {of_row(COLUMNS, "e")} from gallery.challenge_entries e join social.posts p on p.id = e.post_id
            where e.challenge_id = %s and p.visibility = 'public' and {STANDING} and {gate.sql} order by {order} limit %s offset %s""",
        challenge.id, *gate.args, *seed, limit + 1, page * limit,
    )  # fmt: skip


async def of_post(db: Database, viewer_id: int | None, post_id: int) -> Entry | None:
    """The newest entry a post is, where the viewer may see it."""
    gate = visible_to(viewer_id)
    return await db.maybe(
        Entry,
        f"""select {of_row(COLUMNS, "e")} from gallery.challenge_entries e join social.posts p on p.id = e.post_id
            where e.post_id = %s and p.visibility = 'public' and {STANDING} and {gate.sql} order by e.id desc limit 1""",
        post_id, *gate.args,
    )  # fmt: skip


async def enterable(db: Database, me: Person | None, post: Post) -> Challenge | None:
    """Today's challenge, where this post of one's own could be entered and is not."""
    today = await challenges.today(db)
    if me is None or me.id != post.author_id or post.visibility != "public" or post.deleted_at or at(post.id) < today.begins_at:
        return None
    try:
        media_id = await _fitting(db, today, post)
    except Invalid:
        return None
    return None if await _of_media(db, today.id, media_id) else today


async def count(db: Database, challenge_id: int) -> int:
    """How many entries stand, as everyone may see them."""
    return (await counts(db, [challenge_id])).get(challenge_id, 0)


async def counts(db: Database, ids: Sequence[int]) -> dict[int, int]:
    """The same for several, by challenge id."""
    gate = visible_to(None)
    return dict(
        await db.rows(
            f"""select e.challenge_id, count(*) from gallery.challenge_entries e join social.posts p on p.id = e.post_id
                where e.challenge_id = any(%s) and p.visibility = 'public' and {STANDING} and {gate.sql} group by 1""",
            list(ids), *gate.args,
        )
    )  # fmt: skip


async def winners(db: Database, viewer_id: int | None, ids: Sequence[int]) -> dict[int, list[Entry]]:
    """The first PLACES of settled challenges, by challenge id, as the viewer may see them."""
    gate = visible_to(viewer_id)
    found: dict[int, list[Entry]] = {}
    for entry in await db.many(
        Entry,
        f"""select {of_row(COLUMNS, "e")} from gallery.challenge_entries e join social.posts p on p.id = e.post_id
            where e.challenge_id = any(%s) and e.place <= %s and p.visibility = 'public' and {STANDING} and {gate.sql} order by e.place""",
        list(ids), PLACES, *gate.args,
    ):  # fmt: skip
        found.setdefault(entry.challenge_id, []).append(entry)
    return found


async def won(db: Database, account_id: int, challenge_ids: Sequence[int]) -> dict[tuple[int, int], tuple[str, int]]:
    """What somebody's own posts won: theme and place, by challenge id and post id."""
    rows = await db.rows(
        """select e.challenge_id, e.post_id, c.title, e.place from gallery.challenge_entries e join studio.challenges c on c.id = e.challenge_id
           where e.account_id = %s and e.challenge_id = any(%s) and e.place <= %s""",
        account_id, list(challenge_ids), PLACES,
    )  # fmt: skip
    return {(challenge_id, post_id): (title, place) for challenge_id, post_id, title, place in rows}


async def pictures_of(db: Database, entries: Sequence[Entry]) -> dict[int, Shown]:
    """The pictures of entries that passed a gate, by entry id."""
    ready = await shown.of_media(db, [entry.media_id for entry in entries])
    return {entry.id: ready[entry.media_id] for entry in entries if entry.media_id in ready}


async def glance(db: Database) -> Glance | None:
    """Today's challenge for the margin of other pages, some seconds old at most; the same for every viewer, as anyone may see it."""
    global _glance
    if _glance[0] < time.monotonic():
        found = await challenges.archive(db, limit=1)
        ready = None
        if found and found[0].state == "open":
            entries = await of(db, None, found[0], limit=1)
            picture = next(iter((await pictures_of(db, entries[:1])).values()), None)
            ready = Glance(found[0], await count(db, found[0].id), picture)
        _glance = (time.monotonic() + GLANCE_KEPT_S, ready)
    return _glance[1]


def _forget() -> None:
    global _glance
    _glance = (0.0, None)


async def _of_media(db: Database, challenge_id: int, media_id: int) -> Entry | None:
    return await db.maybe(
        Entry,
        f"select {COLUMNS} from gallery.challenge_entries where challenge_id = %s and media_id = %s",
        challenge_id,
        media_id,
    )
