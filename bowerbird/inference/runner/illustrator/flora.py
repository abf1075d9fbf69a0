"""Plants as shapes: grass, flowers, ferns, trees. Each returns masks or plates for the whole sheet."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from PIL import ImageDraw

from .canvas import Plate, Point, drawn, polygons
from .colour import Colour, Field, mix
from .noise import step
from .stage import Stage


def grass(stage: Stage, key: str, foot: float, height: float, near: float, dense: float = 1.0) -> Iterator[Plate]:
    """Blades in three tones along the line `foot`; heights in parts of the unit. `near` 0..1 darkens them."""
    rng = stage.rng("grass" + key)
    lean = (rng.random() - 0.5) * 0.5 + (1.1 if stage.scene.weather == "wind" else 0.0) * (1 if stage.light.x < 0.5 else -1)
    for tone in (0.95, 0.75, 0.5):
        count = int(95 * stage.across * dense * (0.5 + near))
        shapes: list[list[Point]] = []
        for _ in range(count):
            x, tall = rng.random() * stage.w, (0.35 + 0.65 * rng.random()) * height * stage.unit * (0.72 + 0.28 * tone)
            wide = tall * (0.030 + 0.022 * rng.random()) + 0.5
            y = (foot + 0.035 * (rng.random() - 0.35)) * stage.h + tall * 0.10
            bend = (lean + rng.normal(0, 0.28)) * tall
            shapes.append(
                [
                    (x - wide, y),
                    (x + bend * 0.35 - wide * 0.7, y - tall * 0.55),
                    (x + bend, y - tall),
                    (x + bend * 0.35 + wide * 0.7, y - tall * 0.55),
                    (x + wide, y),
                ]
            )
        colour = mix(stage.light.leaf(min(1.0, tone * (0.5 + 0.5 * near))), stage.light.ground(1.0), 0.25 * near)
        yield Plate(polygons(stage.w, stage.h, shapes), colour, 1 - near, "detail", flow=1.4, line=0.4)


def flowers(stage: Stage, key: str, top: float, bottom: float, count: int, size: float) -> Iterator[Plate]:
    """Blossoms scattered from far (`top`) to near (`bottom`), growing as they come; one plate a colour."""
    rng = stage.rng("flowers" + key)
    colours = stage.light.flowers
    clumps = rng.random((7, 2))
    made: list[list[tuple[float, float, float]]] = [[] for _ in colours]
    for _ in range(count):
        t = rng.random() ** 0.7
        near = clumps[int(rng.integers(0, len(clumps)))]
        x = near[0] + rng.normal(0, 0.10) if rng.random() < 0.7 else rng.random()
        made[int(abs(rng.normal(0, 1.1))) % len(colours)].append(
            (
                x * stage.w,
                (top + (bottom - top) * t) * stage.h,
                size * stage.unit * (0.22 + 0.78 * t) * (0.7 + 0.6 * rng.random()),
            )
        )
    for colour, group in zip(colours, made, strict=True):
        petals = int(rng.integers(5, 7))
        turn = rng.random() * 6.28

        def paint(
            pen: ImageDraw.ImageDraw,
            scale: float,
            group: list[tuple[float, float, float]] = group,
            petals: int = petals,
            turn: float = turn,
        ) -> None:
            for x, y, r in group:
                for k in range(petals):
                    a = turn + x + k * math.tau / petals
                    px, py, q = x + math.cos(a) * r * 0.62, y + math.sin(a) * r * 0.48, r * 0.52
                    pen.ellipse([(px - q) * scale, (py - q * 0.85) * scale, (px + q) * scale, (py + q * 0.85) * scale], fill=255)

        def hearts(pen: ImageDraw.ImageDraw, scale: float, group: list[tuple[float, float, float]] = group) -> None:
            for x, y, r in group:
                q = r * 0.30
                pen.ellipse([(x - q) * scale, (y - q * 0.8) * scale, (x + q) * scale, (y + q * 0.8) * scale], fill=255)

        if group:
            yield Plate(drawn(stage.w, stage.h, paint), colour, 0.2, "detail", flow=0.5, line=0.5)
            yield Plate(
                drawn(stage.w, stage.h, hearts),
                mix(stage.light.sun, stage.light.flowers[1 if len(colours) > 1 else 0], 0.3) * np.float32(0.92),
                0.2,
                "detail",
                line=0,
            )


def tree_line(stage: Stage, key: str, edge: Field, height: float, dense: float) -> Field:
    """A mask of small trees standing in groups on the line `edge` (w,)."""
    rng = stage.rng("line" + key)
    groups = stage.line("groups" + key, 5, 3)
    shapes: list[list[Point]] = []
    x = 0.0
    while x < stage.w:
        tall = height * stage.unit * (0.5 + rng.random())
        at = int(min(stage.w - 1, x))
        if groups[at] > 1 - dense * 1.25:
            y = float(edge[at]) * stage.h + tall * 0.15
            wide = tall * (0.22 + 0.12 * rng.random())
            shapes.append(_conifer(x, y, tall * 1.25, wide) if rng.random() < 0.7 else _round(x, y, tall, tall * 0.42, rng))
        x += tall * (0.18 + 0.5 * rng.random()) + 1
    return polygons(stage.w, stage.h, shapes)


def _conifer(x: float, y: float, tall: float, wide: float, tiers: int = 4) -> list[Point]:
    left: list[Point] = []
    right: list[Point] = []
    for k in range(tiers):
        t0, t1 = k / tiers, (k + 1) / tiers
        outer = wide * (0.16 + 0.84 * t1)
        left += [(x - outer * (0.45 if k else 0.0), y - tall * (1 - t0)), (x - outer, y - tall * (1 - t1) + tall * 0.02)]
        right += [(x + outer * (0.45 if k else 0.0), y - tall * (1 - t0)), (x + outer, y - tall * (1 - t1) + tall * 0.02)]
    return [
        *left,
        (x - wide * 0.1, y),
        (x - wide * 0.1, y + tall * 0.05),
        (x + wide * 0.1, y + tall * 0.05),
        (x + wide * 0.1, y),
        *reversed(right),
    ]


def _round(x: float, y: float, tall: float, wide: float, rng: np.random.Generator) -> list[Point]:
    wobble = rng.random(14) * 0.3 + 0.85
    points = [
        (
            x + math.cos(k / 14 * math.tau) * wide * wobble[k],
            y - tall * 0.62 + math.sin(k / 14 * math.tau) * tall * 0.42 * wobble[k],
        )
        for k in range(14)
    ]
    return [
        *points[:3],
        (x + wide * 0.12, y - tall * 0.25),
        (x + wide * 0.12, y),
        (x - wide * 0.12, y),
        (x - wide * 0.12, y - tall * 0.25),
        *points[4:],
    ]


def conifers(stage: Stage, key: str, foot: float, height: float, count: int, gap: tuple[float, float] = (0.5, 0.0)) -> Field:
    """A mask of tall conifers along the line `foot`; none stand within `gap` (middle, half its width, in 0..1)."""
    rng = stage.rng("conifers" + key)
    shapes: list[list[Point]] = []
    number = max(4, int(count * stage.across))
    for k in range(number):
        tall = height * stage.unit * (0.62 + 0.55 * rng.random())
        x = (k + rng.random()) / number * stage.w * 1.1 - 0.05 * stage.w
        y = (foot + 0.02 * rng.random()) * stage.h
        wide, tiers = tall * (0.15 + 0.05 * rng.random()), int(rng.integers(7, 11))
        if abs(x / stage.w - gap[0]) < gap[1]:
            continue
        shape = _conifer(x, y, tall, wide, tiers)
        shapes.append([(px + rng.normal(0, wide * 0.05), py + rng.normal(0, tall * 0.004)) for px, py in shape])
    return polygons(stage.w, stage.h, shapes)


def trunks(stage: Stage, key: str, foot: float, width: float, count_width: float) -> Field:
    """A mask of trunks with a few branches; `width` of them across a unit, each `count_width` units thick."""
    rng = stage.rng("trunks" + key)
    shapes: list[list[Point]] = []
    number = max(3, int(width * stage.across))
    order = rng.permutation(number)
    for k in order:
        if count_width > 0.04 and 0.30 < (k + 0.5) / number < 0.70:
            continue  # the nearest row leaves the middle open for whoever stands there
        x = (k + 0.15 + 0.7 * rng.random()) / number * stage.w
        half = count_width * stage.unit * (0.32 + 0.38 * rng.random())
        y, lean = (foot + 0.03 * rng.random()) * stage.h, rng.normal(0, 0.035) * stage.h
        shapes.append(
            [
                (x - half * 1.7, y),
                (x - half, y - half * 3),
                (x + lean - half * 0.62, -4),
                (x + lean + half * 0.62, -4),
                (x + half, y - half * 3),
                (x + half * 1.7, y),
            ]
        )
        for _ in range(int(rng.integers(2, 5))):
            t, side = 0.35 + 0.6 * rng.random(), 1 if rng.random() < 0.5 else -1
            bx, by = x + lean * t, y * (1 - t)
            reach = half * (6 + 8 * rng.random()) * side
            shapes.append(
                [
                    (bx, by + half * 0.45),
                    (bx + reach * 0.6, by - abs(reach) * 0.35),
                    (bx + reach, by - abs(reach) * 0.75),
                    (bx + reach * 0.55, by - abs(reach) * 0.42),
                    (bx, by - half * 0.45),
                ]
            )
    return polygons(stage.w, stage.h, shapes)


def canopy(stage: Stage, key: str, reach: float, cells: float) -> Field:
    """A mask of leaves hanging from the upper edge down to about `reach`."""
    shape = stage.fbm("canopy" + key, cells, 5, 0.62, coarse=1)
    low = stage.line("canopy.low" + key, 2.5, 3)[None, :]
    side = 0.30 * np.abs(stage.x - 0.5) * 2
    hang = step(reach + 0.16 * (low - 0.5) + side + 0.10, reach * 0.35 + side * 0.6, stage.y)
    return step(0.50, 0.60, hang * 0.75 + shape * 0.5 - 0.12)


def ferns(stage: Stage, key: str, count: int) -> Field:
    """A mask of ferns rising from the lower corners."""
    rng = stage.rng("ferns" + key)
    shapes: list[list[Point]] = []
    for k in range(count):
        left = k % 2 == 0
        x0 = (rng.random() * 0.26 if left else 1 - rng.random() * 0.26) * stage.w
        length, bend = stage.unit * (0.12 + 0.16 * rng.random()), rng.normal(0.4 if left else -0.4, 0.5)
        shapes += frond(x0, stage.h * 1.02, length, bend)
    return polygons(stage.w, stage.h, shapes)


def frond(x0: float, y0: float, length: float, bend: float, leaflets: int = 15, breadth: float = 0.26) -> list[list[Point]]:
    """One fern frond (or palm leaf) from (x0, y0) upwards, bending by `bend` radians."""
    shapes: list[list[Point]] = []
    x, y = x0, y0
    for j in range(leaflets):
        t = j / leaflets
        angle = -math.pi / 2 + bend * t * 1.5
        x, y = x + math.cos(angle) * length / leaflets, y + math.sin(angle) * length / leaflets
        reach = length * breadth * math.sin(min(1.0, 0.22 + t) * math.pi) ** 0.8 + length * 0.02
        for side in (-1, 1):
            a = angle + side * (1.05 - 0.3 * t)
            tip = (x + math.cos(a) * reach, y + math.sin(a) * reach)
            nx, ny = -math.sin(a) * reach * 0.13, math.cos(a) * reach * 0.13
            middle = (x + math.cos(a) * reach * 0.45, y + math.sin(a) * reach * 0.45)
            shapes.append([(x, y), (middle[0] + nx, middle[1] + ny), tip, (middle[0] - nx, middle[1] - ny)])
        shapes.append(
            [
                (x - length * 0.008, y),
                (x + length * 0.008, y),
                (x + length * 0.008, y + length / leaflets * 1.3),
                (x - length * 0.008, y + length / leaflets * 1.3),
            ]
        )
    return shapes


def leafy(colour: Colour, spots: Field, light: Colour) -> Field:
    """Foliage colour (h, w, 3) with dappled light from noise `spots` (h, w)."""
    tone = spots[..., None]
    return np.clip(colour * (0.80 + 0.36 * tone) + light * (0.14 * step(0.58, 0.92, tone)), 0, 1).astype(np.float32)
