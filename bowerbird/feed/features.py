"""Every number a post is ranked by, by name and in one order. Serving and training read the same rows: a slate is kept with its features."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.acts import HEADS
from bowerbird.feed.catalogue import PROVENANCES, Catalogue, Floats, Provenance, Rows
from bowerbird.feed.counts import HALF_LIFE_NAMES, Counts
from bowerbird.feed.neighbours import Neighbours
from bowerbird.feed.readers import Reader
from bowerbird.feed.tastes import NEWEST_DAMPING
from bowerbird.feed.values import values

NAMES: tuple[str, ...] = tuple(values().features)
FRESH_H = {"fresh_1h": 1, "fresh_6h": 6, "fresh_1d": 24, "fresh_3d": 72, "fresh_7d": 168}
STRETCH = 300.0  # a strength of one in so many begins to say something
LIFT = 3.0  # logarithms of odds are divided by it, so that features are of one size: no head learns what is ten times smaller than the rest
SIMILAR_MIN = 0.25  # below it two meanings have nothing to do with each other, and what is left is noise
Vector = NDArray[Any]  # numbers or truths, one a post


def of(who: Reader, rows: Rows, catalogue: Catalogue, counts: Counts, neighbours: Neighbours) -> Floats:
    """[posts, features] float32, in the order of NAMES."""
    named: dict[str, Vector] = {}
    named.update(_likeness(who, rows, catalogue))
    named.update(_company(who, rows, catalogue, neighbours))
    named.update(_reception(who, rows, catalogue, counts))
    named.update(_nature(who, rows, catalogue))
    x = np.empty((len(NAMES), len(rows)), np.float32)
    for place, name in enumerate(NAMES):
        x[place] = named[name]
    return np.ascontiguousarray(x.T)


def _likeness(who: Reader, rows: Rows, catalogue: Catalogue) -> dict[str, Vector]:
    taste, vectors = who.taste, catalogue.vectors[rows]
    nothing = np.zeros(len(rows))
    near = nothing
    if taste.interests:
        centres = np.stack([one.centre for one in taste.interests], axis=1)
        near = np.max(_similar(vectors @ centres) * [one.confidence for one in taste.interests], axis=1)
    damped = [1.0] * (len(taste.liked) - 1) + [NEWEST_DAMPING] if taste.liked else []
    liked = _nearest(vectors, catalogue.vectors[[one.row for one in taste.liked[-50:]]], damped[-50:])
    turned_from = _nearest(vectors, catalogue.vectors[[one.row for one in taste.turned_from]], [1.0] * len(taste.turned_from))
    topics = catalogue.topics[rows]
    # looked up as an array over topic numbers: a post has twelve at most
    known = np.zeros(len(catalogue.topic_names.names))
    for number, value in taste.topics.items():
        known[number] = value
    felt = known[topics]
    trees = {int(catalogue.roots[one.row]) for one in taste.liked} - {0}
    return {
        "near_interest": near, "near_interest_warm": near * who.experience, "near_liked": liked,
        "near_turned_from": np.where(turned_from > 0.5, turned_from, 0.0),
        "topics_liked": np.clip(felt, 0, None).max(axis=1), "topics_turned_from": np.clip(-felt, 0, None).max(axis=1),
        "same_tree": np.isin(catalogue.roots[rows], list(trees)).astype(float) if trees else nothing,
        "nightly": np.clip(who.foretold.fits(rows), 0.0, 1.0), "nightly_goes_with": _told(_looked_up(rows, who.foretold.rows, who.foretold.strength)),
        "likes_pictures": taste.pictures * (catalogue.pictures[rows] > 0), "likes_words": -taste.pictures * (catalogue.pictures[rows] == 0),
        "likes_remixes": taste.remixes * catalogue.is_remix[rows], "likes_generated": taste.generated * _is(catalogue, rows, "generated", "edited"),
        "likes_by_hand": taste.by_hand * _is(catalogue, rows, "by_hand", "camera"),
    }  # fmt: skip


def _similar(cosines: Floats) -> Vector:
    return np.clip((cosines - SIMILAR_MIN) / (1 - SIMILAR_MIN), 0.0, 1.0).astype(np.float64)


def _nearest(vectors: Floats, others: Floats, weights: list[float]) -> Vector:
    if not len(others):
        return np.zeros(len(vectors))
    return np.max(_similar(vectors @ others.T) * np.array(weights), axis=1)


def _company(who: Reader, rows: Rows, catalogue: Catalogue, neighbours: Neighbours) -> dict[str, Vector]:
    authors = catalogue.authors[rows]
    by_account = catalogue.author_row
    felt = _by_author(catalogue, who.taste.authors)[authors]
    follows = _by_author(catalogue, {by_account[id_]: 1.0 for id_ in who.ties.follows if id_ in by_account})[authors]
    friends = who.ties.followed_by_follows
    known = {by_account[id_]: math.log1p(times) / 3 for id_, times in friends.items() if id_ in by_account}
    together = _told(_looked_up(rows, who.co_liked.rows, who.co_liked.strength))
    people = _looked_up(rows, who.co_liked.rows, who.co_liked.people)
    onward = _told(_looked_up(rows, who.sequels.rows, who.sequels.strength))
    return {
        "co_liked": together, "co_liked_people": np.log1p(people) / 5, "co_liked_warm": together * who.experience,
        "sequel": onward, "sequel_cold": onward * (1 - who.experience),
        "follows_author": follows, "follows_cold": follows * (1 - who.experience),
        "author_liked": np.clip(felt, 0, None), "author_turned_from": np.clip(-felt, 0, None),
        "talks_with": _by_author(catalogue, dict.fromkeys(who.taste.talked_with, 1.0))[authors],
        "friends_follow": _by_author(catalogue, known)[authors],
        "friends_liked": np.log1p(_looked_up(rows, *neighbours.liked_by(who.ties.follows))) / 2,
    }  # fmt: skip


def _told(strength: Vector) -> Vector:
    """A strength from 0 to 1 by its logarithm: twice as many who say so add as much to the odds wherever it begins."""
    return np.log1p(STRETCH * strength) / math.log1p(STRETCH)


def _looked_up(rows: Rows, known: NDArray[Any], numbers: NDArray[Any]) -> Vector:
    """For each of `rows` its number, 0 where nothing is known of it. No array over all posts: there may be a million."""
    if not len(known):
        return np.zeros(len(rows))
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known, rows, sorter=order), len(known) - 1)
    found = order[place]
    return np.where(known[found] == rows, numbers[found], 0).astype(np.float64)


def _by_author(catalogue: Catalogue, known: Mapping[int, float]) -> Vector:
    """A number for every author: what is known of some, nothing of the others."""
    found = np.zeros(len(catalogue.author_ids) + 1)
    found[list(known)] = list(known.values())
    return found


def _reception(who: Reader, rows: Rows, catalogue: Catalogue, counts: Counts) -> dict[str, Vector]:
    lifts = counts.lifts(rows, who.now_ms) / LIFT
    named: dict[str, Vector] = {}
    for number, half_life in enumerate(HALF_LIFE_NAMES):
        for head in ("like", "remix", "reply", "share", "dwell", "hide", "report"):
            if f"rate_{head}_{half_life}" in NAMES:
                named[f"rate_{head}_{half_life}"] = lifts[:, number, HEADS.index(head)]
    shown = counts.shown[rows]
    author_lifts = counts.author_lifts(rows) / LIFT
    author_shown = counts.authors[catalogue.authors[rows], 0] / 16
    public = np.log1p(np.clip(catalogue.public[rows], 0, None)) / 5
    newcomer = 1 - who.experience
    return named | {
        "shown_log": np.log1p(shown) / 8, "unproven": 1 / (1 + shown / 20), "author_unproven": 1 / (1 + author_shown / 50),
        "author_rate_like": author_lifts[:, HEADS.index("like")], "author_rate_hide": author_lifts[:, HEADS.index("hide")],
        "public_likes": public[:, 0], "public_boosts": public[:, 1], "public_replies": public[:, 2],
        "received_cold": lifts[:, -1, HEADS.index("like")] * newcomer, "public_cold": public[:, 0] * newcomer,
    }  # fmt: skip


def _nature(who: Reader, rows: Rows, catalogue: Catalogue) -> dict[str, Vector]:
    age_h = np.clip((who.now_ms - catalogue.born_ms[rows]) / 3_600_000, 0, None)
    fresh = {name: np.exp(-age_h / hours) for name, hours in FRESH_H.items()}
    pictures, words = catalogue.pictures[rows], catalogue.words[rows]
    languages = catalogue.language_names.known(who.ties.languages)
    kinds: dict[str, Vector] = {
        "acts_log": np.full(len(rows), math.log1p(len(who.taste.liked)) / 5), "fresh_cold": fresh["fresh_1d"] * (1 - who.experience),
        "has_picture": pictures > 0, "several_pictures": pictures > 1, "words_only": pictures == 0,
        "long_words": np.minimum(words / 500, 2.0), "is_remix": catalogue.is_remix[rows], "is_poll": catalogue.is_poll[rows],
        "generated": _is(catalogue, rows, "generated", "edited"), "by_hand": _is(catalogue, rows, "by_hand", "camera"),
        "sensitive": catalogue.sensitive[rows], "same_language": np.isin(catalogue.language[rows], [0, *languages]),
    }  # fmt: skip
    return fresh | kinds


def _is(catalogue: Catalogue, rows: Rows, *provenances: Provenance) -> Vector:
    numbers = catalogue.provenance[rows]
    return np.logical_or.reduce([numbers == PROVENANCES.index(one) for one in provenances])
