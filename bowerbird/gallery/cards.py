"""Posts as they are shown: words, pictures with their recipes and credit, and what the viewer has done with them.

What is the same for everyone is put together once and kept for a few seconds; what depends on the viewer is added each time.
Which posts a viewer may see at all is decided before, by the rooms' gates: nothing here widens it."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bowerbird.accounts.people import Person
from bowerbird.core import ids as ids_
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.gallery import faces, remixes, shown
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Shown
from bowerbird.social import posts, reactions, text, timelines
from bowerbird.social.posts import Post
from bowerbird.social.reactions import Mine

KEPT_S = 10.0
KEPT_MAX = 4_000
NOTHING = Mine()


@dataclass(frozen=True, slots=True)
class Name:
    """Who someone is called."""

    username: str


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """The post above, as far as it may be named."""

    id: int
    author: Name

    @property
    def url(self) -> str:
        """Its page."""
        return f"/posts/{self.id}"


@dataclass(frozen=True, slots=True)
class Card:
    """A post as a viewer may see it."""

    id: int
    author: Face
    html: str
    text: str
    spoiler: str
    sensitive: bool
    visibility: str
    language: str | None
    edited_at: datetime | None
    deleted: bool
    reply_to: ReplyTo | None
    thread_id: int
    pictures: tuple[Shown, ...]
    mentions: tuple[tuple[int, str], ...]
    tags: tuple[str, ...]
    replies_count: int
    boosts_count: int
    likes_count: int
    remixes_count: int
    # from here on: what depends on who looks
    entry_id: int = 0  # the boost's id where it came by a boost, else the post's own; timelines page by it
    boosted_by: Face | None = None
    liked: bool = False
    boosted: bool = False
    bookmarked: bool = False
    mine: bool = False

    @property
    def url(self) -> str:
        """Its page."""
        return f"/posts/{self.id}"

    @property
    def created_at(self) -> datetime:
        """When it was published."""
        return ids_.at(self.id)

    @property
    def editable(self) -> bool:
        """Whether the viewer may change it."""
        return self.mine and not self.deleted


class Kept:
    """Cards put together lately, without anything that depends on a viewer."""

    def __init__(self) -> None:
        self._cards: OrderedDict[int, tuple[float, Card]] = OrderedDict()

    def get(self, id_: int) -> Card | None:
        """The card, while it is fresh."""
        found = self._cards.get(id_)
        return found[1] if found and found[0] > time.monotonic() else None

    def put(self, card: Card) -> None:
        """Keep it for KEPT_S; the oldest go first."""
        self._cards[card.id] = (time.monotonic() + KEPT_S, card)
        self._cards.move_to_end(card.id)
        while len(self._cards) > KEPT_MAX:
            self._cards.popitem(last=False)

    def change(self, card: Card) -> None:
        """Its numbers changed; it is kept no longer for that."""
        if card.id in self._cards:
            self._cards[card.id] = (self._cards[card.id][0], card)

    def forget(self, id_: int) -> None:
        """It changed."""
        self._cards.pop(id_, None)

    def clear(self) -> None:
        """Someone's name or a picture changed: many cards did."""
        self._cards.clear()


kept = Kept()


async def of(db: Database, viewer: Person | None, found: Sequence[Post]) -> list[Card]:
    """Cards for posts and boosts that passed a gate, in their order; a boost of something gone is left out."""
    boosted = [p.boost_of_id for p in found if p.boost_of_id]
    viewer_id = viewer.id if viewer else None
    originals = {p.id: p for p in found if not p.boost_of_id}
    if missing := [id_ for id_ in boosted if id_ not in originals]:
        originals |= {p.id: p for p in await timelines.of(db, viewer_id, missing)}
    same = await _same_for_all(db, list(originals.values()))
    done = await reactions.mine(db, viewer_id, list(same))
    boosters = await faces.of(db, [p.author_id for p in found if p.boost_of_id])
    cards: list[Card] = []
    for entry in found:
        card = same.get(entry.boost_of_id or entry.id)
        if card is None:
            continue
        mine = done.get(card.id, NOTHING)
        own = card.author.id == viewer_id
        if entry.boost_of_id or mine != NOTHING or own:
            card = replace(
                card,
                entry_id=entry.id,
                boosted_by=boosters.get(entry.author_id) if entry.boost_of_id else None,
                liked=mine.liked,
                boosted=mine.boosted,
                bookmarked=mine.bookmarked,
                mine=own,
            )
        cards.append(card)
    return cards


