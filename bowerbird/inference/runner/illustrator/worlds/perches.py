"""What a world offers to sit on when the words say so: a windowsill, a branch, a roof."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ..canvas import Plate, Point, polygons
from ..colour import hexed, mix, tuned
from ..noise import step
from ..stage import Stage
from .base import Step, World

BRANCHLESS = frozenset(("room", "table", "rain", "space", "underwater", "marbling", "papercut", "weave", "plain"))


@dataclass(frozen=True, slots=True)
class Perch:
    """A line to sit on: its height `y` at x (both 0..1), from `left` to `right`, at `depth`; `steps` paint it."""

    y: Callable[[float], float]
    left: float
    right: float
    depth: float
    size: float = 1.0  # how large a thing sits there
    steps: list[Step] = field(default_factory=list[Step])


def perched(stage: Stage) -> bool:
    """Whether somebody of the scene sits on what the world offers."""
    return any(one.place == "on" and one.of is None for one in stage.scene.subjects)


def perch_of(stage: Stage, world: World) -> Perch | None:
    """The world's perch, where one is wanted and there can be one."""
    if not perched(stage) or not world.grounded:
        return None
    kind = stage.scene.world
    if kind == "room":
        left, top, right, bottom = world.opening
        return Perch(lambda _: bottom + 0.016, left, right, 0.96, 0.9 * (bottom - top) / 0.5)
    if kind in ("city", "street"):
        return _roof(stage)
    return None if kind in BRANCHLESS else _branch(stage)


def _branch(stage: Stage) -> Perch:
    left = stage.light.x > 0.5
    rise = -0.05 if left else 0.05

    def y(x: float) -> float:
        return 0.66 + rise * (x - 0.5) * 2 + 0.016 * math.sin(x * 7 + stage.seed % 7)

    steps = [Step("a branch", 0.30, partial(_bough, stage, y, left))]
    return Perch(y, 0.16, 0.84, 0.26, 0.82, steps)


def _bough(stage: Stage, y: Callable[[float], float], left: bool) -> Iterator[Plate]:
    """A bough from one edge, thinner towards its end, with twigs and the leaves of the season."""
    rng, unit = stage.rng("bough"), stage.unit
    bark = mix(stage.light.lit(hexed("#6b4a36")), stage.light.ground(0.95), 0.35)
    xs = np.linspace(-0.04, 1.0, 40)
    thick = np.linspace(0.034, 0.009, 40) * (0.85 + 0.3 * rng.random(40))
    line: list[tuple[float, float, float]] = []
    for x, half in zip(xs, thick, strict=True):
        at = float(x) if left else 1.0 - float(x)
        line.append((at * stage.w, (y(at)) * stage.h, float(half) * unit))
    body: list[Point] = [(x, top) for x, top, _ in line] + [(x, top + 2 * half) for x, top, half in reversed(line)]
    shapes = [body]
    tips: list[Point] = []
    for k in range(11):
        x, top, half = line[int(6 + 33 * (k + rng.random() * 0.6) / 11)]
        down = 1.0 if k % 3 else -1.0
        reach, away = unit * rng.uniform(0.07, 0.17), (1.0 if left else -1.0)
        root = top + half * (1.7 if down > 0 else 0.2)
        tip = (x + away * reach * rng.uniform(0.5, 0.9), root + down * reach * (0.7 if down > 0 else 0.5))
        shapes.append([(x - half * 0.4, root), (x + half * 0.4, root), (tip[0] + 1, tip[1]), (tip[0] - 1, tip[1])])
        tips += [tip, ((x + tip[0]) / 2, (root + tip[1]) / 2)]
    mask = polygons(stage.w, stage.h, shapes)
    grain = stage.fbm("bough", 22, 4, 0.6, stretch=6)[..., None]
    over = np.array([y(float(x)) for x in stage.x[0]], np.float32)[None, :]
    lit = step(0.03, 0.0, (stage.y - over) * stage.down)[..., None]
    colour = bark * (0.74 + 0.36 * grain) + (stage.light.key - bark) * (0.16 * lit)
    yield Plate(mask, np.clip(colour, 0, 1).astype(np.float32), 0.30, "land", 0.1, 0.9)
    if stage.scene.season == "winter":
        snow = mask * step(0.016, 0.008, (stage.y - over) * stage.down)
        yield Plate(snow.astype(np.float32), mix(stage.light.key, stage.light.haze, 0.4), 0.29, "detail", 0.1, 0.4)
        return
    for tone, share in ((0.85, 3), (0.55, 3), (0.25, 2)):
        dabs = [_leaf(x + rng.normal(0, 0.022) * unit, top + rng.normal(0, 0.020) * unit, unit * rng.uniform(0.013, 0.024),
                      rng.uniform(-0.6, 1.9)) for x, top in tips for _ in range(share)]  # fmt: skip
        yield Plate(polygons(stage.w, stage.h, dabs), stage.light.leaf(tone), 0.29, "detail", 0.7, 0.5)


