"""One person's taste: what they took to and what they turned away from, as a pure function of the acts that stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.acts import STRENGTH, Act
from bowerbird.feed.catalogue import DIMENSIONS, Catalogue, Floats

POSITIVES_MAX, NEGATIVES_MAX = 200, 100
INTERESTS_MAX = 8
SAME_INTEREST_COSINE = 0.4
NEWEST_DAMPING = 0.5  # what the newest act alone may say: a published setting (values.toml repeats it in words)
FADING = 0.985  # each later act makes the ones before it weigh a little less


@dataclass(frozen=True, slots=True)
class Liking:
    """A post somebody took to, or turned away from: the row, how strongly in all, and the latest act that said so."""

    row: int
    strength: float
    act_id: int
    at_ms: int


@dataclass(frozen=True, slots=True)
class Interest:
    """Posts somebody liked that mean alike: their middle, of length one, and how much speaks for it."""

    centre: Floats
    evidence: float  # strengths together, faded
    rows: tuple[int, ...]
    act_ids: tuple[int, ...]

    @property
    def confidence(self) -> float:
        """0 to 1: one act is weak evidence."""
        return self.evidence / (self.evidence + 2.0)


@dataclass(slots=True)
class Taste:
    """What a person's acts come to. Made anew when an act comes or goes."""

    liked: list[Liking]  # oldest first
    turned_from: list[Liking]
    interests: list[Interest]
    authors: dict[int, float]  # by the author's row: k / (k + 2), negative for those turned away from
    topics: dict[int, float]  # by the topic's number, the same
    talked_with: set[int]  # author rows
    pictures: float  # share of what was liked that has pictures, minus a half
    remixes: float
    generated: float
    by_hand: float


def standing(acts: Iterable[Act]) -> list[Act]:
    """Acts that were not taken back, one for each post (or person) and kind: the latest. Oldest first."""
    last: dict[tuple[int, int, str], Act] = {}
    for act in acts:
        key = (act.post_id, act.author_id if not act.post_id else 0, act.kind)
        last.pop(key, None)
        if not act.undone:
            last[key] = act
    return list(last.values())


def read(acts: list[Act], catalogue: Catalogue) -> Taste:
    """The taste behind acts (sorted by id)."""
    stand = standing(acts)
    dwells = sorted(act.seconds for act in stand if act.kind == "dwell")
    median_s = dwells[len(dwells) // 2] if dwells else 0.0
    sums: dict[int, Liking] = {}
    authors: dict[int, float] = {}
    talked_with: set[int] = set()
    for act in stand:
        row = catalogue.row_of.get(act.post_id, -1)
        if row < 0:
            if act.author_id and act.kind == "follow":
                author = catalogue.author(act.author_id)
                authors[author] = authors.get(author, 0.0) + 1.5
            continue
        strength = STRENGTH.get(act.kind, 0.0)
        if act.kind == "dwell" and (act.seconds <= median_s or act.seconds < 2.0):
            strength = 0.0
        if not strength:
            continue
        before = sums.pop(row, None)
        sums[row] = Liking(row, strength + (before.strength if before else 0.0), act.id, act.at_ms)
        author = int(catalogue.authors[row])
        authors[author] = authors.get(author, 0.0) + strength
        if act.kind == "reply":
            talked_with.add(author)
    liked = [one for one in sums.values() if one.strength > 0][-POSITIVES_MAX:]
    turned_from = [one for one in sums.values() if one.strength < 0][-NEGATIVES_MAX:]
    return _taste(liked, turned_from, authors, talked_with, catalogue)


def _taste(
    liked: list[Liking], turned_from: list[Liking], authors: dict[int, float], talked_with: set[int], catalogue: Catalogue
) -> Taste:
    topics: dict[int, float] = {}
    for one in (*liked, *turned_from):
        for number in catalogue.topics[one.row]:
            if number:
                topics[int(number)] = topics.get(int(number), 0.0) + max(-2.0, min(2.0, one.strength))
    rows = [one.row for one in liked]
    count = len(rows)

    def share(chosen: NDArray[np.bool_]) -> float:
        return (float(np.sum(chosen)) + 1.0) / (count + 2.0) - 0.5 if count else 0.0

    return Taste(
        liked=liked, turned_from=turned_from, interests=interests(liked, catalogue),
        authors={author: _evidence(k) for author, k in authors.items() if k},
        topics={number: _evidence(k) for number, k in topics.items() if k},
        talked_with=talked_with,
        pictures=share(catalogue.pictures[rows] > 0), remixes=share(catalogue.is_remix[rows]),
        generated=share(np.isin(catalogue.provenance[rows], (1, 2))), by_hand=share(np.isin(catalogue.provenance[rows], (3, 4))),
    )  # fmt: skip


def _evidence(k: float) -> float:
    return k / (abs(k) + 2.0)


def interests(liked: list[Liking], catalogue: Catalogue) -> list[Interest]:
    """At most INTERESTS_MAX groups of likings that mean alike, in the order they came up: each joins the nearest group, or begins one."""
    sums = np.zeros((INTERESTS_MAX, DIMENSIONS), np.float64)
    evidence = np.zeros(INTERESTS_MAX)
    members: list[list[Liking]] = []
    for place, one in enumerate(liked):
        vector = catalogue.vectors[one.row].astype(np.float64)
        if not vector.any():
            continue
        strength = min(one.strength, 3.0) * FADING ** (len(liked) - 1 - place)
        if place == len(liked) - 1:
            strength *= NEWEST_DAMPING
        used = len(members)
        norms = np.linalg.norm(sums[:used], axis=1) if used else np.zeros(0)
        cosines = sums[:used] @ vector / np.maximum(norms, 1e-9) if used else np.zeros(0)
        best = int(np.argmax(cosines)) if used else -1
        if best < 0 or (cosines[best] < SAME_INTEREST_COSINE and used < INTERESTS_MAX):
            best = used
            members.append([])
        sums[best] += strength * vector
        evidence[best] += strength
        members[best].append(one)
    return [
        Interest(
            (sums[n] / max(1e-9, float(np.linalg.norm(sums[n])))).astype(np.float32), float(evidence[n]),
            tuple(one.row for one in group), tuple(one.act_id for one in group),
        )
        for n, group in enumerate(members)
    ]  # fmt: skip
