"""Snow: soft drifts with blue shadows, pines bowed under white, flakes in the air."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import Colour, hexed, mix
from ..flora import conifers, tree_line
from ..noise import blur, shifted, step
from ..scenery import falling_snow, mist
from .base import Step, World


class Snow(World):
    """Drifts between firs."""

    horizon = 0.54
    footing = (0.68, 0.93)

    def steps(self) -> list[Step]:
        """Sky, firs, drifts, flakes."""
        stage = self.stage
        white = mix(self.light.key, hexed("#ffffff"), 0.55 * (1 - self.light.night))
        self.white: Colour = mix(white, self.light.sky[-1], 0.10 + 0.25 * self.light.night)
        self.blue: Colour = mix(mix(self.white, self.light.ambient, 0.50), self.light.sky[0], 0.12)
        return [
            Step("sky", 1.0, partial(sky.sky, stage, self.horizon)),
            Step("winter light", 0.99, self.lights),
            Step("far white hills", 0.96, partial(self.drift, 0)),
            Step("firs in the mist", 0.93, partial(self.firs, 0)),
            Step("drifts", 0.90, partial(self.drift, 1)),
            Step("snowy firs", 0.87, partial(self.firs, 1)),
            Step("fresh snow", 0.84, partial(self.drift, 2)),
            Step("falling snow", -0.1, self.flakes),
        ]

    def lights(self) -> Iterator[Plate]:
        """Disc and clouds."""
        yield from sky.disc(self.stage, self.horizon)
        yield from sky.clouds(self.stage, self.horizon)

    def drift(self, i: int) -> Iterator[Plate]:
        """One drift: lit along its crest, blue in its hollows."""
        stage, light = self.stage, self.light
        base = (0.50, 0.62, 0.70)[i]
        edge = (base - (0.14, 0.07, 0.06)[i] * (stage.line(f"drift{i}", (2.4, 1.8, 1.3)[i], 4, 0.42) - 0.45)).astype(np.float32)
        down = np.clip(stage.y - edge[None, :], 0, 1)
        hollow = stage.fbm(f"hollow{i}", 2.6, 4, 0.5, stretch=4, coarse=3)
        slope = np.clip(np.gradient(edge) * stage.w * (1 if light.x > 0.5 else -1) * 0.9 + 0.30, 0, 1)[None, :]
        tone = np.clip(0.55 * slope + 0.9 * (hollow - 0.42) + 0.45 * down, 0, 1)[..., None]
        colour = self.white + (self.blue - self.white) * tone
        near = mix(self.blue, light.ground(0.6), 0.25)
        colour = colour + (near - colour) * (np.clip((stage.y - 0.78) / 0.4, 0, 1) * 0.5)[..., None]
        glow = np.exp(-(((stage.x - light.x) / 0.28) ** 2) - (down / 0.08) ** 2)[..., None] * 0.35
        colour = colour + (light.sun - colour) * glow
        spark = (stage.rng(f"spark{i}").random((stage.h, stage.w)) > 0.9985).astype(np.float32) * (i > 0)
        mask = stage.below(edge, 2)
        if i == 0:
            mask = np.maximum(mask, 0.0)
            yield Plate(tree_line(stage, "horizon", edge, 0.022, 0.6), light.veil(light.leaf(0.7), 0.55), 0.96, line=0.3)
        yield Plate(mask, np.clip(colour + 0.5 * spark[..., None], 0, 1).astype(np.float32), 0.95 - 0.06 * i, flow=0.06, line=0.6)

    def firs(self, row: int) -> Iterator[Plate]:
        """Firs with snow on the side that faces up."""
        stage, light = self.stage, self.light
        mask = conifers(stage, f"firs{row}", (0.60, 0.70)[row], (0.19, 0.36)[row], (26, 13)[row], (0.5, (0.0, 0.22)[row]))
        tone = light.veil(mix(light.leaf(0.85), light.ground(0.8), 0.35), (0.6, 0.12)[row])
        yield Plate(mask, tone, 0.9, flow=1.5, line=0.7)
        lift = max(1, round(stage.unit * (0.006, 0.011)[row]))
        cap = np.clip(mask - shifted(mask, lift // 3, lift), 0, 1)
        clumps = step(0.35, 0.6, stage.fbm(f"clumps{row}", 40, 3))
        yield Plate(
            np.clip(blur(cap, 0.8) * clumps * 1.2, 0, 1) * (0.6 + 0.4 * row),
            mix(self.white, light.haze, 0.5 - 0.35 * row),
            0.9,
            "detail",
            line=0,
        )
        if row == 0:
            yield mist(stage, "snow", 0.61, 0.04, 0.8, 0.9)

    def flakes(self) -> Iterator[Plate]:
        """Flakes, more when the words say so."""
        yield falling_snow(self.stage, "snow", 1.4 if self.stage.scene.weather == "snow" else 0.45)
