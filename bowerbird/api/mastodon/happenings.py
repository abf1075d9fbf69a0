"""What a piece of news is to those who listen: a post as Status, an id that went, a notification, a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

import msgspec

from bowerbird.accounts.people import Person
from bowerbird.api.mastodon import conversations as conversations_
from bowerbird.api.mastodon import entities
from bowerbird.api.mastodon.notifications import BY_NAME
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.social import conversations, entries, filters, notifications, timelines

EVENTS = {
    "post": "update",
    "edit": "status.update",
    "delete": "delete",
    "notification": "notification",
    "conversation": "conversation",
    "filters": "filters_changed",
}


@dataclass(frozen=True, slots=True)
class Happening:
    """An event and what each viewer is told of it: `same` for those of `seen_by`, or something of their own."""

    event: str
    same: bytes | None = None
    seen_by: frozenset[int] = frozenset()
    own: dict[int, bytes] = field(default_factory=dict[int, bytes])
    pictures: bool = True

    def for_(self, viewer_id: int, *, media_only: bool = False) -> bytes | None:
        """What one viewer is told, None for nothing."""
        if media_only and not self.pictures:
            return None
        return self.own.get(viewer_id, self.same if viewer_id in self.seen_by else None)


async def look(db: Database, kind: str, id_: int, viewers: Mapping[int, Person], filtering: AbstractSet[int]) -> Happening:
    """What happened, as far as these viewers may know of it; those of `filtering` have filters that may speak of it."""
    event = EVENTS[kind]
    match kind:
        case "delete":
            return Happening(event, str(id_).encode(), frozenset(viewers))
        case "filters":
            return Happening(event, b"", frozenset(viewers))
        case "notification":
            return Happening(event, own={me.id: said for me in viewers.values() if (said := await _notification(db, me, id_))})
        case "conversation":
            return Happening(event, own={me.id: said for me in viewers.values() if (said := await _conversation(db, me, id_))})
        case _:
            return await _post(db, event, id_, viewers, filtering)


async def _post(db: Database, event: str, id_: int, viewers: Mapping[int, Person], filtering: AbstractSet[int]) -> Happening:
    seen_by = await timelines.readers(db, id_, list(viewers))
    if not seen_by:
        return Happening(event)
    found = await _seen(db, None, id_) or [_nobodys(card) for card in await _seen(db, viewers[seen_by[0]], id_)]
    if not found:
        return Happening(event)
    card = found[0]
    if (
        event == EVENTS["edit"] or card.has_poll or card.quote_of
    ):  # each may have liked it, have voted, and see what is quoted or not
        each = {viewer_id: await _seen(db, viewers[viewer_id], id_) for viewer_id in seen_by}
        return Happening(
            event, own={id_: entities.status(shown[0]) for id_, shown in each.items() if shown}, pictures=bool(card.pictures)
        )
    own: dict[int, bytes] = {}
    for viewer_id in (filtering & set(seen_by)) - {card.author.id}:
        if matches := (await filters.matching(db, viewer_id, [card])).get(card.id):
            own[viewer_id] = entities.status(replace(card, filtered=tuple(matches)))
    return Happening(event, entities.status(card), frozenset(seen_by), own, pictures=bool(card.pictures))


async def _seen(db: Database, viewer: Person | None, post_id: int) -> list[Card]:
    """The card of a post, none where the viewer may not see it."""
    return await cards.of(db, viewer, await entries.of(db, viewer.id if viewer else None, [post_id]))


def _nobodys(card: Card) -> Card:
    """A card as one reader has it, without what that reader has done with it."""
    return replace(
        card,
        liked=False,
        boosted=False,
        bookmarked=False,
        pinned=False,
        muted=False,
        mine=False,
        filtered=(),
        poll=None,
        quote=None,
    )


async def _notification(db: Database, me: Person, id_: int) -> bytes | None:
    try:
        told = await notifications.one(db, me.id, id_)
    except NotFound:
        return None  # taken back, or kept aside by their policy
    if told.kind in BY_NAME:
        return None
    people = await faces.of(db, [told.from_id])
    shown = await _seen(db, me, told.post_id) if told.post_id else []
    return msgspec.json.encode(entities.notification(told, people[told.from_id], shown[0] if shown else None))


async def _conversation(db: Database, me: Person, id_: int) -> bytes | None:
    try:
        found = await conversations.one(db, me, id_)
    except NotFound:
        return None
    return msgspec.json.encode((await conversations_.entities_of(db, me, [found]))[0])
