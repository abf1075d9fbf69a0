"""One subject beside, on, in, under or behind another; in somebody's hand or before a reader's eyes."""

from __future__ import annotations

import numpy as np

from . import drawings
from .figures import Placed, crest
from .natural import (
    CONTAINERS,
    ENCLOSED,
    GLASS,
    MASTED,
    OVERHEAD,
    PLAYED,
    RAISED,
    READABLE,
    SEATS,
    SPECTACLES,
    VASES,
    WORN,
    is_one_of,
    size_of,
)
from .scene import Scene, Subject
from .stage import Stage


def reader_of(scene: Scene, index: int, heads: dict[int, Placed]) -> Placed | None:
    """Whoever reads what this subject is, if it is something to read."""
    if not is_one_of(READABLE, scene.subjects[index].noun):
        return None
    return next((h for i, h in heads.items() if scene.subjects[i].pose == "reading"), None)


def held_open(one: Placed, reader: Placed) -> None:
    """A book in front of whoever reads it."""
    _shrunk(one, 0.58 * reader.width / max(1.0, one.width))
    _carried(one, reader, reader.x, reader.foot - reader.height * 0.04)
    one.leader, one.tilt = reader.subject, 0.0


def relate(stage: Stage, rng: np.random.Generator, one: Placed, to: Placed, subject: Subject) -> None:
    """Stand in the asked relation to `to`. The scene's own words win over habit, but never over the frame."""
    side = 1.0 if rng.random() < 0.5 else -1.0
    one.leader = to.subject
    whom = stage.scene.subjects[to.subject]
    match subject.place:
        case "left_of" | "right_of" | "beside" | "left" | "right":
            side = {"left_of": -1.0, "left": -1.0, "right_of": 1.0, "right": 1.0}.get(subject.place, side)
            one.x = to.x + side * (0.52 * (one.width + to.width) + 0.02 * stage.unit)
            one.mirror = side > 0
            if not one.floating:
                one.foot, one.depth = to.foot + 0.004 * stage.h, max(0.0, to.depth - 0.01)
        case "behind":
            one.depth = min(0.9, to.depth + 0.14)
            one.x, one.foot = to.x + side * 0.42 * to.width, to.foot - 0.05 * stage.h
        case "in_front":
            one.depth = max(0.0, to.depth - 0.12)
            one.x, one.foot = to.x + side * 0.24 * to.width, to.foot + 0.05 * stage.h
        case "above":
            one.floating, one.depth = True, max(0.0, to.depth - 0.01)
            one.x, one.foot = to.x, to.foot - to.height - 0.05 * stage.unit
        case "under":
            _under(stage, one, to, side)
        case "around":
            one.x, one.foot, one.depth = to.x, to.foot, max(0.0, to.depth - 0.01)
        case "on":
            _on(stage, one, to, subject, whom)
        case "holding":
            _in_hand(one, to, subject)
        case "inside":
            _inside(stage, one, to, whom, subject)
        case _:
            pass


def _in_hand(one: Placed, to: Placed, subject: Subject) -> None:
    """At the hand; an umbrella over the head, a balloon or kite above it, an instrument across the body."""
    side = -1.0 if not to.mirror else 1.0
    if is_one_of(OVERHEAD, subject.noun):
        _shrunk(one, 0.78 * to.height / max(1.0, one.height, one.width))
        _carried(one, to, to.x + side * 0.20 * to.width, to.foot - to.height * 0.52)
        one.tilt = 0.14 * side
    elif is_one_of(RAISED, subject.noun):
        _shrunk(one, 0.62 * to.height / max(1.0, one.height, one.width))
        _carried(one, to, to.x + side * 0.46 * to.width, to.foot - to.height * 0.62)
    else:
        share = 0.60 if is_one_of(PLAYED, subject.noun, subject.drawn_as) else 0.40
        _shrunk(one, share * to.height / max(1.0, one.height, one.width))
        _carried(one, to, to.x + side * (0.16 if share > 0.5 else 0.38) * to.width, to.foot - to.height * 0.13)


def _shrunk(one: Placed, share: float) -> None:
    one.width, one.height = one.width * min(1.0, share), one.height * min(1.0, share)


def _carried(one: Placed, to: Placed, x: float, foot: float, nearer: float = 0.005) -> None:
    one.x, one.foot = x, foot
    one.depth, one.floating, one.sunk = max(0.0, to.depth - nearer), True, 0.0


def _under(stage: Stage, one: Placed, to: Placed, side: float) -> None:
    """Below something tall: at its foot, a little aside. Below something low: that is lifted above."""
    one.depth, one.floating = max(0.0, to.depth - 0.06), False
    if to.height > one.height * 1.25 and not to.floating:
        one.x, one.foot = to.x + side * min(0.22 * to.width, 0.16 * stage.w), to.foot + 0.03 * stage.h
        return
    one.x = to.x
    to.floating, to.foot = True, one.foot - one.height - 0.03 * stage.unit


