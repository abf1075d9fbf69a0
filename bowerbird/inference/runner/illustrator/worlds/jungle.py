"""A jungle: layer on layer of large leaves, wet air, a pool of light in the middle."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate, Point, polygons
from ..colour import hexed, mix, tuned
from ..flora import canopy, ferns, flowers, frond, leafy, trunks
from ..noise import step
from ..scenery import floor, mist
from .base import Step, World


class Jungle(World):
    """Palms and broad leaves round a clearing."""

    horizon = 0.5
    footing = (0.70, 0.93)

    def steps(self) -> list[Step]:
        """Warm air, palms, floor, vines, framing leaves."""
        return [
            Step("warm air", 1.0, self.air),
            Step("distant palms", 0.97, partial(self.palms, 0)),
            Step("palms", 0.93, partial(self.palms, 1)),
            Step("the jungle floor", 0.88, self.bottom),
            Step("trunks and vines", 0.82, self.vines),
            Step("undergrowth", 0.78, self.undergrowth),
            Step("great leaves in front", -0.05, self.front),
        ]

    def air(self) -> Iterator[Plate]:
        """Sky seen through steam."""
        stage, light = self.stage, self.light
        yield from sky.sky(stage, 0.7)
        yield stage.wash(mix(light.haze, light.leaf(0.25), 0.45), 1.0)
        yield Plate(
            (0.8 * np.exp(-((stage.far(0.5 + 0.4 * (light.x - 0.5), 0.42) / 0.36) ** 2))).astype(np.float32),
            mix(light.haze, light.sun, 0.6),
            1.0,
            "light",
            line=0,
        )

    def palms(self, row: int) -> Iterator[Plate]:
        """A row of palms: a leaning trunk and a burst of fronds."""
        stage, light = self.stage, self.light
        rng = stage.rng(f"palms{row}")
        tone = light.veil(mix(light.leaf(0.45 + 0.3 * row), light.ground(0.5), 0.25), (0.75, 0.35)[row])
        shapes: list[list[Point]] = []
        for k in range(int((8, 5)[row] * max(0.7, stage.across))):
            x = (k + rng.random()) / (8, 5)[row] * stage.w
            tall = stage.unit * (0.34 + 0.22 * rng.random()) * (0.9, 1.25)[row]
            y, lean = stage.h * (0.68 + 0.03 * row), rng.normal(0, 0.12) * tall
            thick = stage.unit * (0.006, 0.011)[row]
            shapes.append(
                [(x - thick, y), (x + lean - thick * 0.6, y - tall), (x + lean + thick * 0.6, y - tall), (x + thick * 1.3, y)]
            )
            for _ in range(11):
                bend = rng.normal(0, 1.5)
                shapes += frond(x + lean, y - tall, tall * (0.42 + 0.16 * rng.random()), bend, 13, 0.16)
        yield Plate(polygons(stage.w, stage.h, shapes), tone, 0.95 - 0.05 * row, flow=0.8, line=0.5)

    def bottom(self) -> Iterator[Plate]:
        """The floor, moss and light."""
        stage, light = self.stage, self.light
        yield floor(
            stage, 0.66, mix(light.leaf(0.3), light.haze, 0.35), mix(light.leaf(0.95), light.ground(0.95), 0.35), "jungle", 0.2
        )
        pool = 0.30 * np.exp(-(((stage.x - 0.5) / 0.28) ** 2) - ((stage.y - 0.80) / 0.10) ** 2)
        yield Plate(pool.astype(np.float32), mix(light.sun, light.leaf(0.1), 0.5), 0.88, "light", line=0)
        yield mist(stage, "jungle", 0.67, 0.05, 0.55, 0.86)

    def vines(self) -> Iterator[Plate]:
        """Two great trunks and hanging vines."""
        stage, light = self.stage, self.light
        bark = mix(light.lit(hexed("#6a5138")), light.leaf(0.9), 0.45)
        yield Plate(trunks(stage, "jungle", 0.75, 5, 0.055), bark, 0.82, flow=1.57)
        rng = stage.rng("vines")
        shapes: list[list[Point]] = []
        for _ in range(9):
            x, long, sway = rng.random() * stage.w, stage.h * (0.2 + 0.4 * rng.random()), rng.normal(0, 0.03) * stage.w
            thick = stage.unit * 0.0028
            path = [(x + sway * np.sin(t * 3) + 0.0, -5 + long * t) for t in np.linspace(0, 1, 14)]
            shapes.append([*[(px - thick, py) for px, py in path], *[(px + thick, py) for px, py in reversed(path)]])
            for px, py in path[2:]:
                r = stage.unit * 0.011 * (0.6 + rng.random())
                shapes.append([(px, py), (px + r, py + r * 0.4), (px + r * 1.4, py + r * 1.6), (px + r * 0.3, py + r)])
        yield Plate(polygons(stage.w, stage.h, shapes), mix(light.leaf(0.85), light.ground(0.9), 0.3), 0.8, flow=1.5, line=0.5)
        spots = stage.fbm("top.spots", 22, 3)
        yield Plate(
            canopy(stage, "jungle", 0.14, 6.0),
            leafy(mix(light.leaf(0.75), light.ground(0.8), 0.3), spots, light.key),
            0.8,
            flow=0.6,
        )

    def undergrowth(self) -> Iterator[Plate]:
        """Bushes at both sides, and a few flowers."""
        stage, light = self.stage, self.light
        side = np.abs(stage.x - 0.5) * 2
        shape = stage.fbm("bush", 9, 5, 0.6)
        edge = 0.80 - 0.20 * step(0.45, 1.0, side)
        mask = (
            step(0.0, 0.05, stage.y - edge + 0.14 * (shape - 0.5))
            * step(0.45, 0.70, side + 0.3 * (shape - 0.5))
            * (stage.y < 0.93)
        )
        yield Plate(mask.astype(np.float32), leafy(light.leaf(0.7), stage.fbm("bush.spots", 30, 3), light.key), 0.6, flow=0.9)
        yield from flowers(stage, "jungle", 0.78, 0.95, 18, 0.020)

    def front(self) -> Iterator[Plate]:
        """Banana leaves from the corners, dark against the light."""
        stage, light = self.stage, self.light
        rng = stage.rng("leaves")
        dark = tuned(mix(light.leaf(1.0), light.ground(1.0), 0.22), -0.01, 1.1)
        for tone in (0.04, 0.0):
            shapes: list[list[Point]] = []
            for k in range(5):
                left = k % 2 == 0
                x0, y0 = (-0.02 if left else 1.02) * stage.w, (0.15 + 0.9 * rng.random()) * stage.h
                long, angle = (
                    stage.unit * (0.20 + 0.16 * rng.random()),
                    (-0.5 + rng.normal(0, 0.5)) if left else np.pi + 0.5 + rng.normal(0, 0.5),
                )
                shapes.append(_leaf(x0, y0, long, angle))
            yield Plate(polygons(stage.w, stage.h, shapes), tuned(dark, tone), 0.02, "detail", flow=0.4)
        yield Plate(ferns(stage, "front", 8), dark, 0.01, "detail", flow=1.2)


def _leaf(x: float, y: float, long: float, angle: float) -> list[Point]:
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    left, right = [], []
    for t in np.linspace(0, 1, 16):
        wide = long * 0.20 * float(np.sin(t**0.8 * np.pi)) * (1 - 0.10 * float(np.sin(t * 40) > 0.6))
        droop = long * 0.25 * t * t
        px, py = x + cos * long * t, y + sin * long * t + droop
        left.append((px - sin * wide, py + cos * wide))
        right.append((px + sin * wide, py - cos * wide))
    return [*left, *reversed(right)]