async def one(db: Database, viewer: Person | None, post: Post) -> Card:
    """The card of one post. Raises NotFound for a boost of something gone."""
    found = await of(db, viewer, [post])
    if not found:
        raise NotFound
    return found[0]


async def seen(db: Database, viewer: Person | None, found: Sequence[Card]) -> list[Card]:
    """The same cards for a page: how the viewer stands to the people on them, and which pictures they may remix."""
    people = await faces.seen(db, viewer, [f for c in found for f in (c.author, c.boosted_by) if f])
    return [
        replace(
            card,
            author=people[card.author.id],
            boosted_by=people[card.boosted_by.id] if card.boosted_by else None,
            pictures=tuple(_remixable(p, people[card.author.id], viewer) for p in card.pictures),
        )
        for card in found
    ]


def _remixable(picture: Shown, author: Face, viewer: Person | None) -> Shown:
    if picture.picture is None:
        return picture
    leave = remixes.leave(viewer, author.id, picture.picture.audience, follows=author.me_follows)
    return replace(picture, picture=replace(picture.picture, may_remix=leave.allowed, why_not=leave.why_not))


async def by_id(db: Database, viewer: Person | None, post_id: int) -> Card:
    """The card of the post with this id. Raises NotFound or Gone as posts.see does."""
    return await one(db, viewer, await posts.see(db, viewer.id if viewer else None, post_id))


async def _same_for_all(db: Database, wanted: list[Post]) -> dict[int, Card]:
    """Cards without a viewer, from the kept ones where nothing of the row has changed."""
    ready: dict[int, Card] = {}
    todo: list[Post] = []
    for post in wanted:
        card = kept.get(post.id)
        if card and card.edited_at == post.edited_at:
            counts = (post.replies_count, post.boosts_count, post.likes_count)
            if counts != (card.replies_count, card.boosts_count, card.likes_count):
                card = replace(card, replies_count=counts[0], boosts_count=counts[1], likes_count=counts[2])
                kept.change(card)
            ready[post.id] = card
        else:
            todo.append(post)
    for card in await _build(db, todo):
        kept.put(card)
        ready[card.id] = card
    return ready


async def _build(db: Database, wanted: list[Post]) -> list[Card]:
    if not wanted:
        return []
    ids = [p.id for p in wanted]
    authors = await faces.of(db, [p.author_id for p in wanted])
    pictures = await shown.of_posts(db, ids)
    named = await _mentions(db, [p.id for p in wanted if "@" in p.text])
    above = await _above(db, [p.reply_to_id for p in wanted if p.reply_to_id])
    cards: list[Card] = []
    for post in wanted:
        mentions = tuple(named.get(post.id, ()))
        names = {username.lower() for _, username in mentions} | {authors[post.author_id].username.lower()}
        pics = tuple(pictures.get(post.id, ()))
        cards.append(
            Card(
                id=post.id, author=authors[post.author_id], html=text.html(post.text, names.__contains__), text=post.text,
                spoiler=post.spoiler, sensitive=post.sensitive, visibility=post.visibility, language=post.language,
                edited_at=post.edited_at, deleted=post.deleted_at is not None, reply_to=above.get(post.reply_to_id or 0),
                thread_id=post.thread_id, pictures=pics, mentions=mentions, tags=tuple(text.tags(post.text)),
                replies_count=post.replies_count, boosts_count=post.boosts_count, likes_count=post.likes_count,
                remixes_count=sum(p.picture.remixes_count for p in pics if p.picture), entry_id=post.id,
            )
        )  # fmt: skip
    return cards


async def _mentions(db: Database, ids: list[int]) -> dict[int, list[tuple[int, str]]]:
    named: dict[int, list[tuple[int, str]]] = {}
    if not ids:
        return named
    for post_id, account_id, username in await db.rows(
        "select m.post_id, p.id, p.username from social.mentions m join accounts.people p on p.id = m.account_id where m.post_id = any(%s)",
        ids,
    ):
        named.setdefault(post_id, []).append((account_id, username))
    return named


async def _above(db: Database, ids: list[int]) -> dict[int, ReplyTo]:
    if not ids:
        return {}
    rows = await db.rows(
        "select p.id, a.username from social.posts p join accounts.people a on a.id = p.author_id where p.id = any(%s) and p.deleted_at is null",
        ids,
    )
    return {id_: ReplyTo(id_, Name(username)) for id_, username in rows}
