"""Where posts come from, about nine hundred a page. Each names posts it thinks fit; what comes of them is decided later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bowerbird.feed import neighbours, nightly
from bowerbird.feed.asked import Asked
from bowerbird.feed.catalogue import Rows

NONE = np.zeros(0, np.int32)


@dataclass(frozen=True)
class Following:
    """The newest posts of the people one follows."""

    most: int = 200
    each: int = 12
    name: str = "following"

    def rows(self, ask: Asked) -> Rows:
        """Rows, newest first."""
        catalogue = ask.learner.catalogue
        found: list[int] = []
        for account_id in ask.who.ties.follows:
            author = catalogue.author_row.get(account_id)
            if author is not None:
                found += catalogue.by_author[author][-self.each :]
        rows = np.array(found, np.int32)
        return rows[np.argsort(-catalogue.born_ms[rows], kind="stable")[: self.most]]


@dataclass(frozen=True)
class CoLiked:
    """What people liked who liked what one liked."""

    most: int = 250
    name: str = "co_liked"

    def rows(self, ask: Asked) -> Rows:
        """Rows, the strongest first."""
        return _strongest(ask.who.co_liked, self.most)


@dataclass(frozen=True)
class Sequels:
    """What people went on to who liked what one liked just now."""

    most: int = 200
    name: str = "sequels"

    def rows(self, ask: Asked) -> Rows:
        """Rows, the strongest first."""
        return _strongest(ask.who.sequels, self.most)


@dataclass(frozen=True)
class Foretold:
    """What goes with what one liked, as it was learned last night."""

    most: int = 150
    name: str = "nightly"

    def rows(self, ask: Asked) -> Rows:
        """Rows, the strongest first."""
        return _strongest(ask.who.foretold, self.most)


@dataclass(frozen=True)
class Received:
    """What was well received, however old it is."""

    most: int = 150
    name: str = "well_received"

    def rows(self, ask: Asked) -> Rows:
        """Rows, the best first, after what somebody saw already."""
        found = ask.learner.received.rows(ask.now_ms)
        fresh = [row for row in found.tolist() if row not in ask.who.person.seen and row not in ask.shown]
        return np.array(fresh[: self.most], np.int32)


@dataclass(frozen=True)
class Interests:
    """The posts nearest to each of one's interests: an exact search of everything."""

    each: int = 60
    name: str = "interests"

    def rows(self, ask: Asked) -> Rows:
        """Rows of all interests together."""
        interests = ask.who.taste.interests
        if not interests:
            return NONE
        taken = [one.row for one in ask.who.taste.liked]
        found = ask.learner.nearest.of([one.centre for one in interests])
        fresh = np.split(~np.isin(np.concatenate(found), taken), np.cumsum([len(rows) for rows in found])[:-1])
        return np.concatenate([rows[new][: self.each] for rows, new in zip(found, fresh, strict=True)])


@dataclass(frozen=True)
class Wishes:
    """What somebody asked for in words."""

    each: int = 60
    name: str = "wishes"

    def rows(self, ask: Asked) -> Rows:
        """The newest that fit each wish for more."""
        catalogue = ask.learner.catalogue
        found: list[Rows] = []
        latest = np.arange(max(0, catalogue.size - 20_000), catalogue.size, dtype=np.int32)
        for wish in ask.recipe.more[:12]:
            fits = ask.fit(wish, latest)
            best = np.argsort(-fits, kind="stable")[: self.each]
            found.append(latest[best[fits[best] > 0.3]])
        return np.concatenate(found) if found else NONE


@dataclass(frozen=True)
class Rising:
    """What the house takes to just now."""

    most: int = 200
    name: str = "rising"

    def rows(self, ask: Asked) -> Rows:
        """Rows, the strongest first."""
        return ask.learner.rising(ask.now_ms)[: self.most]


@dataclass(frozen=True)
class Fresh:
    """New posts, and posts by people who are seldom shown: drawn by how good they might be (Thompson sampling over how often a show was liked)."""

    most: int = 120
    latest: int = 600
    name: str = "fresh"

    def rows(self, ask: Asked) -> Rows:
        """Rows, as drawn."""
        catalogue, counts = ask.learner.catalogue, ask.learner.counts
        rows = np.arange(max(0, catalogue.size - self.latest), catalogue.size, dtype=np.int32)
        rows = rows[catalogue.alive[rows]]
        if not len(rows):
            return NONE
        decayed = counts.decayed(rows, ask.now_ms)[:, 1]
        liked, shown = decayed[:, 1] + decayed[:, 2] + decayed[:, 5], decayed[:, 0]
        drawn = ask.chance().beta(liked + 1.0, np.maximum(shown - liked, 0.0) + 8.0)
        return rows[np.argsort(-drawn, kind="stable")[: self.most]]


@dataclass(frozen=True)
class Tree:
    """What else was made from the pictures that one remixed or liked."""

    most: int = 60
    name: str = "tree"

    def rows(self, ask: Asked) -> Rows:
        """Rows, newest first."""
        catalogue = ask.learner.catalogue
        roots = {int(catalogue.roots[one.row]) for one in ask.who.taste.liked[-60:]} - {0}
        found = [row for root in roots for row in ask.learner.trees.get(root, ())]
        return np.array(sorted(found, reverse=True)[: self.most], np.int32)


def _strongest(found: neighbours.CoLiked | nightly.Foretold, most: int) -> Rows:
    return found.rows[np.argsort(-found.strength, kind="stable")[:most]]
