"""Mountains: snow-capped ranges with a lit and a shaded side, pines at their feet, a meadow to stand on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import hexed, mix
from ..flora import conifers, flowers, grass
from ..noise import step
from ..scenery import faces, floor, mist
from .base import Step, World


class Mountains(World):
    """Three ranges behind a valley."""

    horizon = 0.60
    footing = (0.72, 0.94)

    def steps(self) -> list[Step]:
        """Sky, ranges, valley mist, pines, meadow."""
        stage = self.stage
        return [
            Step("sky", 1.0, partial(sky.sky, stage, self.horizon)),
            Step("light and clouds", 0.99, self.lights),
            Step("far range", 0.97, partial(self.range, 0)),
            Step("the great peak", 0.94, partial(self.range, 1)),
            Step("foothills", 0.90, partial(self.range, 2)),
            Step("pines", 0.86, self.pines),
            Step("alpine meadow", 0.84, self.meadow),
            Step("grass in front", -0.05, self.front),
        ]

    def lights(self) -> Iterator[Plate]:
        """Disc and clouds."""
        yield from sky.disc(self.stage, self.horizon * 0.7)
        yield from sky.clouds(self.stage, self.horizon)

    def range(self, i: int) -> Iterator[Plate]:
        """One range; the middle one carries the peak, away from the light."""
        stage, light = self.stage, self.light
        base, amplitude = ((0.44, 0.16), (0.56, 0.22), (0.66, 0.13))[i]
        rough = stage.line(f"range{i}", (3.4, 2.2, 3.0)[i], 8, 0.50)
        edge = base - amplitude * (rough - 0.45)
        if i == 1:
            peak = 0.5 + (0.5 - light.x) * 0.45
            d = np.abs(stage.x[0] - peak) * stage.across
            edge = edge * 0.35 + 0.65 * (0.12 + 0.62 * d**0.82 - 0.10 * (rough - 0.5))
        edge = edge.astype(np.float32)
        t = (0.12, 0.40, 0.66)[i]
        away = (0.62, 0.30, 0.16)[i]
        rock = light.ground(t + 0.12)
        colour, side = faces(
            stage,
            f"range{i}",
            edge,
            light.veil(mix(rock, light.key, 0.30), away),
            light.veil(mix(rock * 0.86, light.ambient, 0.22), away),
        )
        down = np.clip(stage.y - edge[None, :], 0, 1)
        if i < 2:
            line = (
                (0.13, 0.19)[i]
                + 0.16 * (stage.fbm(f"snow{i}", 14, 5, 0.6) - 0.5)
                + (0.12 if stage.scene.season == "winter" else 0)
            )
            snow = step(0.02, -0.02, down - line * (0.4 + 0.75 * side))[..., None]
            white = mix(light.key, hexed("#ffffff"), 0.5 * (1 - light.night))
            lit, shaded = (
                light.veil(white, away * 0.6),
                light.veil(mix(white, light.ambient, 0.55 + 0.1 * light.night), away * 0.7),
            )
            colour = colour + (shaded + (lit - shaded) * side[..., None] - colour) * snow
        foot = step(0.10, 0.42, down)[..., None] * (0.62 - 0.16 * i)
        yield Plate(
            stage.below(edge),
            (colour + (light.haze - colour) * foot).astype(np.float32),
            0.95 - 0.06 * i,
            flow=0.9 if light.x < 0.5 else -0.9,
        )

    def pines(self) -> Iterator[Plate]:
        """Valley mist and a dark line of pines with a second, paler one behind."""
        stage, light = self.stage, self.light
        yield mist(stage, "valley", 0.66, 0.05, 0.7 + 0.3 * light.fog, 0.9)
        yield Plate(conifers(stage, "back", 0.71, 0.085, 46), light.veil(light.leaf(0.72), 0.45), 0.88, flow=1.5)
        yield Plate(conifers(stage, "near", 0.735, 0.125, 30), mix(light.leaf(0.9), light.ground(0.9), 0.4), 0.86, flow=1.5)

    def meadow(self) -> Iterator[Plate]:
        """The ground."""
        stage, light = self.stage, self.light
        yield floor(
            stage,
            0.725,
            mix(light.leaf(0.45), light.ground(0.5), 0.3),
            mix(light.leaf(0.85), light.ground(0.9), 0.3),
            "meadow",
            0.14,
        )
        yield from grass(stage, "middle", 0.82, 0.03, 0.5, 0.8)
        if stage.scene.season in ("spring", "summer"):
            yield from flowers(stage, "alp", 0.76, 0.99, 120, 0.010)

    def front(self) -> Iterator[Plate]:
        """Blades along the lower edge."""
        yield from grass(self.stage, "front", 1.0, 0.08, 1.0)
