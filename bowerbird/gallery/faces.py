"""People as they are shown beside what they made."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bowerbird.accounts import people
from bowerbird.accounts.people import Audience, Person
from bowerbird.core import ids as ids_
from bowerbird.core.database import Database
from bowerbird.media import attachments
from bowerbird.social import emojis, relations, text
from bowerbird.social.emojis import Emoji
from bowerbird.social.relations import Relation

KEPT_S = 10.0
KEPT_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Face:
    """Someone as everyone sees them, and (from `me_follows` on) as a given viewer does."""

    id: int
    username: str
    display_name: str
    role: str
    avatar_url: str | None
    header_url: str | None
    bio: str
    remix_default: str
    quote_default: Audience
    followers_count: int = 0
    following_count: int = 0
    posts_count: int = 0
    last_post_on: date | None = None
    locked: bool = False
    bot: bool = False
    discoverable: bool = True
    indexable: bool = True
    searchable: bool = False  # by search engines
    hide_collections: bool = False
    gone: bool = False
    fields: tuple[tuple[str, str], ...] = ()
    emojis: tuple[Emoji, ...] = ()
    # from here on: how the viewer stands to them
    me_follows: bool = False
    follows_me: bool = False
    i_block: bool = False
    i_mute: bool = False
    i_asked: bool = False
    asked_me: bool = False
    is_me: bool = False

    @property
    def url(self) -> str:
        """Their page."""
        return f"/@{self.username}"

    @property
    def created_at(self) -> datetime:
        """When they joined."""
        return ids_.at(self.id)

    @property
    def bio_html(self) -> str:
        """The bio as safe HTML."""
        return text.html(self.bio)


kept: OrderedDict[int, tuple[float, Face]] = OrderedDict()


async def of(db: Database, ids: Sequence[int]) -> dict[int, Face]:
    """Faces by id; people who left are still named, so that old threads read well."""
    found = await people.of(db, list(dict.fromkeys(ids)))
    return await _faces(db, list(found.values()))


async def lately(db: Database, ids: Sequence[int]) -> dict[int, Face]:
    """Faces as they were some seconds ago at most, for lists of many people that are read all the time."""
    now = time.monotonic()
    found = {id_: kept[id_][1] for id_ in ids if id_ in kept and kept[id_][0] > now}
    fresh = await of(db, [id_ for id_ in ids if id_ not in found])
    for id_, face in fresh.items():
        kept[id_] = (now + KEPT_S, face)
    while len(kept) > KEPT_MAX:
        kept.popitem(last=False)
    return found | fresh


async def profile(db: Database, viewer: Person | None, person: Person) -> Face:
    """Someone's page as it is now (`person` may have been read before something changed), and how the viewer stands to them."""
    face = (await of(db, [person.id]))[person.id]
    return (await seen(db, viewer, [face]))[face.id]


async def seen(db: Database, viewer: Person | None, found: Iterable[Face]) -> dict[int, Face]:
    """The same faces with how the viewer stands to them, by id."""
    each = {face.id: face for face in found}
    between = await relations.of(db, viewer.id if viewer else None, list(each))
    for id_, face in each.items():
        relation = between.get(id_, Relation())
        each[id_] = replace(
            face,
            me_follows=relation.following,
            follows_me=relation.followed_by,
            i_block=relation.blocking,
            i_mute=relation.muting,
            i_asked=relation.requested,
            asked_me=relation.requested_by,
            is_me=viewer is not None and viewer.id == id_,
        )
    return each


async def _faces(db: Database, found: list[Person]) -> dict[int, Face]:
    media_ids = [id_ for person in found for id_ in (person.avatar_id, person.header_id) if id_]
    media = {a.id: a for a in await attachments.of(db, media_ids)}

    def url(media_id: int | None, *, small: bool) -> str | None:
        shown = media.get(media_id or 0)
        return (shown.small_url if small else shown.url) if shown else None

    named = {p.id: emojis.named(f"{p.name}\n{p.bio}\n{p.fields}") for p in found}
    known = await emojis.known(db) if any(named.values()) else {}
    return {
        p.id: Face(
            p.id, p.username, p.name, p.role, url(p.avatar_id, small=True), url(p.header_id, small=False), p.bio,
            p.may_remix, p.may_quote,
            followers_count=p.followers_count, following_count=p.following_count, posts_count=p.posts_count,
            last_post_on=p.last_post_at.date() if p.last_post_at else None, locked=p.locked, bot=p.bot,
            discoverable=p.discoverable, indexable=p.indexable, searchable=p.searchable, hide_collections=p.hide_collections,
            gone=p.deleted_at is not None, fields=tuple((f["name"], f["value"]) for f in p.fields),
            emojis=tuple(known[code] for code in named[p.id] if code in known),
        )
        for p in found
    }  # fmt: skip