def _on(stage: Stage, one: Placed, to: Placed, subject: Subject, whom: Subject) -> None:
    """On top: hats on heads, others where the thing below is highest and broad enough."""
    dx, broad, drop = crest(stage, whom)
    dx = -dx if to.mirror else dx
    if is_one_of(SPECTACLES, subject.noun):
        _shrunk(one, 0.50 * to.width / max(one.width, 1.0))
        _carried(one, to, to.x + (0.0 if abs(dx) < 0.2 else dx * to.width), to.foot - to.height * 0.70)
        one.tilt, one.mirror = one.tilt + to.tilt, to.mirror
        return
    if is_one_of(WORN, subject.noun):
        _shrunk(one, max(0.30, min(0.62, broad * 1.25)) * to.width / max(one.width, 1.0))
        _carried(one, to, to.x + dx * to.width, to.foot - to.height + one.height * 0.22)
        one.tilt, one.mirror = one.tilt + to.tilt, to.mirror
        return
    if size_of(subject.noun) <= 1.2 * size_of(whom.noun):
        _shrunk(one, 0.85 * to.width / max(one.width, 1.0))
    if is_one_of(SEATS, whom.drawn_as):
        drop, dx, broad = 0.42 if to.height > 0.6 * to.width else 0.30, 0.0, 1.0
    rides = (
        is_one_of(SEATS, whom.drawn_as)
        and subject.pose == "standing"
        and size_of(subject.noun) >= 0.9
        and not is_one_of(WORN, subject.noun)
    )
    flat = broad > 0.5 or abs(dx) < 0.12 or drop < 0.25
    _carried(one, to, to.x + (0.0 if flat else dx * to.width), to.foot - to.height * (0.97 - min(0.6, drop) if flat else 0.93))
    one.sunk = 0.17 if rides else 0.0  # legs are out of sight on the far side, or under the seat


def _inside(stage: Stage, one: Placed, to: Placed, whom: Subject, subject: Subject) -> None:
    """Looking out of a vessel, standing at a building's door, or in the midst of many small things."""
    if is_one_of(CONTAINERS, whom.drawn_as):
        # A vessel must be seen as one: it becomes the large thing, whatever it is in nature.
        if max(to.height, to.width) < 0.36 * stage.unit:
            grow = 0.36 * stage.unit / max(to.height, to.width)
            to.width, to.height = to.width * grow, to.height * grow
        if to.height > 0.9 * to.width and is_one_of(MASTED, whom.drawn_as):  # under the sail, in the basket
            _shrunk(one, 0.34 * to.height / max(one.height, 1.0))
            _carried(one, to, to.x - 0.10 * to.width, to.foot - to.height * 0.13)
            return
        _shrunk(one, 0.72 * to.width / max(one.width, 1.0))
        _shrunk(one, 1.25 * to.height / max(one.height, 1.0))
        if is_one_of(VASES, whom.drawn_as) and drawings.index().group(subject.drawing) == "plant":
            one.height, one.width = one.height * 0.62 * to.height / one.height, one.width * 0.62 * to.height / one.height
            _carried(one, to, to.x, to.foot - to.height * 0.62, -0.01)
            one.bouquet = True
            return
        if is_one_of(GLASS, whom.noun, whom.drawn_as) and not is_one_of(VASES - GLASS, whom.drawn_as):
            _shrunk(one, min(0.62 * to.width / max(one.width, 1.0), 0.52 * to.height / max(one.height, 1.0)))
            _carried(one, to, to.x, to.foot - to.height * 0.12)
            return
        narrow = to.height > 1.15 * to.width  # a vase, a bottle: out of its neck
        rim = 0.05 if narrow else 0.24
        _carried(one, to, to.x, to.foot - to.height * (1 - rim))
        one.sunk, one.rim = (0.30 if narrow else 0.40), True
    elif is_one_of(ENCLOSED, whom.drawn_as):
        _shrunk(one, 0.42 * to.height / max(1.0, one.height))
        _carried(one, to, to.x, to.foot + 0.004 * stage.h)
    else:
        one.x, one.foot, one.depth = to.x, to.foot - 0.012 * stage.h, min(0.9, to.depth + 0.02)
        if whom.count > 2:
            to.width, to.height = to.width * 0.6, to.height * 0.6


def side_by_side(scene: Scene, heads: dict[int, Placed]) -> None:
    """Several that were put in the same relation to one thing share its breadth instead of one spot."""
    groups: dict[tuple[int, str], list[Placed]] = {}
    for index, head in heads.items():
        if head.leader is not None:
            groups.setdefault((head.leader, scene.subjects[index].place), []).append(head)
    for (leader, _), group in groups.items():
        if len(group) < 2:
            continue
        total = sum(one.width for one in group) * 0.94
        room = max(heads[leader].width * 1.05, total * 0.72)
        shrink = min(1.0, room / max(1.0, total))
        x = sum(one.x for one in group) / len(group) - total * shrink / 2
        for one in group:
            one.width, one.height = one.width * shrink, one.height * shrink
            one.x = x + one.width * 0.47
            x += one.width * 0.94
