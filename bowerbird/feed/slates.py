"""Pages of For You as they are shown: laid out once, kept with what they were ranked by, the same again when they are asked for again, and never a
post twice in one scroll. Who does not let the feed learn reads the edition that everyone reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.core import limits
from bowerbird.core.database import Database, Pool, json
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import before, new_id
from bowerbird.core.paging import Page as Stretch
from bowerbird.events import consent, kinds, log
from bowerbird.feed import asking, editions, reach, recipe
from bowerbird.feed.asking import FeedAway
from bowerbird.feed.naming import named
from bowerbird.feed.reasons import Reason
from bowerbird.feed.recipe import Recipe
from bowerbird.feed.wire import PageAnswer, PageRequest
from bowerbird.social import entries, timelines
from bowerbird.social.entries import Entry

PAGE = 20
KEPT = timedelta(days=30)
SPARE = 6  # laid out beyond what is asked for: some may not be seen by whom it is for
FIRST_PAGES_PER_MINUTE_MAX = 120  # each is ranked anew and written down
CURSOR = re.compile(r"(?:s(\d{1,19})|([ew])(\d{1,19})-(\d{1,4})(?:-(\d{1,19}))?)")


@dataclass(frozen=True, slots=True)
class Post:
    """A post at its place, as its reader sees it."""

    entry: Entry
    score: float
    source: str
    reasons: tuple[Reason, ...]
    propensity: float = 1.0
    team: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A page. `next`: the cursor of the one after it, "" at the end. `personal`: whether anything of the reader was read for it. `away`: the feed
    did not answer, and this is the newest instead."""

    id: int
    posts: list[Post]
    next: str
    personal: bool
    release: str
    away: bool = False


async def page(pool: Pool, me: Person | None, cursor: str = "", limit: int = PAGE) -> Page:
    """A page, and the one that follows `cursor`. Holds no connection while the feed thinks. Raises Invalid for a cursor that is none, and
    TooMany."""
    after, kind, edition_id, offset, scroll_id = _read(cursor)
    async with pool.reading() as db:
        learns = me is not None and bool((await consent.of(db, me.id))["personalise"])
        explicit = me is not None and not learns and await _wishes(db, me)
    try:
        if me is not None and learns and kind == "":
            return await _own(pool, me, after, limit)
        if me is not None and explicit:
            return await _wished(pool, me, edition_id, offset, limit)
    except FeedAway:
        pass
    async with pool.reading() as db:
        begun = after and me is not None and await _scroll(db, me, after)
        return await _everyones(db, me, *((edition_id, offset, scroll_id) if kind == "e" else (0, 0, begun or 0)), limit)


def _seed(*parts: object) -> int:
    """The same parts, the same chance."""
    return int.from_bytes(hashlib.sha256(repr(parts).encode()).digest()[:6], "big")


def _read(cursor: str) -> tuple[int, str, int, int, int]:
    """(page of one's own, else: kind, edition, place in it, scroll of one's own that went before)."""
    if not cursor:
        return 0, "", 0, 0, 0
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise Invalid("That is no page of this feed.")
    return (int(found[1]), "", 0, 0, 0) if found[1] else (0, found[2], int(found[3]), int(found[4]), int(found[5] or 0))


async def _scroll(db: Database, me: Person, slate_id: int) -> int | None:
    """Which scroll a page of somebody's belongs to."""
    return await db.value("select scroll_id from feed.slates where id = %s and account_id = %s", slate_id, me.id)


async def _shown(db: Database, me: Person, scroll_id: int) -> list[int]:
    """The posts that a scroll of somebody's showed so far."""
    return await db.values("select unnest(posts) from feed.slates where scroll_id = %s and account_id = %s", scroll_id, me.id)


async def _wishes(db: Database, me: Person) -> bool:
    """Whether somebody said anything that their page must keep to, though nothing may be learned."""
    if await db.value("select 1 from feed.hidden where account_id = %s limit 1", me.id):
        return True
    return await recipe.of(db, me.id) != Recipe()


