"""Posts as they are shown: words, pictures with their recipes and credit, and what the viewer has done with them.

What is the same for everyone is put together once and kept for a few seconds; what depends on the viewer is added each time.
Which posts a viewer may see at all is decided before, by the rooms' gates: nothing here widens it."""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from bowerbird.accounts.people import Audience, Person
from bowerbird.core import ids as ids_
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.gallery import faces, remixes, shown
from bowerbird.gallery.faces import Face
from bowerbird.gallery.shown import Shown
from bowerbird.social import emojis, entries, filters, polls, posts, previews, text
from bowerbird.social.emojis import Emoji
from bowerbird.social.entries import Entry
from bowerbird.social.filters import Match
from bowerbird.social.polls import Poll
from bowerbird.social.posts import Post
from bowerbird.social.previews import Preview

KEPT_S = 10.0
KEPT_MAX = 4_000
_versions = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Name:
    """Who someone is called."""

    username: str
    id: int = 0


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
class Quote:
    """What a post quotes: `state` is accepted, revoked, deleted or unauthorized; the card only where the viewer may see it."""

    state: str
    post_id: int
    card: Card | None = None


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
    quotes_count: int
    quote_audience: str
    via: str
    emojis: tuple[Emoji, ...]
    preview: Preview | None
    has_poll: bool
    quote_of: tuple[int, str] | None  # (post id, the quote's state)
    made_of: tuple[object, ...]  # the parts of its row that change what is shown
    version: int  # another one whenever what is the same for everyone was put together anew
    # from here on: what depends on who looks
    entry_id: int = 0  # the boost's id where it came by a boost, else the post's own; timelines page by it
    boosted_by: Face | None = None
    liked: bool = False
    boosted: bool = False
    bookmarked: bool = False
    pinned: bool = False
    muted: bool = False
    mine: bool = False
    poll: Poll | None = None
    quote: Quote | None = None
    filtered: tuple[Match, ...] = ()

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
    """Cards put together lately, without anything that depends on a viewer, by the version of their row."""

    def __init__(self) -> None:
        self._cards: OrderedDict[int, tuple[float, str, Card]] = OrderedDict()
        self.news = 0  # rises with everything that is forgotten: what was read before that is not kept after it
        self._forgot: OrderedDict[int, int] = OrderedDict()
        self._cleared = 0

    def get(self, id_: int, version: str | None = None) -> Card | None:
        """The card, while it is fresh and (where one is named) of that version."""
        found = self._cards.get(id_)
        if found is None or found[0] <= time.monotonic() or (version is not None and found[1] != version):
            return None
        return found[2]

    def put(self, card: Card, version: str, news: int) -> None:
        """Keep it for KEPT_S, unless it was forgotten since its reading began (at `news`); the oldest go first."""
        if max(self._cleared, self._forgot.get(card.id, 0)) > news:
            return
        self._cards[card.id] = (time.monotonic() + KEPT_S, version, card)
        self._cards.move_to_end(card.id)
        while len(self._cards) > KEPT_MAX:
            self._cards.popitem(last=False)

    def change(self, card: Card, version: str) -> None:
        """Its numbers changed; it is kept no longer for that."""
        if card.id in self._cards:
            self._cards[card.id] = (self._cards[card.id][0], version, card)

    def forget(self, id_: int) -> None:
        """It changed."""
        self.news += 1
        self._forgot[id_] = self.news
        self._cards.pop(id_, None)
        while len(self._forgot) > KEPT_MAX:
            self._forgot.popitem(last=False)

    def clear(self) -> None:
        """Someone's name or a picture changed: many cards did."""
        self.news += 1
        self._cleared = self.news
        self._cards.clear()


kept = Kept()


async def of(db: Database, viewer: Person | None, found: Sequence[Entry | Post], *, quoting: bool = True) -> list[Card]:
    """Cards for posts and boosts that passed a gate, in their order; a boost of something gone is left out."""
    rows = await _entries(db, viewer, found)
    same = await _same_for_all(db, {row.shown_id: row.version for row in rows})
    own = await _own(db, viewer, same, rows, quoting=quoting)
    boosters = await faces.lately(db, ids) if (ids := [row.author_id for row in rows if row.boost_of_id]) else {}
    return [
        replace(own[row.shown_id], entry_id=row.id, boosted_by=boosters.get(row.author_id)) if row.boost_of_id else own[row.id]
        for row in rows
        if row.shown_id in own
    ]


async def _entries(db: Database, viewer: Person | None, found: Sequence[Entry | Post]) -> list[Entry]:
    """What was found as entries, which lists are already; posts in hand are looked up."""
    if all(isinstance(one, Entry) for one in found):
        return cast("list[Entry]", list(found))
    known = {row.id: row for row in await entries.of(db, viewer.id if viewer else None, [one.id for one in found])}
    return [known[one.id] for one in found if one.id in known]


