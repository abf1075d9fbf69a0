"""Where the subjects of a scene stand: focal point, depth, relations, and room to breathe."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .figures import aspect, crest
from .light import celestial
from .natural import AIRBORNE, CONTAINERS, ENCLOSED, FLOATERS, HEAVENLY, READABLE, SWIMMERS, WORN, is_one_of, size_of
from .scene import Scene, Subject
from .stage import Stage
from .worlds.base import World

_SIZE = {"tiny": 0.42, "small": 0.64, "medium": 1.0, "large": 1.42, "huge": 1.95}
_FRAME = {"wide": 0.78, "medium": 1.0, "close": 1.5, "portrait": 1.32, "pattern": 0.5}
_BASE = 0.44  # how tall a lone, medium thing of a person's size stands, in units
_MARGIN = 0.045


@dataclass(slots=True)
class Placed:
    """One copy of a subject: centre `x` and `foot` in pixels, `width` and `height` in pixels, `depth` 1 far .. 0 near."""

    subject: int
    copy: int
    x: float
    foot: float
    width: float
    height: float
    depth: float
    mirror: bool
    tilt: float = 0.0
    floating: bool = False
    sunk: float = 0.0  # share of the height under water or behind something
    afloat: bool = False  # lying in water
    leader: int | None = None  # the subject this one keeps its distance to


def composed(stage: Stage, world: World) -> list[Placed]:
    """Every copy of every subject, placed; deterministic in the stage's seed."""
    scene = stage.scene
    if scene.composition == "pattern" and scene.subjects and not world.grounded:
        return _pattern(stage)
    rng = stage.rng("composition")
    heads: dict[int, Placed] = {}
    sky_light = celestial(scene)
    for index in _in_order(scene):
        subject = scene.subjects[index]
        if subject is sky_light:
            continue  # it is painted with the sky
        head = _alone(stage, world, rng, index, subject)
        reader = _reader(scene, index, heads)
        if reader is not None:
            _shrunk(head, 0.58 * reader.width / max(1.0, head.width))
            _carried(head, reader, reader.x, reader.foot - reader.height * 0.04)
            head.leader, head.tilt = reader.subject, 0.0
        elif subject.of is not None and subject.of in heads:
            _relate(stage, rng, head, heads[subject.of], subject)
        heads[index] = head
    _side_by_side(scene, heads)
    _spread(stage, scene, heads)
    _fit(stage, scene, heads)
    out: list[Placed] = []
    for index, head in heads.items():
        out += _copies(stage, world, stage.rng(f"copies{index}"), head, scene.subjects[index], heads)
    return out


def _reader(scene: Scene, index: int, heads: dict[int, Placed]) -> Placed | None:
    """Whoever reads what this subject is, if it is something to read."""
    if not is_one_of(READABLE, scene.subjects[index].noun):
        return None
    return next((h for i, h in heads.items() if scene.subjects[i].pose == "reading"), None)


def _pattern(stage: Stage) -> list[Placed]:
    """A half-drop repeat: every subject takes its turn over the whole sheet."""
    subjects = stage.scene.subjects
    rng = stage.rng("pattern")
    columns = max(3, round(4.2 * stage.across))
    cell = stage.w / columns
    out: list[Placed] = []
    for column in range(-1, columns + 1):
        for row in range(-1, int(stage.h / cell) + 2):
            index = (column + 2 * row) % len(subjects)
            ratio = aspect(stage, subjects[index])
            size = cell * {"tiny": 0.45, "small": 0.58, "medium": 0.70, "large": 0.84, "huge": 0.95}.get(
                subjects[index].size, 0.7
            )
            height = size / max(1.0, ratio)
            y = (row + (0.5 if column % 2 else 0.0) + 0.5) * cell
            out.append(Placed(index, len(out), (column + 0.5) * cell + rng.normal(0, 0.02) * cell, y + height / 2, height * ratio, height, 0.2,
                              bool(rng.random() < 0.5), rng.normal(0, 0.22), True))  # fmt: skip
    return out


