"""Layered hills: ridge behind ridge, mist lying between them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import Field, mix
from ..flora import grass, tree_line
from ..noise import step
from .base import Step, World


class Hills(World):
    """Seven ridges under an open sky, the last one to stand on."""

    horizon = 0.56
    footing = (0.66, 0.95)
    ridges = 6

    def steps(self) -> list[Step]:
        """Sky, light, ridges from far to near, the grass in front."""
        stage = self.stage
        out = [Step("sky", 1.0, partial(sky.sky, stage, self.horizon)), Step("light and clouds", 0.99, self.lights)]
        names = ("farthest hills", "far hills", "blue hills", "middle hills", "near hills", "the ground")
        depths = (0.95, 0.9, 0.8, 0.6, 0.36, 0.30)
        self.edges = [self.edge(i) for i in range(self.ridges)]
        out += [Step(names[i], depths[i], partial(self.ridge, i)) for i in range(self.ridges)]
        out.append(Step("grass in front", -0.05, self.front))
        return out

    def lights(self) -> Iterator[Plate]:
        """The disc and what drifts past it."""
        yield from sky.disc(self.stage, self.horizon)
        yield from sky.clouds(self.stage, self.horizon)

    def edge(self, i: int) -> Field:
        """The line (w,) of ridge i, 0 top .. 1 bottom."""
        t = i / (self.ridges - 1)
        base = 0.40 + 0.40 * t**1.15
        amplitude = 0.17 - 0.11 * t
        rough = self.stage.line(f"ridge{i}", 2.0 + 0.5 * i, 6 if i < 4 else 4, 0.50 - 0.10 * t)
        return (base - amplitude * (rough - 0.4)).astype(np.float32)

    def ridge(self, i: int) -> Iterator[Plate]:
        """One ridge: deeper in colour the nearer it is, dissolving into mist at its foot."""
        stage, light = self.stage, self.light
        t = i / (self.ridges - 1)
        edge = self.edges[i]
        body = light.ground(0.04 + 0.92 * t)
        foot = mix(body, light.haze, max(0.0, 0.72 - 0.62 * t) * (0.7 + 0.5 * light.fog))
        depth = np.clip((stage.y - edge[None, :]) / (0.20 + 0.1 * t), 0, 1)[..., None]
        colour = body + (foot - body) * step(0, 1, depth)
        wash = stage.fbm(f"wash{i}", 4, 4, 0.6, coarse=3)[..., None] - 0.5
        toward = np.exp(-(((stage.x - light.x) / 0.35) ** 2))[..., None] * (1 - 0.5 * light.night)
        colour = colour * (1 + 0.10 * wash) + (light.sun - colour) * toward * (0.16 - 0.10 * t) * (1 - depth)
        mask = stage.below(edge)
        if 2 <= i <= 4:
            mask = np.maximum(mask, tree_line(stage, f"trees{i}", edge, 0.008 + 0.012 * (i - 1), 0.30 + 0.12 * i))
        yield Plate(mask, colour.astype(np.float32), 1 - 0.72 * t, "land", flow=0.12 * (1 if i % 2 else -1))

    def front(self) -> Iterator[Plate]:
        """Blades along the lower edge."""
        yield from grass(self.stage, "front", 0.985, 0.10, 1.0)
