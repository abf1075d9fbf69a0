"""Where the subjects of a scene stand: focal point, depth, relations, and room to breathe."""

from __future__ import annotations

import math

import numpy as np

from .figures import Placed, aspect
from .light import celestial
from .natural import AIRBORNE, FISH, FLOATERS, HEAVENLY, SWIMMERS, is_one_of, size_of
from .relations import held_open, reader_of, relate, side_by_side
from .scene import Scene, Subject
from .seating import SIZES, fanned, in_a_row, sit
from .stage import Stage
from .worlds.base import World

_FRAME = {"wide": 0.78, "medium": 1.0, "close": 1.5, "portrait": 1.32, "pattern": 0.5}
_BASE = 0.47  # how tall a lone, medium thing of a person's size stands, in units
_LOOSE = ("left", "centre", "near", "far", "in_front", "behind", "right")
_MARGIN = 0.045


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
        reader = reader_of(scene, index, heads)
        if reader is not None:
            held_open(head, reader)
        elif subject.of is not None and subject.of in heads:
            relate(stage, rng, head, heads[subject.of], subject)
        heads[index] = head
    side_by_side(scene, heads)
    _spread(stage, scene, heads)
    _fit(stage, scene, heads)
    out: list[Placed] = []
    for index, head in heads.items():
        out += _copies(stage, world, stage.rng(f"copies{index}"), head, scene.subjects[index], heads)
    return out


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
    several = sum(one.place not in ("holding", "on", "inside") or one.of is None for one in scene.subjects) > 1
    natural = size_of(*names) ** ((0.40 if world.tabletop else 0.74) if several else 0.30)
    depth = {"far": 0.72, "near": 0.02, "behind": 0.34, "in_front": 0.06}.get(subject.place, 0.16 + 0.08 * rng.random())
    size = _BASE * SIZES.get(subject.size, 1.0) * _FRAME.get(scene.composition, 1.0) * natural * world.size
    size *= max(1, subject.count) ** -0.24 * (1.0 if len(scene.subjects) < 2 else len(scene.subjects) ** -0.16)
    size = max(size, 0.15 if subject.size == "tiny" else 0.19) * world.scale(depth) / world.scale(0.2)
    ratio = aspect(stage, subject)
    size = min(size, 0.86 * stage.down, 0.9 * stage.across / max(0.2, min(ratio, 1.0 / max(ratio, 0.2) * ratio)))
    height = size * stage.unit / max(1.0, ratio**0.55)
    free = not several and scene.composition != "portrait"
    side = (0.5 - stage.light.x) * 0.22 if free else 0.0
    x = {"left": 0.26, "right": 0.74}.get(subject.place, 0.5 + side + (rng.normal(0, 0.025) if free else 0.0))
    if world.tabletop and world.grounded and subject.of is None and not several:
        x = 0.5 + (0.5 - world.side) * 0.22  # away from what already stands there
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
    if world.perch is not None and subject.place == "on" and subject.of is None:
        sit(stage, world.perch, placed, subject)
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


def _leaps(world: World, subject: Subject) -> bool:
    """Whether a fish shows itself by leaping: below a lake's surface nobody would see it."""
    return (
        world.grounded
        and world.water is not None
        and is_one_of(FISH, subject.drawn_as)
        and subject.pose in ("standing", "swimming")
    )


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
    if _leaps(world, subject):
        placed.tilt, placed.floating = -0.38 * (-1 if placed.mirror else 1), True
        placed.foot -= placed.height * 0.30
        placed.width, placed.height = placed.width * 0.62, placed.height * 0.62
    elif _afloat(world, subject) and not placed.floating:
        placed.afloat = True
        placed.sunk = 0.07 if is_one_of(FLOATERS, *names) else 0.34
    elif subject.pose == "swimming":
        placed.tilt = 0.12 * sway


def _afloat(world: World, subject: Subject) -> bool:
    """Whether the subject lies in this world's water."""
    if world.water is None or not world.grounded:
        return False
    return subject.pose == "swimming" or is_one_of(SWIMMERS | FLOATERS, subject.noun, subject.drawn_as)


def _spread(stage: Stage, scene: Scene, heads: dict[int, Placed]) -> None:
    """Subjects that nobody placed share the width: the first stands near the middle, others to its sides."""
    loose = [h for i, h in heads.items() if h.leader is None and not h.seated and scene.subjects[i].place in _LOOSE]
    standing = [h for h in loose if not (h.floating and is_one_of(HEAVENLY, scene.subjects[h.subject].noun))]
    if len(standing) < 2:
        return
    total = sum(h.width * max(1, scene.subjects[h.subject].count) ** 0.75 for h in standing)
    shrink = min(1.0, stage.w * 0.88 / max(1.0, total))
    for h in standing:
        h.width, h.height = h.width * shrink, h.height * shrink
    total *= shrink
    gap = max(0.0, (stage.w * 0.9 - total) / (len(standing) + 1)) * 0.6
    sides = {"left": -9, "right": 9}
    order = sorted(
        range(len(standing)), key=lambda k: (sides.get(scene.subjects[standing[k].subject].place, 0), (k % 2 * 2 - 1) * (k + 1))
    )
    x = (stage.w - total - gap * (len(standing) - 1)) / 2
    for k in order:
        share = standing[k].width * max(1, scene.subjects[standing[k].subject].count) ** 0.75
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
    if head.bouquet:
        return fanned(rng, head, count)
    if head.seated and world.perch is not None:
        return in_a_row(stage, world.perch, rng, head, count)
    around = subject.place == "around" and head.leader is not None
    centre = heads[head.leader] if around and head.leader is not None else head
    out: list[Placed] = []
    room = min(stage.w * 0.9, head.width * (1.06 * count if count < 4 else 0.78 * count))
    rows = 1 if count < 4 else 2 if count < 9 else 3
    centre_x = head.x
    if subject.place in ("on", "inside", "under") and head.leader is not None:
        fit = min(1.0, heads[head.leader].width * 1.12 / (0.78 * count * head.width))
        head.width, head.height = head.width * fit, head.height * fit
        rows, room = 1, min(stage.w * 0.9, max(heads[head.leader].width * 0.92, head.width * 0.8 * count))
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
        if subject.place in ("on", "inside", "under") and head.leader is not None:
            x, foot, depth = centre_x + t * room, head.foot + rng.normal(0, 0.01) * head.height, head.depth - 0.001 * k
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
