"""Under water: shafts of light from above, rocks fading into blue, coral and weed on the sand, bubbles."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..canvas import Plate
from ..colour import Colour, hexed, mix, ramp, towards
from ..noise import step
from .base import Step
from .reef import Reef


class Underwater(Reef):
    """Everything floats, except what belongs on the sand."""

    grounded = False
    size = 1.28
    shade = 0.5
    haze = 1.3
    horizon = 0.0
    footing = (0.80, 0.95)

    def steps(self) -> list[Step]:
        """Water, light, rocks, sand, coral, weed, bubbles."""
        night = self.light.night
        tones = (
            ("#c9f1e6", "#6fcbd2", "#2d8bb5", "#144a86", "#0b2356")
            if night < 0.5
            else ("#5fa8c4", "#2f6f9e", "#1b4580", "#102a5c", "#0a163a")
        )
        self.tones: list[Colour] = [
            mix(towards(hexed(c), self.light.palette, 0.7), self.light.sky[min(3, i)], 0.14) for i, c in enumerate(tones)
        ]
        return [
            Step("deep water", 1.0, self.deep),
            Step("light from above", 0.98, self.rays),
            Step("far rocks", 0.95, partial(self.rocks, 0)),
            Step("a reef", 0.92, partial(self.rocks, 1)),
            Step("sand", 0.90, self.sand),
            Step("coral", 0.86, self.coral),
            Step("weed in front", -0.04, self.weed),
            Step("bubbles", -0.06, self.bubbles),
        ]

    def deep(self) -> Iterator[Plate]:
        """Bright above, dark below."""
        stage = self.stage
        t = (
            stage.y * 1.05
            + 0.16 * (stage.fbm("deep", 2, 4, coarse=4) - 0.5)
            + 0.25 * np.clip(stage.far(self.light.x, -0.1) - 0.55, 0, 1)
        )
        yield stage.wash(ramp(np.clip(t, 0, 1), self.tones))

    def rays(self) -> Iterator[Plate]:
        """Shafts fanning out from the surface, and its glitter."""
        stage, light = self.stage, self.light
        angle = np.arctan2((stage.x - light.x) * stage.across, (stage.y + 0.35) * stage.down)
        rays = stage.rng("rays").random(160).astype(np.float32)
        ray = np.interp(angle.ravel(), np.linspace(-1.6, 1.6, 160), rays).reshape(angle.shape)
        ray = step(0.45, 1.0, ray) * step(1.0, 0.05, stage.y) * np.exp(-((angle / 0.75) ** 2))
        yield Plate((0.42 * ray).astype(np.float32), self.tones[0], 0.98, "light", line=0)
        ripple = np.abs(stage.fbm("ripple", 9, 3, stretch=3.5) - 0.5)
        glitter = step(0.10, 0.0, ripple) * step(0.16, 0.0, stage.y) * 0.7
        yield Plate(glitter.astype(np.float32), mix(self.tones[0], light.sun, 0.5), 0.98, "light", line=0)

    def rocks(self, i: int) -> Iterator[Plate]:
        """Rock on both sides, open in the middle."""
        stage = self.stage
        side = np.abs(stage.x[0] - 0.5) * 2
        edge = (
            0.92 - (0.52, 0.40)[i] * np.clip(side - 0.22, 0, 1) ** 1.2 - 0.20 * (stage.line(f"rock{i}", 3.5 + 2 * i, 6) - 0.5)
        ).astype(np.float32)
        tone = mix(self.tones[3], self.tones[2], 0.55 - 0.45 * i)
        grit = stage.fbm(f"grit{i}", 16, 5, 0.6)[..., None] - 0.5
        down = np.clip((stage.y - edge[None, :]) / 0.3, 0, 1)[..., None]
        colour = tone * (1 + 0.22 * grit) + (self.tones[1] - tone) * (0.22 * np.exp(-down * 8))
        yield Plate(stage.below(edge, 2), np.clip(colour, 0, 1).astype(np.float32), 0.95 - 0.04 * i, flow=0.9)

    def sand(self) -> Iterator[Plate]:
        """A rippled floor with a net of light on it."""
        stage, light = self.stage, self.light
        edge = (0.865 - 0.035 * (stage.line("sand", 2, 3) - 0.5)).astype(np.float32)
        sand = mix(mix(light.lit(hexed("#ecd9ae")), self.tones[2], 0.42 + 0.15 * light.night), self.tones[1], 0.15)
        v = np.clip((stage.y - 0.85) / 0.15, 0, 1)
        net = np.abs(stage.fbm("net", 7, 3, 0.4, stretch=4) - 0.5)
        ripple = np.sin(np.sqrt(np.clip(stage.y - 0.8, 0, 1)) * 150 + 9 * stage.fbm("sand.ripple", 2.5, 3, coarse=3))
        colour = (
            sand * (1 + 0.05 * ripple[..., None] * v[..., None] - 0.10 * v[..., None])
            + 0.20 * (step(0.05, 0.0, net) * (0.4 + 0.6 * v))[..., None]
        )
        yield Plate(stage.below(edge, 5), np.clip(colour, 0, 1).astype(np.float32), 0.9, line=0.5)

    def bubbles(self) -> Iterator[Plate]:
        """A few strings of bubbles."""
        stage = self.stage
        rng = stage.rng("bubbles")
        ring = np.zeros((stage.h, stage.w), np.float32)
        for _ in range(4):
            x, y = rng.random(), 0.2 + 0.6 * rng.random()
            for k in range(6):
                r = 0.004 + 0.008 * rng.random()
                far = stage.far(x + 0.02 * np.sin(k * 1.7), y - 0.05 * k) / r
                ring = np.maximum(
                    ring,
                    np.exp(-(((far - 0.9) / 0.16) ** 2)) * 0.7
                    + step(1, 0.8, far) * 0.12
                    + np.exp(-((stage.far(x + 0.02 * np.sin(k * 1.7) - r * 0.3, y - 0.05 * k - r * 0.35) / (r * 0.25)) ** 2)),
                )
        yield Plate(np.clip(ring, 0, 0.9).astype(np.float32), self.tones[0], 0.0, "air", line=0)