async def _own(pool: Pool, me: Person, after: int, limit: int) -> Page:
    """A page of somebody's own feed: the one that stands already, or a new one."""
    if not after:
        async with pool.transaction() as db:
            await limits.spend(db, f"feed:{me.id}", times_max=FIRST_PAGES_PER_MINUTE_MAX, window_s=60)
    async with pool.reading() as db:
        scroll_id, shown = 0, list[int]()
        if after:
            stands = await _kept(db, me, after)
            if stands is not None:
                return stands
            scroll_id = await _scroll(db, me, after) or 0
            shown = await _shown(db, me, scroll_id)
    id_ = new_id()
    answer = await asking.page(PageRequest(me.id, limit + SPARE, _seed(me.id, after, len(shown)), shown, draft=id_))
    async with pool.transaction() as db:
        found = await _placed(db, me, answer, limit)
        if not found or not answer.personal:
            return Page(id_, found, "", answer.personal, answer.release)
        if not await _keep(db, me, answer, found, (id_, scroll_id or id_, after or None)):
            return await _kept(db, me, after) or Page(id_, [], "", True, answer.release)
    return Page(id_, found, f"s{id_}" if len(found) == limit else "", answer.personal, answer.release)


async def _keep(db: Database, me: Person, answer: PageAnswer, found: list[Post], ids: tuple[int, int, int | None]) -> bool:
    """Write a page down, with the features it was ranked by, and record that it was shown; False where another tab was first."""
    id_, scroll_id, after = ids
    width = len(answer.features) // max(1, len(answer.posts))
    at = {one.id: number for number, one in enumerate(answer.posts)}
    rows = b"".join(answer.features[at[one.entry.id] * width : (at[one.entry.id] + 1) * width] for one in found)
    posts = [one.entry.id for one in found]
    propensities, teams = [one.propensity for one in found], [one.team for one in found]
    written = await db.execute(
        """insert into feed.slates (id, account_id, scroll_id, after_id, release, posts, scores, sources, propensities, teams, reasons,
             features, comparison_id, spent_ms)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict (account_id, after_id) where after_id is not null do nothing""",
        id_, me.id, scroll_id, after, answer.release, posts, [one.score for one in found], [one.source for one in found],
        propensities, teams, json(msgspec.to_builtins([one.reasons for one in found])), rows,
        answer.comparison_id or None, answer.spent_ms,
    )  # fmt: skip
    if not written:
        return False
    served = kinds.SlateServed(
        actor_id=me.id,
        item_id=id_,
        posts=posts,
        propensities=propensities,
        release=answer.release,
        teams=teams if any(teams) else [],
    )
    await log.record(db, served)
    await reach.count(db, {(one.entry.id, f"shown {one.source}"): 1 for one in found})
    return True


async def _wished(pool: Pool, me: Person, edition_id: int, offset: int, limit: int) -> Page:
    """For who does not let the feed learn, and yet said what they want: everyone's feed, kept to that."""
    async with pool.reading() as db:
        edition = await (editions.one(db, edition_id) if edition_id else editions.latest(db))
    seed = edition.id if edition else 0
    answer = await asking.page(PageRequest(me.id, editions.POSTS, seed))
    async with pool.reading() as db:
        found = await _placed(db, me, answer, editions.POSTS)
    more = f"w{seed}-{offset + limit}" if offset + limit < len(found) else ""
    return Page(seed, found[offset : offset + limit], more, False, answer.release)


