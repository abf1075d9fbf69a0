"""Trees grown rather than looked up: trunk, boughs, and leaves in dabs of three tones, by season."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .canvas import Point, polygons
from .colour import Colour, Field, hexed, mix
from .flora import frond
from .noise import fbm, step
from .scripts import FOLIAGE

_BLOSSOM = ("#fde4ea", "#f7bccb", "#e88fa8", "#b8607f")


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of tree grows: bark, crown height and breadth in parts of its own height, share of sky between leaves."""

    bark: str
    crown: float = 0.62
    breadth: float = 0.40
    airy: float = 0.35
    trunk: float = 0.035
    leaves: tuple[str, str, str, str] | None = None


KINDS: dict[str, Kind] = {
    "birch tree": Kind("#ece7dc", 0.72, 0.30, 0.55, 0.026),
    "tree": Kind("#6b4a36", 0.66, 0.42, 0.28),
    "deciduous tree": Kind("#6b4a36", 0.66, 0.42, 0.28),
    "cherry tree": Kind("#5c4038", 0.62, 0.46, 0.30, 0.034, _BLOSSOM),
    "bare tree": Kind("#4f3d38", 0.70, 0.44, 1.0, 0.036),
    "oak": Kind("#5e4636", 0.62, 0.52, 0.22, 0.05),
    "palm tree": Kind("#8a6a4a", 0.4, 0.4, 0.5, 0.022),
}


def is_tree(drawing: str) -> bool:
    """Whether a drawing's id names a tree that is grown here."""
    return drawing.partition(":")[2] in KINDS