def _leaf(x: float, y: float, long: float, turn: float) -> list[Point]:
    cos, sin = math.cos(turn), math.sin(turn)
    outline = ((0.0, 0.0), (0.3, -0.30), (0.7, -0.24), (1.0, 0.0), (0.7, 0.24), (0.3, 0.30))
    return [(x + (u * cos - v * sin) * long, y + (u * sin + v * cos) * long) for u, v in outline]


def _roof(stage: Stage) -> Perch:
    steps = [Step("a tiled roof", 0.30, partial(_tiles, stage))]
    return Perch(lambda _: 0.72, 0.18, 0.82, 0.26, 1.0, steps)


def _tiles(stage: Stage) -> Iterator[Plate]:
    """A roof in front, its ridge level with the eye, rows of tiles, and a chimney at one side."""
    light, w, h = stage.light, stage.w, stage.h
    clay = mix(light.lit(hexed("#c0603f")), light.ground(0.6), 0.12 + 0.16 * light.night)
    clay = tuned(clay, 0.07 * light.night)
    right = light.x < 0.5
    x, wide = (0.84 if right else 0.16), 0.055 / stage.across
    brick = tuned(clay, -0.05, 0.8)
    stack = [(x - wide, 0.56), (x + wide, 0.56), (x + wide, 0.80), (x - wide, 0.80)]
    cap = [(x - wide * 1.25, 0.54), (x + wide * 1.25, 0.54), (x + wide * 1.25, 0.565), (x - wide * 1.25, 0.565)]
    yield Plate(polygons(w, h, [[(a * w, b * h) for a, b in stack]]), brick, 0.31, "detail", 1.5)
    yield Plate(polygons(w, h, [[(a * w, b * h) for a, b in cap]]), tuned(brick, -0.06), 0.31, "detail")
    v = np.clip((stage.y - 0.72) / 0.28, 0, 1)
    row = np.floor(v**0.85 * 9)
    across = (stage.x - 0.5) * stage.across * 17 / (0.80 + 0.55 * v) + 0.5 * (row % 2)
    bow = np.abs(across % 1 - 0.5) * 2
    fine = (v**0.85 * 9) % 1
    each = np.abs(np.sin(np.floor(across) * 12.9898 + row * 78.233) * 43758.5453) % 1
    tone = 0.80 + 0.18 * each + 0.16 * (1 - bow**2) - 0.30 * step(0.14, 0.0, fine) - 0.24 * step(0.88, 1.0, bow) * fine
    tone = tone * (1.05 - 0.28 * v)
    sheen = light.sun * (0.24 * step(0.10, 0.0, stage.y - 0.72) * (stage.y > 0.72))[..., None]
    mask = stage.below(np.full(w, 0.72, np.float32))
    yield Plate(mask, np.clip(clay * tone[..., None] + sheen, 0, 1).astype(np.float32), 0.30, "land", 1.3, 0.8)
    ridge = step(0.012, 0.010, np.abs(stage.y - 0.722)) + 0 * stage.x
    bumps = 0.9 + 0.1 * np.sin(stage.x * stage.across * 120)
    yield Plate(ridge.astype(np.float32), np.clip(clay * 1.08 * bumps[..., None] * (1 + 0 * stage.y[..., None]), 0, 1).astype(np.float32),
                0.29, "detail", 0.0, 0.8)  # fmt: skip
