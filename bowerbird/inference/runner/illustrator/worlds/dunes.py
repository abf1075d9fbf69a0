"""Dunes: sand in long curves, each with a sunlit and a shaded flank, rippled by the wind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import hexed, mix, towards
from ..noise import step
from .base import Step, World


class Dunes(World):
    """Six dunes under a wide sky."""

    horizon = 0.50
    footing = (0.66, 0.92)
    count = 6

    def steps(self) -> list[Step]:
        """Sky, disc, dunes from far to near."""
        stage = self.stage
        light = self.light
        sand = [light.lit(towards(hexed(c), light.palette, 0.6)) for c in ("#f3d9a6", "#e9b878", "#cf8f52", "#9a5c40")]
        self.lit = (mix(sand[0], light.haze, 0.35), sand[0], mix(sand[1], sand[0], 0.4), sand[1])
        shade = [mix(c, light.ambient, 0.34 + 0.12 * light.night) for c in (sand[1], sand[2], sand[3])]
        self.dark = (mix(shade[0], light.haze, 0.30), shade[1], mix(shade[2], light.ground(0.9), 0.45))
        names = ("the horizon", "far dunes", "dunes", "nearer dunes", "long shadows", "sand in front")
        out = [Step("sky", 1.0, partial(sky.sky, stage, self.horizon)), Step("the sun's glow", 0.99, self.lights)]
        depths = (0.95, 0.92, 0.8, 0.62, 0.42, 0.30)
        return out + [Step(names[i], depths[i], partial(self.dune, i)) for i in range(self.count)]

    def lights(self) -> Iterator[Plate]:
        """A large disc; thin clouds at most."""
        yield from sky.disc(self.stage, self.horizon, 1.15)
        yield from sky.clouds(self.stage, self.horizon, self.light.clouds * 0.6)

    def dune(self, i: int) -> Iterator[Plate]:
        """One dune: a crest line divides light from shade."""
        stage, light = self.stage, self.light
        t = i / (self.count - 1)
        edge = 0.47 + 0.30 * t - (0.13 - 0.03 * t) * (stage.line(f"dune{i}", 1.3 + 0.35 * i, 2, 0.35) - 0.42)
        edge = edge.astype(np.float32)
        down = stage.y - edge[None, :]
        crest = stage.fbm(f"crest{i}", 1.6, 2, coarse=4) * 0.20 + 0.02
        reach = np.clip(0.15 + 1.7 * stage.line(f"reach{i}", 1.9, 2)[None, :] - 0.5, 0, 2)
        side = step(-0.008, 0.010, down - crest * reach)
        lit, dark = np.array(self.lit), np.array(self.dark)
        a = lit[min(3, int(t * 3.99))]
        b = dark[min(2, int(t * 2.99))]
        ripple = np.sin(
            (stage.y * stage.down + 0.10 * stage.x) * 240 * (1.25 - 0.5 * t) + 26 * stage.fbm(f"ripple{i}", 2.6, 3, coarse=3)
        )
        colour = a + (b - a) * side[..., None]
        soft = 1 + (0.030 * ripple * (1 - side) - 0.13 * step(0, 0.4, down))
        toward = np.exp(-(((stage.x - light.x) / 0.3) ** 2) - (down / 0.10) ** 2) * (1 - side)
        colour = colour * soft[..., None] + (light.sun - colour) * (0.30 * toward * light.disc)[..., None]
        grainy = stage.rng(f"sand{i}").normal(0, 0.014, (stage.h, stage.w)).astype(np.float32)
        yield Plate(
            stage.below(edge),
            np.clip(colour + grainy[..., None], 0, 1).astype(np.float32),
            1 - 0.72 * t,
            flow=0.25 if i % 2 else -0.25,
            line=0.7,
        )