def grown(drawing: str, season: str, px: int, rng: np.random.Generator) -> Field:
    """A tree (h, w, 4), `px` high, in the colours of its season."""
    name = drawing.partition(":")[2]
    kind = KINDS[name]
    width, height = round(px * (kind.breadth * 2 + 0.16)), px
    art = np.zeros((height, width, 4), np.float32)
    if name == "palm tree":
        return _palm(art, kind, rng, px)
    wood: list[list[Point]] = []
    tips: list[tuple[float, float, float]] = []
    _grow(
        wood,
        tips,
        rng,
        width / 2,
        float(height),
        -math.pi / 2 + rng.normal(0, 0.02),
        height * (1 - kind.crown) * 1.0,
        height * kind.trunk,
        0,
        height,
    )
    bark = hexed(kind.bark)
    mask = polygons(width, height, wood, 2)
    side = np.clip((np.arange(width, dtype=np.float32)[None, :] - width / 2) / (height * kind.trunk * 2) * 0.5 + 0.5, 0, 1)
    tone = (1.06 - 0.30 * side) + 0 * mask
    _lay(art, bark * tone[..., None], mask)
    if name == "birch tree":
        _scars(art, rng, mask)
    leaves = kind.leaves if kind.leaves and season == "spring" else FOLIAGE[season]
    if kind.leaves and season != "winter":
        leaves = kind.leaves
    airy = 1.0 if season == "winter" and name != "pine" else kind.airy
    if airy < 1.0:
        _leaves(art, rng, tips, leaves, px, airy)
    elif season == "winter":
        _lay(art, hexed("#f6f9fc"), np.clip(mask - np.roll(mask, max(1, px // 170), 0), 0, 1) * 0.9)
    rows, columns = np.flatnonzero(art[..., 3].max(1) > 0.05), np.flatnonzero(art[..., 3].max(0) > 0.05)
    return art[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _lay(art: Field, colour: Field | Colour, mask: Field) -> None:
    a = mask[..., None]
    art[..., :3] += (np.clip(colour, 0, 1) - art[..., :3]) * np.where(art[..., 3:] > 0.01, a, (a > 0.004))
    art[..., 3] = art[..., 3] + mask * (1 - art[..., 3])


def _grow(wood: list[list[Point]], tips: list[tuple[float, float, float]], rng: np.random.Generator, x: float, y: float, angle: float, long: float,
          wide: float, level: int, height: float) -> None:  # fmt: skip
    """One bough and what grows from it; `tips` gathers where leaves are."""
    bend = rng.normal(0, 0.10)
    mx, my = x + math.cos(angle) * long * 0.5, y + math.sin(angle) * long * 0.5
    ex, ey = mx + math.cos(angle + bend) * long * 0.5, my + math.sin(angle + bend) * long * 0.5
    thin = wide * (0.62 if level else 0.70)
    nx, ny = -math.sin(angle), math.cos(angle)
    flare = 1.45 if level == 0 else 1.0
    along = ((x, y, wide * flare), (mx, my, wide * 0.85), (ex, ey, thin))
    wood.append(
        [*[(px + nx * w, py + ny * w) for px, py, w in along], *[(px - nx * w, py - ny * w) for px, py, w in reversed(along)]]
    )
    if level >= 2:
        tips.append((ex, ey, long))
    if level >= 5 or wide < height * 0.0012:
        return
    for turn in (-0.42, 0.05, 0.46) if level < 2 else (-0.40, 0.42):
        reach = long * (0.66 if level else 0.62) * rng.uniform(0.78, 1.12)
        # Boughs droop outwards and strain upwards again: the pull of light.
        lifted = angle + turn + rng.normal(0, 0.13)
        lifted += (-math.pi / 2 - lifted) * 0.10
        _grow(wood, tips, rng, ex, ey, lifted, reach, thin * (0.92 if abs(turn) < 0.1 else 0.70), level + 1, height)


def _leaves(
    art: Field,
    rng: np.random.Generator,
    tips: list[tuple[float, float, float]],
    tones: tuple[str, ...],
    px: int,
    airy: float,
) -> None:
    """Dabs round the tips: dark ones first and low, light ones last and high, where the sky is."""
    height, width = art.shape[:2]
    size = px * 0.0125
    for layer, tone in enumerate((tones[3], tones[2], tones[1], tones[0])):
        shapes: list[list[Point]] = []
        count = (10, 9, 7, 3)[layer] if airy < 0.5 else (4, 5, 5, 3)[layer]
        for x, y, long in tips:
            for _ in range(count):
                spread = (long * 0.55 + px * 0.035) * (1.0 - 0.16 * layer)
                lx = x + rng.normal(0, spread) - (0.012 * layer) * px
                ly = y + rng.normal(0, spread * 0.72) + (0.020 - 0.017 * layer) * px
                shapes.append(_dab(lx, ly, size * rng.uniform(0.7, 1.45), rng.uniform(0, math.pi)))
        inside = [s for s in shapes if -size < s[0][0] < width + size and -size < s[0][1] < height * 0.9]
        mottled = hexed(tone) * np.float32(1.0)
        _lay(art, mix(mottled, hexed(tones[1]), 0.12), polygons(width, height, inside, 2))


def _dab(x: float, y: float, r: float, turn: float) -> list[Point]:
    cos, sin = math.cos(turn), math.sin(turn)
    return [
        (x + px * cos - py * sin, y + px * sin + py * cos)
        for px, py in (
            (-r, 0.0),
            (-r * 0.4, -r * 0.5),
            (r * 0.45, -r * 0.45),
            (r, 0.0),
            (r * 0.45, r * 0.45),
            (-r * 0.4, r * 0.5),
        )
    ]


def _scars(art: Field, rng: np.random.Generator, mask: Field) -> None:
    """The dark lenticels of birch bark."""
    height, width = mask.shape
    noise = fbm(width, height, width / height * 26, 110, rng, 2, 0.6)
    marks = step(0.66, 0.80, noise) * mask
    dark = hexed("#3a3633")
    art[..., :3] += (dark - art[..., :3]) * (marks * 0.8)[..., None]


def _palm(art: Field, kind: Kind, rng: np.random.Generator, px: int) -> Field:
    height, width = art.shape[:2]
    lean = rng.normal(0.10, 0.05) * px
    path = [(width / 2 - lean / 2 + lean * (t**1.6), height * (1 - 0.72 * t)) for t in np.linspace(0, 1, 16)]
    wide = px * kind.trunk
    trunk = [
        *[(x - wide * (1.25 - 0.5 * k / 15), y) for k, (x, y) in enumerate(path)],
        *[(x + wide * (1.25 - 0.5 * k / 15), y) for k, (x, y) in reversed(list(enumerate(path)))],
    ]
    mask = polygons(width, height, [trunk], 2)
    rings = 0.86 + 0.14 * np.sin(np.arange(height, dtype=np.float32)[:, None] / px * 130)
    _lay(art, hexed(kind.bark) * rings[..., None] + 0 * mask[..., None], mask)
    for tone, turns in (
        ("#2f6b45", np.linspace(-2.6, 2.6, 8)),
        ("#4f9455", np.linspace(-2.1, 2.1, 7)),
        ("#86bd62", np.linspace(-1.2, 1.2, 4)),
    ):
        shapes: list[list[Point]] = []
        for turn in turns:
            shapes += frond(
                path[-1][0], path[-1][1] + px * 0.01, px * rng.uniform(0.30, 0.38), float(turn) + rng.normal(0, 0.1), 16, 0.17
            )
        _lay(art, hexed(tone), polygons(width, height, shapes, 2))
    return art