def _in_order(scene: Scene) -> list[int]:
    """Subjects after those they refer to; a circle is broken where it closes."""
    done: list[int] = []
    pending = sorted(range(len(scene.subjects)), key=lambda i: scene.subjects[i].pose != "reading")
    while pending:
        ready = [
            i
            for i in pending
            if scene.subjects[i].of is None or scene.subjects[i].of in done or scene.subjects[i].of not in pending
        ]
        for i in ready or pending[:1]:
            done.append(i)
            pending.remove(i)
    return done


def _alone(stage: Stage, world: World, rng: np.random.Generator, index: int, subject: Subject) -> Placed:
    scene = stage.scene
    names = (subject.noun, subject.drawn_as)
    several = len(scene.subjects) > 1
    natural = size_of(*names) ** (0.74 if several else 0.30)
    depth = {"far": 0.72, "near": 0.02, "behind": 0.34, "in_front": 0.06}.get(subject.place, 0.16 + 0.08 * rng.random())
    size = _BASE * _SIZE.get(subject.size, 1.0) * _FRAME.get(scene.composition, 1.0) * natural * world.size
    size *= max(1, subject.count) ** -0.24 * (1.0 if len(scene.subjects) < 2 else len(scene.subjects) ** -0.16)
    size = max(size, 0.15 if subject.size == "tiny" else 0.19) * world.scale(depth) / world.scale(0.2)
    ratio = aspect(stage, subject)
    size = min(size, 0.86 * stage.down, 0.9 * stage.across / max(0.2, min(ratio, 1.0 / max(ratio, 0.2) * ratio)))
    height = size * stage.unit / max(1.0, ratio**0.55)
    free = not several and scene.composition != "portrait"
    side = (0.5 - stage.light.x) * 0.22 if free else 0.0
    x = {"left": 0.26, "right": 0.74}.get(subject.place, 0.5 + side + (rng.normal(0, 0.025) if free else 0.0))
    floating = (
        not world.grounded
        or subject.pose in ("flying", "jumping")
        or (is_one_of(AIRBORNE, *names) and subject.pose != "sleeping")
    )
    floating = floating or subject.place == "above" or is_one_of(HEAVENLY, *names)
    placed = Placed(
        index,
        0,
        x * stage.w,
        0.0,
        height * ratio,
        height,
        depth,
        (bool(rng.random() < 0.5) and x > 0.4) or x > 0.66,
        floating=floating,
    )
    placed.foot = _footing(stage, world, rng, placed, subject)
    _pose(world, rng, placed, subject)
    return placed


def _footing(stage: Stage, world: World, rng: np.random.Generator, placed: Placed, subject: Subject) -> float:
    if subject.place == "above":
        return 0.30 * stage.h + placed.height * 0.5
    if is_one_of(HEAVENLY, subject.noun, subject.drawn_as):
        return 0.24 * stage.h + placed.height * 0.5
    if placed.floating and world.grounded:
        lift = 0.16 if subject.pose == "jumping" else 0.0
        if lift:
            return world.ground(placed.x / stage.w, placed.depth) * stage.h - lift * placed.height
        return (0.40 + 0.04 * rng.normal()) * stage.h + placed.height * 0.5
    if placed.floating:
        middle = {"below": 0.74, "under": 0.74}.get(subject.place, 0.52)
        return middle * stage.h + placed.height * 0.5
    if world.water is not None and _afloat(world, subject):
        far, near = world.water
        placed.depth = max(placed.depth, 0.32 if world.footing != world.water else 0.0)
        return (near + (far - near) * placed.depth) * stage.h
    return world.ground(placed.x / stage.w, 0.0 if subject.place == "below" else placed.depth) * stage.h


def _pose(world: World, rng: np.random.Generator, placed: Placed, subject: Subject) -> None:
    names = (subject.noun, subject.drawn_as)
    sway = 1.0 if rng.random() < 0.5 else -1.0
    if subject.pose == "flying":
        placed.tilt = -0.16 * sway
    elif subject.pose in ("leaning", "dancing"):
        placed.tilt = 0.17 * sway
    elif subject.pose == "upside_down":
        placed.tilt = math.pi
    elif subject.pose == "jumping":
        placed.tilt = -0.10 * sway
    elif subject.pose == "peeking":
        placed.sunk = 0.38 if world.grounded else 0.0
    if _afloat(world, subject) and not placed.floating:
        placed.afloat = True
        placed.sunk = 0.07 if is_one_of(FLOATERS, *names) else 0.34
    elif subject.pose == "swimming":
        placed.tilt = 0.12 * sway


