"""A lake: still water holding the mountains upside down, reeds and a shore in front."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import hexed, mix
from ..flora import conifers, grass
from ..noise import step
from ..scenery import faces, floor, mist, reflected, water
from .base import Step, World


class Lake(World):
    """Mountains, their mirror, a grassy bank."""

    horizon = 0.54
    footing = (0.875, 0.955)
    water = (0.60, 0.84)
    wet = 0.0

    def steps(self) -> list[Step]:
        """Sky and water first, so that each range can be laid together with its image."""
        stage = self.stage
        return [
            Step("sky", 1.0, partial(sky.sky, stage, self.horizon)),
            Step("light and clouds", 0.995, self.lights),
            Step("water", 0.99, self.still),
            Step("far range and its image", 0.97, partial(self.range, 0)),
            Step("near range and its image", 0.95, partial(self.range, 1)),
            Step("trees at the shore", 0.92, self.trees),
            Step("breath on the water", 0.91, self.breath),
            Step("the bank", 0.30, self.bank),
            Step("reeds", -0.05, self.reeds),
        ]

    def lights(self) -> Iterator[Plate]:
        """Disc and clouds."""
        yield from sky.disc(self.stage, self.horizon * 0.85)
        yield from sky.clouds(self.stage, self.horizon)

    def still(self) -> Iterator[Plate]:
        """The water under its sky."""
        light = self.light
        yield from water(self.stage, "lake", self.horizon, mix(light.ground(0.75), light.sky[0], 0.45), 0.99, 0.7)

    def range(self, i: int) -> Iterator[Plate]:
        """One range and its image."""
        stage, light = self.stage, self.light
        rough = stage.line(f"range{i}", (2.6, 3.2)[i], 7, 0.48)
        valley = np.exp(-(((stage.x[0] - light.x) / 0.22) ** 2)) * (0.10, 0.06)[i]
        edge = (self.horizon - (0.10, 0.02)[i] - (0.24, 0.13)[i] * (rough - 0.12) + valley).astype(np.float32)
        rock = light.ground((0.28, 0.58)[i])
        away = (0.42, 0.14)[i]
        colour, side = faces(
            stage,
            f"range{i}",
            edge,
            light.veil(mix(rock, light.key, 0.30), away),
            light.veil(mix(rock * 0.86, light.ambient, 0.22), away),
        )
        down = np.clip(stage.y - edge[None, :], 0, 1)
        if i == 0:
            snow = step(0.02, -0.02, down - (0.07 + 0.12 * (stage.fbm("snow", 14, 5, 0.6) - 0.4)) * (0.5 + 0.7 * side))[..., None]
            white = mix(light.key, hexed("#ffffff"), 0.5 * (1 - light.night))
            colour = colour + (mix(white, light.haze, 0.25) * (0.80 + 0.2 * side[..., None]) - colour) * snow
        colour = colour + (light.haze - colour) * (0.45 * step(0.02, 0.24, down))[..., None]
        mask = stage.below(edge) * (stage.y < self.horizon + 0.001)
        plate = Plate(mask.astype(np.float32), colour.astype(np.float32), 0.95 - 0.05 * i, flow=0.8, line=0.7)
        yield plate
        yield reflected(stage, plate, self.horizon, "lake")

    def trees(self) -> Iterator[Plate]:
        """A dark shore line of conifers, with its image."""
        stage, light = self.stage, self.light
        tone = mix(light.leaf(0.82), light.ground(0.85), 0.35)
        line = step(0.09, 0.14, np.abs(stage.x - light.x)) * (np.abs(stage.y - self.horizon) < 0.005)
        mask = conifers(stage, "shore", self.horizon + 0.002, 0.10, 44, (light.x, 0.13)) * (stage.y < self.horizon + 0.003)
        mask = np.maximum(mask, line)
        plate = Plate(mask.astype(np.float32), light.veil(tone, 0.18), 0.92, flow=1.5)
        yield plate
        yield reflected(stage, plate, self.horizon, "lake", 0.8)

    def breath(self) -> Iterator[Plate]:
        """Mist over the water and a few still streaks."""
        stage, light = self.stage, self.light
        yield mist(stage, "lake", self.horizon + 0.005, 0.022, 0.75, 0.91)
        streak = step(0.60, 0.78, stage.fbm("streak", 3, 4, stretch=40)) * step(self.horizon, self.horizon + 0.12, stage.y) * 0.26
        yield Plate(streak.astype(np.float32), mix(light.sky[-1], light.haze, 0.5), 0.91, "air", line=0)

    def bank(self) -> Iterator[Plate]:
        """The near bank."""
        stage, light = self.stage, self.light
        edge = (0.868 + 0.030 * (stage.line("bank", 2.5, 4) - 0.5) + 0.03 * (0.5 - np.abs(stage.x[0] - 0.5))).astype(np.float32)
        ground = floor(
            stage, 0.84, mix(light.leaf(0.5), light.ground(0.6), 0.3), mix(light.leaf(0.95), light.ground(1.0), 0.4), "bank", 0.14
        )
        ground.mask = stage.below(edge, 3)
        ground.depth = 0.3
        yield ground
        yield from grass(stage, "bank", 0.885, 0.035, 0.7, 0.9)

    def reeds(self) -> Iterator[Plate]:
        """Tall reeds at one side, the one away from the light."""
        stage = self.stage
        side = stage.x > 0.74 if self.light.x < 0.5 else stage.x < 0.26
        for plate in grass(stage, "reeds", 1.0, 0.30, 1.0, 0.5):
            plate.mask = plate.mask * side
            yield plate
        yield from grass(stage, "front", 1.01, 0.07, 1.0, 0.8)
