"""The open sky: banks of cloud as far as one sees, lit from one side."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import hexed, mix, tuned
from ..noise import blur, slope, step
from .base import Step, World


class Heavens(World):
    """Above the clouds."""

    grounded = False
    size = 1.15
    shade = 0.0
    horizon = 0.95

    def steps(self) -> list[Step]:
        """Sky, disc, cloud banks from far to near."""
        stage = self.stage
        return [
            Step("sky", 1.0, partial(sky.sky, stage, 0.95)),
            Step("light", 0.99, partial(sky.disc, stage, 0.7, 1.2)),
            Step("high cloud", 0.98, partial(sky.clouds, stage, 0.7, 0.5)),
            Step("far banks", 0.95, partial(self.bank, 0)),
            Step("cloud towers", 0.90, partial(self.bank, 1)),
            Step("clouds below", 0.85, partial(self.bank, 2)),
            Step("cloud in front", -0.05, partial(self.bank, 3)),
        ]

    def bank(self, i: int) -> Iterator[Plate]:
        """One bank of cumulus: heaped round heads, bright towards the light, dissolving at the foot."""
        stage, light = self.stage, self.light
        rng = stage.rng(f"bank{i}")
        base, size, count = ((0.70, 0.055, 26), (0.78, 0.10, 17), (0.90, 0.13, 14), (1.03, 0.12, 12))[i]
        swell = stage.line(f"swell{i}", 2.0, 3)
        high = (0.14, 0.26, 0.14, 0.07)[i]
        heap = np.full((stage.h, stage.w), -1.0, np.float32)
        for _ in range(int(count * max(0.8, stage.across))):
            x = rng.uniform(-0.05, 1.05)
            lift = float(swell[int(np.clip(x, 0, 0.999) * stage.w)]) ** 1.6
            y = base - high * lift * rng.uniform(0.2, 1.0) * (1.0 if i != 1 else 0.5 + abs(x - 0.5) * 1.4)
            r = size * rng.uniform(0.6, 1.2)
            far = 1 - stage.far(x, y) / r
            heap = np.maximum(heap, far)
        heap = np.maximum(heap, (stage.y - base) / 0.10)
        puff = stage.fbm(f"puff{i}", 9, 5, 0.58) - 0.5
        mask = step(-0.02, 0.16 + 0.1 * (i == 0), heap + 0.75 * puff)
        gy, gx = slope(blur(np.clip(heap + 0.45 * puff, -0.2, 1.4).astype(np.float32), stage.unit * 0.010))
        towards = np.tanh((stage.x - light.x) * 6)
        lit = np.clip(0.16 + 0.50 * np.clip(heap, 0, 1) + (gy * 0.9 + gx * towards * 0.5) * stage.unit * 0.14 + 0.16 * puff, 0, 1)
        storm = stage.scene.weather in ("storm", "rain")
        bright = mix(
            mix(light.sun, hexed("#ffffff"), 0.45 * (1 - light.night)),
            light.sky[2],
            (0.42, 0.2, 0.08, 0.05)[i] + 0.42 * light.night + 0.3 * storm,
        )
        dark = mix(tuned(mix(light.sky[0], light.ambient, 0.35), -0.02), light.haze, (0.42, 0.22, 0.06, 0.0)[i])
        if storm:
            dark = dark * np.float32(0.72)
        colour = dark + (bright - dark) * lit[..., None]
        foot = step(base - 0.04, base + 0.14, stage.y)[..., None] * 0.6
        soft = mix(dark, light.haze, 0.5)
        yield Plate(
            mask * (0.9 if i < 3 else 0.82),
            (colour + (soft - colour) * foot).astype(np.float32),
            0.95 - 0.05 * i,
            "land" if i else "air",
            flow=0.3,
            line=0.5,
        )