def _afloat(world: World, subject: Subject) -> bool:
    """Whether the subject lies in this world's water."""
    if world.water is None or not world.grounded:
        return False
    return subject.pose == "swimming" or is_one_of(SWIMMERS | FLOATERS, subject.noun, subject.drawn_as)


def _relate(stage: Stage, rng: np.random.Generator, one: Placed, to: Placed, subject: Subject) -> None:
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
            hand = -0.38 if not to.mirror else 0.38
            _shrunk(one, 0.36 * to.height / max(1.0, one.height, one.width))
            _carried(one, to, to.x + hand * to.width, to.foot - to.height * 0.16)
        case "inside":
            _inside(stage, one, to, whom)
        case _:
            pass


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
    if is_one_of(WORN, subject.noun):
        _shrunk(one, max(0.30, min(0.62, broad * 1.25)) * to.width / max(one.width, 1.0))
        _carried(one, to, to.x + dx * to.width, to.foot - to.height + one.height * 0.22)
        one.tilt, one.mirror = one.tilt + to.tilt, to.mirror
        return
    if size_of(subject.noun) <= 1.2 * size_of(whom.noun):
        _shrunk(one, 0.85 * to.width / max(one.width, 1.0))
    if is_one_of(SEATS, whom.drawn_as):
        drop, dx, broad = 0.42 if to.height > 0.6 * to.width else 0.30, 0.0, 1.0
    flat = broad > 0.5 or abs(dx) < 0.12 or drop < 0.25
    _carried(one, to, to.x + (0.0 if flat else dx * to.width), to.foot - to.height * (0.97 - min(0.6, drop) if flat else 0.93))


def _inside(stage: Stage, one: Placed, to: Placed, whom: Subject) -> None:
    """Looking out of a vessel, standing at a building's door, or in the midst of many small things."""
    if is_one_of(CONTAINERS, whom.drawn_as):
        # A vessel must be seen as one: it becomes the large thing, whatever it is in nature.
        if max(to.height, to.width) < 0.36 * stage.unit:
            grow = 0.36 * stage.unit / max(to.height, to.width)
            to.width, to.height = to.width * grow, to.height * grow
        _shrunk(one, 0.74 * to.width / max(one.width, 1.0))
        _shrunk(one, 1.05 * to.height / max(one.height, 1.0))
        _carried(one, to, to.x, to.foot - to.height * 0.44, -0.006)
    elif is_one_of(ENCLOSED, whom.drawn_as):
        _shrunk(one, 0.42 * to.height / max(1.0, one.height))
        _carried(one, to, to.x, to.foot + 0.004 * stage.h)
    else:
        one.x, one.foot, one.depth = to.x, to.foot - 0.012 * stage.h, min(0.9, to.depth + 0.02)
        if whom.count > 2:
            to.width, to.height = to.width * 0.6, to.height * 0.6


def _side_by_side(scene: Scene, heads: dict[int, Placed]) -> None:
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


def _spread(stage: Stage, scene: Scene, heads: dict[int, Placed]) -> None:
    """Subjects that nobody placed share the width: the first stands near the middle, others to its sides."""
    loose = [
        h
        for i, h in heads.items()
        if h.leader is None and scene.subjects[i].place in ("centre", "near", "far", "in_front", "behind")
    ]
    standing = [h for h in loose if not (h.floating and is_one_of(HEAVENLY, scene.subjects[h.subject].noun))]
    if len(standing) < 2:
        return
    total = sum(h.width * max(1, scene.subjects[h.subject].count) ** 0.6 for h in standing)
    gap = max(0.0, (stage.w * 0.9 - total) / (len(standing) + 1)) * 0.6
    order = sorted(range(len(standing)), key=lambda k: (k % 2 * 2 - 1) * (k + 1))
    x = (stage.w - total - gap * (len(standing) - 1)) / 2
    for k in order:
        share = standing[k].width * max(1, scene.subjects[standing[k].subject].count) ** 0.6
        before = standing[k].x
        standing[k].x = x + share / 2
        _bring_along(heads, standing[k], standing[k].x - before)
        x += share + gap


