"""What of the signals that may be learned from is learned from: nothing that looks private, nothing twice, of nobody too much, and a fifth of the
people kept apart, whom new versions are examined with. A pure function: the same signals give the same dataset."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from bowerbird.learning.datasets.item import Item, Left
from bowerbird.social import private_data

PERSON_MAX = 200  # items of one person
SHARE_MAX, SHARE_FROM = 0.1, 10  # of all, once so many people teach
FEW = 10  # of anybody, however large their part
COPIES_MAX = (
    4  # of the very same from different people: what was seen sixteen times was memorised in our trials, four times was not
)
HELD_OUT_OF = 5  # one person in so many is kept apart
LIMITS = {
    "items_of_a_person": PERSON_MAX, "share_of_a_person": SHARE_MAX, "copies_of_a_text": COPIES_MAX, "people_held_out": 1 / HELD_OUT_OF,
}  # fmt: skip
Split = Literal["train", "held_out"]


@dataclass(frozen=True, slots=True)
class Kept:
    """An item with the part of the dataset it is in, and the name of its person in it."""

    item: Item
    split: Split
    person: str


def person_key(secret: str, person_id: int) -> str:
    """What somebody is called in a dataset: 16 hex digits that say nothing outside this house."""
    return hmac.new(secret.encode(), str(person_id).encode(), hashlib.sha256).hexdigest()[:16]


def apart(name: str) -> bool:
    """Whether somebody is kept for the exam: for good, so that nothing that was learned from them is ever examined with them."""
    return int(name[:8], 16) % HELD_OUT_OF == 0


def sift(items: Sequence[Item], key: Callable[[int], str]) -> tuple[list[Kept], list[Left]]:
    """(what is kept, oldest first; what is left out). `key` names people."""
    kept: list[Item] = []
    left: list[Left] = []
    own = set[tuple[int, str]]()
    copies, of_person = Counter[str](), Counter[int]()
    for item in sorted(items, key=lambda one: one.event_ids, reverse=True):  # the newest word of somebody is the one that counts
        likeness = item.likeness
        if any(private_data.found(text) for text in item.words):
            reason = "personal_data"
        elif (item.person_id, likeness) in own:
            reason = "repeated"
        elif copies[likeness] >= COPIES_MAX:
            reason = "said_by_many"
        elif of_person[item.person_id] >= PERSON_MAX:
            reason = "enough_of_yours"
        else:
            own.add((item.person_id, likeness))
            copies[likeness] += 1
            of_person[item.person_id] += 1
            kept.append(item)
            continue
        left.append(_left(item, reason))
    kept, too_much = _shared_out(kept)
    ready, in_exam = _split(kept, key)
    ready.sort(key=lambda one: one.item.event_ids)
    return ready, sorted([*left, *too_much, *in_exam], key=lambda one: one.event_id)


def _shared_out(newest_first: list[Item]) -> tuple[list[Item], list[Left]]:
    """Nobody is more than SHARE_MAX of it, once SHARE_FROM people teach."""
    people = {item.person_id for item in newest_first}
    if len(people) < SHARE_FROM:
        return newest_first, []
    most = max(FEW, int(len(newest_first) * SHARE_MAX))
    kept: list[Item] = []
    left: list[Left] = []
    so_far = Counter[int]()
    for item in newest_first:
        so_far[item.person_id] += 1
        if so_far[item.person_id] <= most:
            kept.append(item)
        else:
            left.append(_left(item, "enough_of_yours"))
    return kept, left


def _split(items: Sequence[Item], key: Callable[[int], str]) -> tuple[list[Kept], list[Left]]:
    """By person, then by question and picture: what new versions are examined with, none of them has seen, by whomever it was asked."""
    names = {item.person_id: key(item.person_id) for item in items}
    examiners = {person_id for person_id, name in names.items() if apart(name)}
    asked = {one for item in items if item.person_id in examiners for one in item.shared}
    kept: list[Kept] = []
    left: list[Left] = []
    for item in items:
        if item.person_id in examiners:
            kept.append(Kept(item, "held_out", names[item.person_id]))
        elif not asked.isdisjoint(item.shared):
            left.append(_left(item, "kept_for_the_exam"))
        else:
            kept.append(Kept(item, "train", names[item.person_id]))
    return kept, left


def _left(item: Item, reason: str) -> Left:
    return Left(item.event_ids[0], item.person_id, item.item_kind, item.item_id, reason)
