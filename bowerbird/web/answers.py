"""What a page tells of the assistant: how each of its answers came to be, what people say of them, what one asked oneself, where it may not speak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bowerbird.accounts.people import Person
from bowerbird.assistant import asked, corrections
from bowerbird.assistant.asked import Asked
from bowerbird.assistant.corrections import Correction
from bowerbird.core.database import Database
from bowerbird.core.settings import settings
from bowerbird.gallery import cards
from bowerbird.gallery.cards import Card
from bowerbird.social import entries
from bowerbird.social.posts import EVERYONES

WAITING = timedelta(minutes=2)  # so long a mention may still be heard
OWN_MAX = 3  # questions of one's own that a page repeats
STAMPS_MAX, SOURCES_MAX, MENTIONS_MAX = 12, 60, 5


@dataclass(frozen=True, slots=True)
class Told:
    """For the templates. `own`: by post, what one asked with it or under it; `waiting`: one's own mentions that were not heard yet."""

    offered: bool = False  # whether one may ask here
    aloud: bool = False  # whether everyone may read an answer here
    closed: bool = False  # whether its author wants no AI here
    stamps: dict[int, Asked] = field(default_factory=dict[int, Asked])
    said: dict[int, list[Correction]] = field(default_factory=dict[int, list[Correction]])
    own: dict[int, list[Asked]] = field(default_factory=dict[int, list[Asked]])
    waiting: frozenset[int] = frozenset()
    sources: dict[int, Card] = field(default_factory=dict[int, Card])


async def told(db: Database, me: Person | None, lead: Card, shown: Sequence[Card]) -> Told:
    """All a post's page says of the assistant. `shown`: the cards on it, which passed the gate; a query more only where there is something to say."""
    closed = await asked.closed(db, list({lead.id, lead.thread_id}))
    by_bower = [card.id for card in shown if card.author.bot and card.author.username == asked.NAME][-STAMPS_MAX:]
    stamps = await asked.stamps(db, by_bower) if by_bower else {}
    said = {id_: await corrections.of(db, me, id_) for id_ in stamps}
    on = settings().assistant != "off" and me is not None and not me.bot
    own: dict[int, list[Asked]] = {}
    waiting = set[int]()
    if me and on:
        mine = [card for card in shown if card.mine and asked.NAME in {name.lower() for _, name in card.mentions}]
        for id_ in {lead.id, *(card.id for card in mine[-MENTIONS_MAX:])}:
            known = await asked.under(db, me, id_)
            own[id_] = repeated(known, id_)
            if not any(one.mention_id == id_ for one in known):
                waiting.add(id_)
        waiting &= {card.id for card in mine if datetime.now(UTC) - card.created_at < WAITING}
    every = [*stamps.values(), *(one for many in own.values() for one in many)]
    return Told(
        on and not closed,
        lead.visibility in EVERYONES,
        bool(closed),
        stamps,
        said,
        own,
        frozenset(waiting),
        await sources(db, me, every),
    )


def repeated(questions: Sequence[Asked], post_id: int) -> list[Asked]:
    """Which of one's questions a page shows again under a post: what was answered aloud stands in the thread itself."""
    here = [one for one in questions if post_id == (one.mention_id or one.post_id)]
    return [one for one in here if not (one.aloud and one.state == "done")][:OWN_MAX]


async def sources(db: Database, me: Person | None, answered: Sequence[Asked]) -> dict[int, Card]:
    """The posts that answers rest on, as far as one may see them oneself."""
    ids = list(dict.fromkeys(id_ for one in answered for id_ in [*one.cited_ids, *one.read_ids]))[:SOURCES_MAX]
    if not ids:
        return {}
    found = await entries.of(db, me.id if me else None, ids)
    return {card.id: card for card in await cards.of(db, me, found, quoting=False)}
