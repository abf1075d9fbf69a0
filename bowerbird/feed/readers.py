"""Who a page is made for: how they stand to others, and what is known of their taste."""

from __future__ import annotations

from dataclasses import dataclass, field

from bowerbird.feed import sequels
from bowerbird.feed.catalogue import Catalogue
from bowerbird.feed.neighbours import NOTHING, CoLiked, Neighbours
from bowerbird.feed.nightly import UNKNOWN, Foretold, Nightly
from bowerbird.feed.persons import Person
from bowerbird.feed.tastes import Taste

EXPERIENCED = 20  # acts after which somebody is no newcomer


@dataclass(frozen=True, slots=True)
class Ties:
    """How somebody stands to others, by account id, read for each request: no matter of what was learned."""

    follows: frozenset[int] = frozenset()
    followed_by_follows: dict[int, int] = field(default_factory=dict[int, int])  # how many one follows who follow them
    avoided: frozenset[int] = frozenset()  # blocked either way, or muted
    languages: frozenset[str] = frozenset()
    hidden: tuple[int, ...] = ()  # ids of posts they said no to, whether or not the feed may learn from that


@dataclass(frozen=True, slots=True)
class Reader:
    """Who a page is made for, as features need it."""

    person: Person
    taste: Taste
    ties: Ties
    co_liked: CoLiked
    now_ms: int
    sequels: CoLiked = NOTHING
    foretold: Foretold = UNKNOWN

    @property
    def experience(self) -> float:
        """0 for a newcomer, towards 1 with EXPERIENCED acts: how far their own history is to be believed."""
        return min(len(self.taste.liked), EXPERIENCED) / EXPERIENCED


def nobody() -> Person:
    """Somebody without history."""
    return Person(0, 0)


def reader(person: Person, ties: Ties, catalogue: Catalogue, neighbours: Neighbours, nightly: Nightly, now_ms: int) -> Reader:
    """Put together what is known of who asks."""
    taste = person.taste(catalogue)
    if not person.acts:
        return Reader(person, taste, ties, NOTHING, now_ms)
    onward = sequels.of(person, neighbours, catalogue)
    return Reader(person, taste, ties, neighbours.of(person), now_ms, onward, nightly.of(taste.liked))
