"""A garden: a path through beds of flowers to an arch, round trees and a hedge behind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate, Point, polygons
from ..colour import hexed, mix
from ..flora import flowers, grass, leafy
from ..noise import step
from .base import Step, World


class Garden(World):
    """Beds and a winding path."""

    horizon = 0.50
    footing = (0.70, 0.92)

    def steps(self) -> list[Step]:
        """Sky, trees, hedge, lawn and path, arch, beds, flowers."""
        return [
            Step("sky", 1.0, self.heavens),
            Step("trees behind", 0.96, self.trees),
            Step("the hedge", 0.94, self.hedge),
            Step("lawn and path", 0.92, self.lawn),
            Step("a rose arch", 0.90, self.arch),
            Step("flower beds", 0.87, self.beds),
            Step("flowers in front", -0.05, self.front),
        ]

    def heavens(self) -> Iterator[Plate]:
        """Sky, disc, clouds."""
        yield from sky.sky(self.stage, self.horizon)
        yield from sky.disc(self.stage, self.horizon * 0.8)
        yield from sky.clouds(self.stage, self.horizon)

    def trees(self) -> Iterator[Plate]:
        """Round crowns in three greens."""
        stage, light = self.stage, self.light
        rng = stage.rng("crowns")
        spots = stage.fbm("crown.spots", 24, 4, 0.6)
        for i in range(3):
            mask = np.zeros((stage.h, stage.w), np.float32)
            for k in range(4):
                x, r = (k + rng.random()) / 4, 0.08 + 0.08 * rng.random()
                y = 0.44 + 0.03 * i - 0.06 * rng.random() - 0.10 * abs(x - 0.5)
                mask = np.maximum(mask, step(0.012, -0.012, stage.far(x, y) - r + 0.05 * (spots - 0.5)))
            tone = light.veil(mix(light.leaf(0.35 + 0.2 * i), light.ground(0.3 + 0.2 * i), 0.3), 0.5 - 0.17 * i)
            yield Plate(mask * (stage.y < 0.60), leafy(tone, spots, light.key), 0.96, flow=0.7)

    def hedge(self) -> Iterator[Plate]:
        """A clipped hedge with a gap where the path goes."""
        stage, light = self.stage, self.light
        top = 0.50 + 0.006 * (stage.line("hedge", 30, 3)[None, :] - 0.5)
        mask = (
            step(-0.002, 0.002, stage.y - top)
            * (stage.y < 0.63)
            * step(0.075, 0.085, np.abs(stage.x - 0.5) * stage.across + 0 * stage.y)
        )
        yield Plate(
            mask.astype(np.float32),
            leafy(mix(light.leaf(0.72), light.ground(0.7), 0.3), stage.fbm("hedge.spots", 46, 3), light.key),
            0.94,
            flow=0.7,
        )

    def lawn(self) -> Iterator[Plate]:
        """Grass in mown bands and the path winding towards the gap."""
        stage, light = self.stage, self.light
        v = np.clip((stage.y - 0.60) / 0.40, 0, 1)
        spots = stage.fbm("lawn", 6, 5, 0.6, stretch=5, coarse=2) - 0.5
        band = 0.06 * np.sign(np.sin(np.log(v + 0.08) * 12))
        yield Plate(
            stage.below(np.full(stage.w, 0.605, np.float32), 3),
            light.leaf(np.clip(0.25 + 0.5 * v + 0.3 * spots + band, 0, 1)),
            0.92,
        )
        centre = 0.5 + 0.10 * np.sin(v * 3.4 + 0.3) * v
        half = (0.045 + 0.15 * v**1.2) / stage.across
        edge = np.abs(stage.x - centre) - half + 0.008 * (spots + 0.5) * (0.3 + v)
        sand = mix(light.lit(hexed("#e8cfa6")), light.ground(0.35), 0.12)
        stones = stage.fbm("stones", 26, 3, stretch=2.5)[..., None]
        yield Plate(
            (step(0.003, -0.003, edge) * (v > 0)).astype(np.float32),
            np.clip(sand * (0.86 + 0.24 * stones), 0, 1),
            0.92,
            "detail",
            line=0.5,
        )

    def arch(self) -> Iterator[Plate]:
        """An arch over the path, overgrown."""
        stage, light = self.stage, self.light
        far = np.hypot((stage.x - 0.5) * stage.across, np.minimum(stage.y - 0.455, 0) * stage.down)
        shape = stage.fbm("arch", 30, 4, 0.6)
        ring = step(0.022, 0.012, np.abs(far - 0.105) - 0.016 * (shape - 0.3)) * (stage.y < 0.64)
        yield Plate(ring.astype(np.float32), leafy(light.leaf(0.6), shape, light.key), 0.9, flow=0.9)
        rng = stage.rng("roses")
        dots: list[list[Point]] = []
        for _ in range(46):
            a = rng.uniform(-0.15, np.pi + 0.15)
            x, y = (
                0.5 * stage.w + np.cos(a) * 0.108 * stage.unit,
                0.455 * stage.h
                - max(-0.12, np.sin(a)) * 0.108 * stage.unit
                + (rng.random() * 0.15 * stage.h if abs(np.cos(a)) > 0.95 else 0),
            )
            r = stage.unit * (0.005 + 0.006 * rng.random())
            dots.append([(x + np.cos(t) * r, y + np.sin(t) * r) for t in np.linspace(0, 6.28, 9)])
        yield Plate(polygons(stage.w, stage.h, dots), light.flowers[0], 0.9, "detail", line=0.4)

    def beds(self) -> Iterator[Plate]:
        """Flower beds along both sides of the path."""
        stage, light = self.stage, self.light
        v = np.clip((stage.y - 0.62) / 0.38, 0, 1)
        side = np.abs(stage.x - 0.5 - 0.10 * np.sin(v * 3.4 + 0.3) * v) * stage.across
        shape = stage.fbm("bed", 11, 4, 0.6)
        mask = step(0.10 + 0.20 * v, 0.15 + 0.24 * v, side + 0.12 * (shape - 0.5)) * step(0.0, 0.04, v)
        yield Plate(mask.astype(np.float32), leafy(light.leaf(0.62), stage.fbm("bed.spots", 36, 3), light.key), 0.87, flow=1.2)
        for plate in flowers(stage, "beds", 0.64, 0.98, 560, 0.016):
            plate.mask = plate.mask * mask
            yield plate

    def front(self) -> Iterator[Plate]:
        """The nearest flowers, at the sides."""
        stage = self.stage
        open_middle = step(0.16, 0.24, np.abs(stage.x - 0.5))
        for part in (partial(grass, stage, "front", 1.0, 0.10, 1.0), partial(flowers, stage, "front", 0.93, 1.0, 22, 0.030)):
            for plate in part():
                plate.mask = plate.mask * open_middle
                yield plate
