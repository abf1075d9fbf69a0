"""What may not be shown to somebody, each with a name: the reason that is told to who asks why, and to authors who ask how far they came.

The last word on who may see what is not here but in social/visibility.py, which every page is put through again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.asked import Asked
from bowerbird.feed.catalogue import PROVENANCES, Rows, near_copies

Stops = NDArray[np.bool_]
SERVED_TIMES_MAX = 2  # a post that was on somebody's page so often and never looked at does not come again
DAYS_MAX = 30
SMALL = 3_000  # posts: a house with fewer shows older ones too


@dataclass(frozen=True)
class Gone:
    """Deleted, or not for everyone any more."""

    name: str = "gone"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for what is not there."""
        return ~ask.learner.catalogue.alive[rows]


@dataclass(frozen=True)
class Avoided:
    """By somebody one blocked or muted, or who blocked one."""

    name: str = "avoided"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for their posts."""
        catalogue = ask.learner.catalogue
        authors = [catalogue.author_row[id_] for id_ in ask.who.ties.avoided if id_ in catalogue.author_row]
        return np.isin(catalogue.authors[rows], authors)


@dataclass(frozen=True)
class Own:
    """One's own posts."""

    name: str = "own"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for them."""
        catalogue = ask.learner.catalogue
        return catalogue.authors[rows] == catalogue.author_row.get(ask.own_id, -1)


@dataclass(frozen=True)
class NotRecommended:
    """By somebody who does not want to be shown to strangers; who follows them has said so."""

    name: str = "not_recommended"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for strangers' posts that may not be recommended."""
        catalogue = ask.learner.catalogue
        follows = [catalogue.author_row[id_] for id_ in ask.who.ties.follows if id_ in catalogue.author_row]
        return ~catalogue.recommendable[rows] & ~np.isin(catalogue.authors[rows], follows)


@dataclass(frozen=True)
class Seen:
    """Shown already: on this scroll, looked at before, or passed over twice."""

    name: str = "seen"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for those."""
        person = ask.who.person
        often = {row for row, times in person.times_served.items() if times >= SERVED_TIMES_MAX}
        return np.isin(rows, np.fromiter(ask.shown | person.seen | often, np.int32))


@dataclass(frozen=True)
class TurnedFrom:
    """Near copies of what somebody said no to; what they reported, too."""

    name: str = "turned_from"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for those, at once and for as long as it is remembered."""
        stops = np.zeros(len(rows), np.bool_)
        catalogue = ask.learner.catalogue
        hidden = {catalogue.row_of[id_] for id_ in ask.who.ties.hidden if id_ in catalogue.row_of}
        for row in hidden | {one.row for one in ask.who.taste.turned_from}:
            stops |= (rows == row) | near_copies(catalogue, row, rows)
        return stops


@dataclass(frozen=True)
class Never:
    """What somebody never wants to see: by the tags that a post got when it came, not by likeness."""

    name: str = "never"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for what one of the wishes speaks of."""
        catalogue, stops = ask.learner.catalogue, np.zeros(len(rows), np.bool_)
        for wish in ask.recipe.never:
            meant = np.full(len(rows), bool(wish.topics or wish.people))
            for topic in wish.topics:
                meant &= (catalogue.topics[rows] == catalogue.topic_names.of.get(topic, -1)).any(axis=1)
            if wish.people:
                meant &= np.isin(catalogue.authors[rows], [catalogue.author_named.get(name, -1) for name in wish.people])
            stops |= meant
        return stops


@dataclass(frozen=True)
class Language:
    """In languages one did not ask for; where nobody said which it is, it stays."""

    name: str = "language"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for the others."""
        if not ask.recipe.languages:
            return np.zeros(len(rows), np.bool_)
        catalogue = ask.learner.catalogue
        return ~np.isin(catalogue.language[rows], [0, *catalogue.language_names.known(ask.recipe.languages)])


@dataclass(frozen=True)
class Sensitive:
    """Behind a warning, unless one wants these here."""

    name: str = "sensitive"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for them."""
        return ask.learner.catalogue.sensitive[rows] & (ask.recipe.sensitive == "hide")


@dataclass(frozen=True)
class Dial:
    """At the ends of the dial: only what was made by hand or by camera, or only what a model made. By what is known of each, never guessed."""

    name: str = "dial"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for the other kind."""
        made = np.isin(ask.learner.catalogue.provenance[rows], [PROVENANCES.index("generated"), PROVENANCES.index("edited")])
        if abs(ask.recipe.dial) < 1:
            return np.zeros(len(rows), np.bool_)
        return made if ask.recipe.dial < 0 else ~made & (ask.learner.catalogue.pictures[rows] > 0)


@dataclass(frozen=True)
class TooOld:
    """Older than a month, where the house has enough that is newer."""

    name: str = "too_old"

    def stops(self, ask: Asked, rows: Rows) -> Stops:
        """True for those."""
        catalogue = ask.learner.catalogue
        if catalogue.size < SMALL:
            return np.zeros(len(rows), np.bool_)
        return catalogue.born_ms[rows] < ask.now_ms - DAYS_MAX * 86_400_000
