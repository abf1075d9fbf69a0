"""A meadow: a low horizon, a great sky, flowers from here to the trees."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import mix
from ..flora import flowers, grass, tree_line
from ..noise import step
from .base import Step, World


class Meadow(World):
    """Flowers to the horizon."""

    horizon = 0.52
    footing = (0.66, 0.93)

    def steps(self) -> list[Step]:
        """Sky, far hills, a hedge of trees, the field, flowers."""
        stage = self.stage
        return [
            Step("sky", 1.0, partial(sky.sky, stage, self.horizon)),
            Step("light", 0.995, partial(sky.disc, stage, self.horizon)),
            Step("clouds", 0.99, partial(sky.clouds, stage, self.horizon, min(1.0, self.light.clouds + 0.2))),
            Step("far hills", 0.96, self.hills),
            Step("the field", 0.92, self.field),
            Step("grass", 0.88, self.blades),
            Step("flowers", 0.86, partial(flowers, stage, "far", 0.60, 0.90, 320, 0.012)),
            Step("flowers in front", -0.05, self.front),
        ]

    def hills(self) -> Iterator[Plate]:
        """Two pale hills and a row of trees."""
        stage, light = self.stage, self.light
        for i in range(2):
            edge = (self.horizon - 0.03 + 0.035 * i - 0.09 * (stage.line(f"far{i}", 1.8 + i, 4) - 0.35)).astype(np.float32)
            tone = mix(light.ground(0.15 + 0.2 * i), light.leaf(0.2), 0.3)
            mask = np.maximum(stage.below(edge), tree_line(stage, f"far{i}", edge, 0.012 + 0.016 * i, 0.5))
            fade = step(0, 0.14, stage.y - edge[None, :])[..., None] * 0.5
            yield Plate(mask, (tone + (light.haze - tone) * fade).astype(np.float32), 0.97 - 0.02 * i)

    def field(self) -> Iterator[Plate]:
        """Bands of grass that flatten towards the horizon, brightest under the light."""
        stage, light = self.stage, self.light
        edge = (0.565 - 0.02 * (stage.line("field", 2, 3) - 0.5)).astype(np.float32)
        v = np.clip((stage.y - 0.55) / 0.45, 0, 1)
        band = stage.fbm("bands", 4, 5, 0.6, stretch=9, coarse=2) - 0.5
        sway = stage.fbm("sway", 60, 2, stretch=0.35) - 0.5
        tone = np.clip(0.12 + 0.72 * v + 0.45 * band * (1 - 0.4 * v) + 0.22 * sway * v, 0, 1)
        toward = np.exp(-(((stage.x - light.x) / 0.35) ** 2) - (v / 0.5) ** 2)
        colour = light.leaf(np.clip(tone - 0.22 * toward, 0, 1))
        colour = colour + (light.sun - colour) * (0.20 * toward * (1 - 0.5 * light.night))[..., None]
        yield Plate(stage.below(edge), colour.astype(np.float32), 0.9, flow=1.4, line=0.5)

    def blades(self) -> Iterator[Plate]:
        """Three rows of blades."""
        for foot, tall, near in ((0.66, 0.02, 0.15), (0.76, 0.035, 0.4), (0.88, 0.055, 0.7)):
            yield from grass(self.stage, f"row{foot}", foot, tall, near, 1.3)

    def front(self) -> Iterator[Plate]:
        """Large flowers along the edge."""
        yield from grass(self.stage, "front", 1.0, 0.11, 1.0)
        yield from flowers(self.stage, "front", 0.955, 1.0, int(16 * self.stage.across), 0.024)