async def _own(
    db: Database, viewer: Person | None, same: dict[int, Card], rows: Sequence[Entry], *, quoting: bool
) -> dict[int, Card]:
    """The same cards with what depends on who looks; a query each for polls, quotes and filters, where there are any."""
    viewer_id, cards = viewer.id if viewer else None, list(same.values())
    voted = await polls.of_posts(db, viewer_id, ids) if (ids := [card.id for card in cards if card.has_poll]) else {}
    quoted = await _quoted(db, viewer, cards) if quoting and any(card.quote_of for card in cards) else {}
    filtered = await filters.matching(db, viewer_id, cards)
    own = dict(same)
    for row in rows:
        card = same.get(row.shown_id)
        if card is None:
            continue
        is_mine = card.author.id == viewer_id
        if is_mine or row.touched or card.has_poll or card.quote_of or card.id in filtered:
            own[card.id] = replace(
                card, liked=row.liked, boosted=row.boosted, bookmarked=row.bookmarked, pinned=row.pinned, muted=row.muted, mine=is_mine,
                poll=voted.get(card.id), quote=quoted.get(card.id), filtered=() if is_mine else tuple(filtered.get(card.id, ())),
            )  # fmt: skip
    return own


async def _quoted(db: Database, viewer: Person | None, quoting: list[Card]) -> dict[int, Quote]:
    """What these cards quote, as the viewer may see it, by the id of the quoting card; a quote in a quote is only named."""
    wanted = {card.id: card.quote_of for card in quoting if card.quote_of}
    accepted = [id_ for id_, state in wanted.values() if state == "accepted"]
    visible = await entries.of(db, viewer.id if viewer else None, accepted)
    shown_ = {card.id: card for card in await of(db, viewer, visible, quoting=False)}
    quotes: dict[int, Quote] = {}
    for by, (id_, state) in wanted.items():
        card = shown_.get(id_)
        quotes[by] = Quote(state if card or state != "accepted" else "unauthorized", id_, card)
    return quotes


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
    if picture.source is None:
        return picture
    leave = remixes.leave(viewer, author.id, picture.source.audience, follows=author.me_follows)
    recipe = replace(picture.source, may_remix=leave.allowed, why_not=leave.why_not)
    return replace(picture, offered=recipe) if picture.offered else replace(picture, picture=recipe)


async def by_id(db: Database, viewer: Person | None, post_id: int) -> Card:
    """The card of the post with this id. Raises NotFound or Gone as posts.see does."""
    viewer_id = viewer.id if viewer else None
    found = await of(db, viewer, await entries.of(db, viewer_id, [post_id]))
    return found[0] if found else await one(db, viewer, await posts.see(db, viewer_id, post_id))


async def _same_for_all(db: Database, wanted: dict[int, str]) -> dict[int, Card]:
    """Cards without a viewer by post id, from the kept ones where the row has the same version still; posts that passed a gate."""
    ready = {id_: found for id_, version in wanted.items() if (found := kept.get(id_, version))}
    news = kept.news
    rows = await posts.rows(db, [id_ for id_ in wanted if id_ not in ready])
    todo: list[Post] = []
    for post in rows:
        card = kept.get(post.id)
        if card and card.made_of == _made_of(post):  # only its numbers are others
            ready[post.id] = replace(
                card, replies_count=post.replies_count, boosts_count=post.boosts_count, likes_count=post.likes_count,
                quotes_count=post.quotes_count, version=next(_versions),
            )  # fmt: skip
            kept.change(ready[post.id], wanted[post.id])
        else:
            todo.append(post)
    for card in await _build(db, todo):
        kept.put(card, wanted[card.id], news)
        ready[card.id] = card
    return ready


async def _build(db: Database, wanted: list[Post]) -> list[Card]:
    if not wanted:
        return []
    ids = [p.id for p in wanted]
    authors = await faces.lately(db, [p.author_id for p in wanted])
    pictures = await shown.of_posts(db, ids)
    named = await _mentions(db, [p.id for p in wanted if "@" in p.text])
    above = await _above(db, [p.reply_to_id for p in wanted if p.reply_to_id])
    linked = await previews.of_posts(db, [p.id for p in wanted if "http" in p.text])
    smiling = await _emojis(db, wanted)
    usual: dict[int, Audience] = {author.id: author.quote_default for author in authors.values()}
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
                remixes_count=sum(p.source.remixes_count for p in pics if p.source), entry_id=post.id, quotes_count=post.quotes_count,
                quote_audience=posts.quote_audience(post, usual[post.author_id]), via=post.via,
                emojis=tuple(smiling.get(post.id, ())), preview=linked.get(post.id),
                has_poll=post.has_poll, quote_of=_quote_of(post), made_of=_made_of(post), version=next(_versions),
            )
        )  # fmt: skip
    return cards


def _made_of(post: Post) -> tuple[object, ...]:
    return (post.edited_at, post.quote_of_id, post.quote_state, post.may_quote)


def _quote_of(post: Post) -> tuple[int, str] | None:
    """(what a post quotes, how that stands); what was deleted since has left only the state."""
    if not post.quote_state:
        return None
    return (post.quote_of_id, post.quote_state) if post.quote_of_id else (0, "deleted")


async def _emojis(db: Database, wanted: list[Post]) -> dict[int, list[Emoji]]:
    """The house's own emojis in each post."""
    named = {p.id: emojis.named(f"{p.spoiler} {p.text}") for p in wanted if ":" in p.text or ":" in p.spoiler}
    known = await emojis.known(db) if any(named.values()) else {}
    return {id_: [known[name] for name in names if name in known] for id_, names in named.items()}


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
        """select p.id, a.username, a.id from social.posts p join accounts.people a on a.id = p.author_id
           where p.id = any(%s) and p.deleted_at is null""",
        ids,
    )
    return {id_: ReplyTo(id_, Name(username, author_id)) for id_, username, author_id in rows}
