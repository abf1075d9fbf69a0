"""How For You ranks, for everyone to read: the values, the limits, every feature with where its weight began and where it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Response, get

from bowerbird.door import Ask, pool
from bowerbird.feed import asking as ranker
from bowerbird.feed import rankers, reigns
from bowerbird.feed.acts import HEADS
from bowerbird.feed.asking import FeedAway
from bowerbird.feed.values import values
from bowerbird.feed.wire import StateAnswer
from bowerbird.web import asking
from bowerbird.web.glossary import FAMILIES, FAMILY_SAID, said_of

OUTCOMES = {
    "like": "you like it", "remix": "you remix it", "reply": "you reply", "follow": "you follow its author", "share": "you share it",
    "dwell": "you look at it longer than you usually do", "hide": "you say “not for me”", "report": "you report it",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weight:
    """One feature: what it means, where its weight begins and where it stands for a like and for “not for me”; all eight where asked."""

    name: str
    said: str
    begins: tuple[float, float]
    stands: tuple[float, float] | None
    all: tuple[float, ...]
    sign: int


def weights(state: StateAnswer | None) -> list[tuple[str, str, list[Weight]]]:
    """(family, what it is, its features) of all."""
    like, hide = HEADS.index("like"), HEADS.index("hide")
    begin = values().prior().weights
    by_family: dict[str, list[Weight]] = {title: [] for title in FAMILIES}
    for place, (name, feature) in enumerate(values().features.items()):
        title = next((title for title, families in FAMILIES.items() if feature.family in families), "What kind of post it is")
        now = state.weights.get(name) if state else None
        stands = (now[like], now[hide]) if now else None
        first = (round(float(begin[like, place]), 3), round(float(begin[hide, place]), 3))
        by_family[title].append(Weight(name, said_of(name), first, stands, tuple(now or ()), feature.sign))
    return [(title, FAMILY_SAID[title], found) for title, found in by_family.items()]


@get("/about/feed")
async def about(request: Ask) -> Response[Any]:
    """The page."""
    me = (await asking.visitor(request)).person
    try:
        state = await ranker.state()
    except FeedAway:
        state = None
    async with pool(request).reading() as db:
        reign = await reigns.in_force(db)
        ruling = (await rankers.by_id(db, reign.ranker_id)).defined.values if reign else values()
        shared = await asking.context(request, db, me)
    worth = [(OUTCOMES[head], worth) for head, worth in ruling.worth.items()]
    return asking.page(
        request, "pages/about_feed.jinja", shared, state=state, worth=worth, most=max(abs(w) for _, w in worth), limits=ruling.limits,
        families=weights(state), heads=HEADS,
    )  # fmt: skip


HANDLERS = [about]
