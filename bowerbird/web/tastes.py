"""What was learned of somebody, as it is told to them: interests as small walls, topics and people they lean to, their latest acts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.feed import resemblance, topics
from bowerbird.feed.naming import named
from bowerbird.feed.wire import InterestSaid, Leaning, Learned, TasteAnswer
from bowerbird.gallery import cards, faces
from bowerbird.gallery.cards import Card
from bowerbird.gallery.faces import Face
from bowerbird.social import entries
from bowerbird.web.trials import words_of

WALL, ACTS, LEANINGS, NAMES = 8, 30, 12, 3
ACTS_SAID = {
    "like": ("heart", "You liked"), "remix": ("remix", "You remixed"), "reply": ("reply", "You replied to"), "follow": ("user", "You followed"),
    "share": ("repost", "You boosted"), "keep": ("bookmark", "You kept"), "open": ("eye", "You opened"), "dwell": ("clock", "You looked at"),
    "hide": ("hide", "“Not for me”:"), "report": ("flag", "You reported"), "block": ("hide", "You blocked or muted"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Interest:
    """One interest as a small wall, with how sure the feed is of it, in words."""

    name: str
    sure: str
    confidence: float
    wall: tuple[Card, ...]
    act_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody did, as it is told to them."""

    id: int
    icon: str
    said: str
    what: str
    url: str
    seconds: float
    at: datetime


async def learned(db: Database, me: Person, taste: TasteAnswer) -> dict[str, Any]:
    """What was learned, with the pictures, names and people it is about, as far as they may be seen."""
    walls = {id_ for one in taste.interests for id_ in one.post_ids[:WALL]}
    acts = taste.acts[:ACTS]
    known = {card.id: card for card in await cards.of(db, me, await entries.of(db, me.id, sorted(walls)))}
    names = await named(db, me, {act.post_id for act in acts if act.post_id})
    met = [int(one.name) for one in taste.authors[:LEANINGS]] + [act.author_id for act in acts if act.author_id]
    people = await faces.of(db, met)
    return {
        "interests": [_interest(one, known) for one in taste.interests],
        "topics": sorted(_exact(taste.topics)[:LEANINGS], key=lambda one: -one.value),
        "people": sorted(_people(taste.authors[:LEANINGS], people), key=lambda one: -one[1]),
        "acts": [_act(act, names, people) for act in acts],
    }


def _interest(said: InterestSaid, known: dict[int, Card]) -> Interest:
    sure = "quite sure" if said.confidence >= 0.7 else "fairly sure" if said.confidence >= 0.5 else "a first guess"
    wall = tuple(known[id_] for id_ in said.post_ids if id_ in known)[:WALL]
    shown = Counter(topic for card in wall for topic in resemblance.about(words_of(card), card.tags))
    name = (
        ", ".join(topics.label(topic) for topic, _ in shown.most_common(NAMES)) or ", ".join(said.topics) or "without a name yet"
    )
    return Interest(name, sure, said.confidence, wall, tuple(said.act_ids))


def _exact(leanings: list[Leaning]) -> list[Leaning]:
    """Topics without those that others in the list are a kind of."""
    above = {label: topics.above(label.replace(" ", "_")) - {label.replace(" ", "_")} for label in (one.name for one in leanings)}
    general = frozenset[str]().union(*above.values())
    return [one for one in leanings if one.name.replace(" ", "_") not in general]


def _people(leanings: list[Leaning], known: dict[int, Face]) -> list[tuple[Face, float]]:
    return [(known[int(one.name)], one.value) for one in leanings if int(one.name) in known]


def _act(act: Learned, names: dict[int, str], people: dict[int, Face]) -> Act:
    icon, said = ACTS_SAID.get(act.kind, ("info", act.kind))
    person = people.get(act.author_id)
    what = names.get(act.post_id) or (f"@{person.username}" if person else "something that is gone")
    url = f"/posts/{act.post_id}" if act.post_id in names else person.url if person and not act.post_id else ""
    return Act(act.id, icon, said, what, url, act.seconds, at(act.id))