async def _everyones(db: Database, me: Person | None, edition_id: int, offset: int, scroll_id: int, limit: int) -> Page:
    """The edition, without what a scroll of one's own showed before the feed went away; where there is none, the newest."""
    viewer = me.id if me else None
    had = set(await _shown(db, me, scroll_id)) if me and scroll_id else set[int]()
    edition = await (editions.one(db, edition_id) if edition_id else editions.latest(db))
    if edition is None:
        found = await timelines.local(db, viewer, Stretch(limit=limit))
        return Page(0, [Post(one, 0.0, "fresh", ()) for one in found], "", False, "none", away=True)
    seen = {one.id: one for one in await entries.of(db, viewer, edition.posts) if one.author_id != viewer}
    unmuted = await _unmuted(db, viewer, list(seen))
    said = dict(zip(edition.posts, zip(edition.sources, edition.said, strict=True), strict=True))
    kept = [id_ for id_ in edition.posts if id_ in seen and id_ in unmuted and id_ not in had]
    posts = [Post(seen[id_], 0.0, said[id_][0], tuple(said[id_][1])) for id_ in kept]
    scroll = f"-{scroll_id}" if scroll_id else ""
    more = f"e{edition.id}-{offset + limit}{scroll}" if offset + limit < len(posts) else ""
    page_ = await _named(db, me, posts[offset : offset + limit])
    return Page(edition.id, page_, more, False, edition.release)


async def _placed(db: Database, me: Person, answer: PageAnswer, limit: int) -> list[Post]:
    """Those of an answer that the reader may see: the last word is the gate's."""
    seen = {one.id: one for one in await entries.of(db, me.id, [one.id for one in answer.posts])}
    unmuted = await _unmuted(db, me.id, list(seen))
    posts = [
        Post(seen[one.id], one.score, one.source, tuple(one.reasons), one.propensity, one.team)
        for one in answer.posts
        if one.id in unmuted
    ]
    return await _named(db, me, posts[:limit])


async def _kept(db: Database, me: Person, after: int) -> Page | None:
    """The page behind another that was laid out already, as far as its reader may still see it."""
    rows = await db.rows(
        """select id, release, posts, scores, sources, propensities, teams, reasons from feed.slates
           where account_id = %s and after_id = %s""",
        me.id, after,
    )  # fmt: skip
    if not rows:
        return None
    id_, release, posts, scores, sources, propensities, teams, reasons = rows[0]
    seen = {one.id: one for one in await entries.of(db, me.id, posts)}
    told: list[list[Reason]] = msgspec.convert(reasons, list[list[Reason]])
    found = [
        Post(seen[post_id], score, source, tuple(said), propensity, team)
        for post_id, score, source, propensity, team, said in zip(posts, scores, sources, propensities, teams, told, strict=True)
        if post_id in seen
    ]
    return Page(id_, found, f"s{id_}", True, release)


async def after_post(db: Database, me: Person, post_id: int) -> str:
    """The cursor behind the page that ended with a post, or had it: for programs that page by the last id they saw. "" where none had it."""
    own: Any = await db.value(
        "select id from feed.slates where account_id = %s and %s = any(posts) order by id desc limit 1", me.id, post_id
    )
    if own:
        return f"s{own}"
    edition = await editions.with_post(db, post_id)
    return f"e{edition.id}-{edition.posts.index(post_id) + 1}" if edition else ""


async def forget_old(db: Database) -> int:
    """Pages older than KEPT go, and with them what they were ranked by; how many. The heads are taught from what is left."""
    return await db.execute("delete from feed.slates where id < %s", before(datetime.now(UTC) - KEPT))


async def _unmuted(db: Database, viewer_id: int | None, post_ids: list[int]) -> set[int]:
    return set(post_ids) if viewer_id is None else set(await timelines.unmuted(db, viewer_id, post_ids))


async def _named(db: Database, me: Person | None, posts: Sequence[Post]) -> list[Post]:
    """The same, with the posts that reasons speak of called by what they say."""
    names = await named(db, me, {reason.post_id for one in posts for reason in one.reasons if reason.post_id})
    return [
        replace(
            one,
            reasons=tuple(
                msgspec.structs.replace(r, text=r.text.replace("{post}", names.get(r.post_id, "a post"))) for r in one.reasons
            ),
        )
        for one in posts
    ]
