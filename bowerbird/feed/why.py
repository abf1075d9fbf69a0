"""Why a post stands where it stands: the terms of its value, from the code that ranked it, and the largest of them in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from bowerbird.feed import features
from bowerbird.feed.asked import Asked
from bowerbird.feed.pipeline import Placed
from bowerbird.feed.reasons import Reason, Term
from bowerbird.feed.scorers import WORTH
from bowerbird.feed.topics import label
from bowerbird.feed.values import values

REASONS_MAX = 3
TOLD_MIN = 0.01
WORDS = {
    "topics": "about things you took to",
    "follows": "by someone you follow",
    "author": "by someone whose posts you took to",
    "talks": "by someone you talk with",
    "friends": "people you follow know it or its author",
    "tree": "from the same remix tree as a picture you liked",
    "nightly": "what people who like the same things liked, learned last night",
    "sequel": "what people went on to who liked what you liked lately",
    "rising": "many who were shown it lately took to it",
    "well_received": "well received by those who were shown it",
    "author_received": "its author’s posts are well received",
    "public": "liked and shared here",
    "fresh": "posted lately",
    "kind": "the kind of post that does well here",
    "kind_liked": "the kind of post you take to",
}
AGAINST = {
    "turned_from": "like something you turned away from",
    "hidden_by_others": "some who were shown it turned away from it",
}


class Explained(msgspec.Struct, frozen=True):
    """A score and everything it is made of: the values of `terms` add up to it."""

    score: float
    terms: list[Term]
    reasons: list[Reason]


def explain(ask: Asked, placed: Placed) -> Explained:
    """Take the value of a post apart."""
    [(base, shares)] = _shares(ask, [placed])
    terms = [Term("base", base, "where every post begins")]
    for name, share in zip(features.NAMES, shares.tolist(), strict=True):
        if share:
            terms.append(Term(name, share, _said(ask, placed, values().features[name].family)))
    terms += [Term(name, value, _said(ask, placed, name)) for name, value in placed.terms.items() if name != WORTH and value]
    terms.sort(key=lambda term: -abs(term.value))
    return Explained(sum(term.value for term in terms), terms, _reasons(ask, placed, _families(placed, shares)))


def reasons(ask: Asked, placed: Sequence[Placed]) -> list[list[Reason]]:
    """The largest terms of each post on a page, in words: what `explain` says of one, without the whole sum."""
    return [_reasons(ask, one, _families(one, shares)) for one, (_, shares) in zip(placed, _shares(ask, placed), strict=True)]


def _shares(ask: Asked, placed: Sequence[Placed]) -> list[tuple[float, NDArray[np.float64]]]:
    """(base, what each feature adds) of each post, by what the team foretells by that placed it."""
    found: list[tuple[float, NDArray[np.float64]]] = [(0.0, np.zeros(0))] * len(placed)
    for team in ("champion", "challenger"):
        places = [n for n, one in enumerate(placed) if (one.team == "challenger") is (team == "challenger")]
        if places:
            x = np.stack([ask.features[placed[n].row] for n in places])
            bases, shared = ask.foretells(team).attributed(x, ask.worth(team))
            for n, base, row in zip(places, bases.tolist(), shared, strict=True):
                found[n] = (base, row)
    return found


@cache
def _family_columns() -> tuple[list[str], NDArray[np.float64]]:
    """The families of features, and [features, families] of ones where a feature belongs."""
    names = list(dict.fromkeys(feature.family for feature in values().features.values()))
    belongs = [[float(feature.family == name) for name in names] for feature in values().features.values()]
    return names, np.array(belongs)


def _families(placed: Placed, shares: NDArray[np.float64]) -> dict[str, float]:
    names, belongs = _family_columns()
    sums = dict(zip(names, (shares @ belongs).tolist(), strict=True))
    return sums | {name: value for name, value in placed.terms.items() if name != WORTH and value}


def _reasons(ask: Asked, placed: Placed, sums: dict[str, float]) -> list[Reason]:
    """The largest that speak for it, each in words; “new here” first where it stands at a place for exploring."""
    told: list[Reason] = []
    if placed.propensity < 1:
        shown = int(ask.learner.counts.shown[placed.row])
        told.append(Reason("explored", 0.0, f"new here: shown to {shown} {'person' if shown == 1 else 'people'} so far"))
    for family, value in sorted(sums.items(), key=lambda one: -one[1]):
        if value >= TOLD_MIN and family not in ("quiet", "base") and len(told) < REASONS_MAX:
            reason = _reason(ask, placed, family, value)
            if reason.text and reason.text not in {one.text for one in told}:
                told.append(reason)
    return told


def _reason(ask: Asked, placed: Placed, family: str, value: float) -> Reason:
    catalogue, taste = ask.learner.catalogue, ask.who.taste
    if family in ("liked", "interest") and taste.liked:
        rows = [one.row for one in taste.liked[-50:]]
        nearest = rows[int(np.argmax(catalogue.vectors[rows] @ catalogue.vectors[placed.row]))]
        if family == "interest" and (name := _interest(ask, placed.row)):
            return Reason(family, value, f"close to what you take to: {name}", int(catalogue.ids[nearest]))
        return Reason("liked", value, "because you liked {post}", int(catalogue.ids[nearest]))
    if family == "co_liked" and (found := ask.learner.neighbours.because(ask.who.person, placed.row)):
        row, people = found
        who = "someone who liked it liked this" if people == 1 else f"{people} people who liked it liked this"
        return Reason(family, value, f"because you liked {{post}} and {who}", int(catalogue.ids[row]), people)
    return Reason(family, value, _said(ask, placed, family))


def _interest(ask: Asked, row: int) -> str:
    """What the interest nearest to a post is about, in a word or two."""
    catalogue = ask.learner.catalogue
    if not ask.who.taste.interests:
        return ""
    best = max(ask.who.taste.interests, key=lambda one: float(one.centre @ catalogue.vectors[row]))
    common = Counter(topic for one in best.rows for topic in catalogue.topics_of(one))
    return ", ".join(label(topic) for topic, times in common.most_common(2) if times * 3 >= len(best.rows))


def _said(ask: Asked, placed: Placed, name: str) -> str:
    """A term in words."""
    kind, _, rest = name.partition(" ")
    if kind == "wish":
        section, _, number = rest.partition(" ")
        wish = (ask.recipe.more if section == "more" else ask.recipe.less)[int(number)]
        return f"from your note: {section} {wish.words}"
    if kind == "knob":
        return f"you turned “{rest.replace('_', ' ')}” {'up' if placed.terms[name] > 0 else 'down'}"
    if name == "new_here":
        shown = int(ask.learner.counts.shown[placed.row])
        return f"new here: shown to {shown} {'person' if shown == 1 else 'people'} so far"
    fixed = {
        "dial": "where your dial between handmade and AI stands", "author again": "its author stands further up on this page",
        "quiet": "small things: length, language, how often it was shown", "liked": "like a post you liked", "interest": "close to what you take to",
        "co_liked": "liked by people who liked what you liked",
    }  # fmt: skip
    return fixed.get(name) or WORDS.get(name) or AGAINST.get(name) or name.replace("_", " ")