def _bring_along(heads: dict[int, Placed], leader: Placed, dx: float) -> None:
    for follower in heads.values():
        if follower.leader == leader.subject:
            follower.x += dx
            _bring_along(heads, follower, dx) if follower.subject != leader.subject else None


def _fit(stage: Stage, scene: Scene, heads: dict[int, Placed]) -> None:
    """Shrink and move the whole group until it stands inside the margins."""
    group = [h for h in heads.values() if not is_one_of(HEAVENLY, scene.subjects[h.subject].noun)]
    if not group:
        return
    left, right = min(h.x - h.width / 2 for h in group), max(h.x + h.width / 2 for h in group)
    top, bottom = min(h.foot - h.height for h in group), max(h.foot for h in group)
    room_w, room_h = stage.w * (1 - 2 * _MARGIN), stage.h * (1 - 2 * _MARGIN)
    shrink = min(1.0, room_w / max(1.0, right - left), room_h / max(1.0, bottom - top))
    middle = (left + right) / 2
    for h in group:
        h.x = (h.x - middle) * shrink + middle
        h.foot = bottom - (bottom - h.foot) * shrink if h.floating else h.foot - (bottom - h.foot) * (shrink - 1)
        h.width, h.height = h.width * shrink, h.height * shrink
    left, right = (left - middle) * shrink + middle, (right - middle) * shrink + middle
    dx = max(0.0, stage.w * _MARGIN - left) - max(0.0, right - stage.w * (1 - _MARGIN))
    top = min(h.foot - h.height for h in group)
    dy = max(0.0, stage.h * _MARGIN - top)
    for h in group:
        h.x, h.foot = h.x + dx, min(h.foot + dy, stage.h * (1.0 if h.depth > 0.05 else 1.02))


def _copies(
    stage: Stage, world: World, rng: np.random.Generator, head: Placed, subject: Subject, heads: dict[int, Placed]
) -> list[Placed]:
    """`count` copies in a loose flock: no two on one spot, sizes and turns a little different."""
    count = max(1, subject.count)
    if count == 1:
        return [head]
    around = subject.place == "around" and head.leader is not None
    centre = heads[head.leader] if around and head.leader is not None else head
    out: list[Placed] = []
    room = min(stage.w * 0.9, head.width * (1.06 * count if count < 4 else 0.78 * count))
    rows = 1 if count < 4 else 2 if count < 9 else 3
    for k in range(count):
        row, column = k % rows, k // rows
        in_row = (count - row + rows - 1) // rows
        t = (column + 0.5 + (0.25 * (row % 2) if rows > 1 else 0)) / in_row - 0.5
        size = 1 + 0.10 * rng.normal(0, 0.7)
        back = row * 0.13 + 0.03 * rng.random()
        depth = min(0.85, max(0.0, head.depth + back - 0.06 * (rows - 1)))
        size *= world.scale(depth) / world.scale(head.depth)
        x = head.x + t * room + rng.normal(0, 0.05) * head.width
        foot = head.foot + (world.ground(0.5, depth) - world.ground(0.5, head.depth)) * stage.h
        if head.floating:
            foot = head.foot + (row - (rows - 1) / 2) * head.height * 0.95 + rng.normal(0, 0.16) * head.height
        if around:
            a = k / count * math.tau + 0.5
            x = centre.x + math.cos(a) * (0.62 * centre.width + 0.5 * head.width)
            foot = centre.foot - 0.42 * centre.height + math.sin(a) * 0.5 * centre.height + head.height / 2
            depth = max(0.0, centre.depth - 0.01 if math.sin(a) > 0 else centre.depth + 0.01)
        half = head.width * size / 2
        x = float(np.clip(x, half + 0.02 * stage.w, stage.w - half - 0.02 * stage.w)) if half * 2.1 < stage.w else stage.w / 2
        out.append(Placed(head.subject, k, x, foot, head.width * size, head.height * size, depth, bool(rng.random() < 0.4) != head.mirror,
                          head.tilt + rng.normal(0, 0.03), head.floating, head.sunk, head.afloat, head.leader))  # fmt: skip
    return out
