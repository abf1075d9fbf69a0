"""Northern lights over snow and firs: curtains of light, their glow on the ground."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate
from ..colour import Colour, hexed, mix, ramp, towards
from ..flora import conifers
from ..light import Light
from ..noise import step
from ..stage import Stage
from .base import Step, World


class Aurora(World):
    """Always night, whatever the clock says."""

    horizon = 0.66
    footing = (0.76, 0.94)

    def __init__(self, stage: Stage) -> None:
        super().__init__(stage)
        self.light: Light = stage.light
        sets = (("#46e0a8", "#5aa7ff", "#b18cff"), ("#ff8fb0", "#b18cff", "#5ad0ff"), ("#7af0c0", "#46c8e0", "#e08cff"))
        self.tints: list[Colour] = [
            towards(hexed(c), self.light.palette, 0.7) for c in sets[int(self.rng.integers(0, len(sets)))]
        ]

    def steps(self) -> list[Step]:
        """Night, stars, three curtains, far hills, firs, snow."""
        return [
            Step("the night", 1.0, self.night),
            Step("stars", 0.995, self.stars),
            Step("the first curtain", 0.99, partial(self.curtain, 0)),
            Step("curtains of light", 0.985, self.more),
            Step("far hills", 0.96, self.hills),
            Step("firs", 0.93, self.firs),
            Step("snow", 0.90, self.snow),
        ]

    def night(self) -> Iterator[Plate]:
        """Deep blue, lighter towards the horizon."""
        stage = self.stage
        tones = [
            mix(hexed(c), self.light.sky[min(3, i)], 0.22 * self.light.night)
            for i, c in enumerate(("#070b24", "#0e1d45", "#1e3d6b", "#3e6d8d"))
        ]
        yield stage.wash(ramp(np.clip(stage.y * 1.35 + 0 * stage.x, 0, 1), tones))

    def stars(self) -> Iterator[Plate]:
        """Many stars."""
        mask = sky.stars(self.stage, 0.75)
        yield Plate(mask, hexed("#f2f6ff"), 0.99, "light", line=0)

    def more(self) -> Iterator[Plate]:
        """The second and third curtain."""
        yield from self.curtain(1)
        yield from self.curtain(2)

    def curtain(self, i: int) -> Iterator[Plate]:
        """One curtain: sharp at its lower hem, rising in rays."""
        stage = self.stage
        hem = 0.56 - 0.10 * i + 0.20 * (stage.line(f"hem{i}", 2.0, 3) - 0.5) + 0.03 * (stage.line(f"fold{i}", 9, 3) - 0.5)
        up = hem[None, :] - stage.y
        ray = (0.35 + 0.65 * stage.line(f"ray{i}", 55, 4, 0.75)) * (0.15 + 0.85 * step(0.15, 0.75, stage.line(f"part{i}", 3, 3)))
        tall = 0.26 + 0.24 * stage.line(f"tall{i}", 20, 4, 0.7)
        glow = (
            np.where(up > 0, np.exp(-((np.maximum(up, 0) / tall[None, :]) ** 1.25) * 2.1), np.exp(-((up / 0.014) ** 2)))
            * ray[None, :]
        )
        upper = self.tints[(i + 1) % 3]
        colour = self.tints[i] + (upper - self.tints[i]) * np.clip(up / 0.35, 0, 1)[..., None]
        yield Plate(np.clip(glow * 0.92, 0, 1).astype(np.float32), colour.astype(np.float32), 0.99, "light", line=0)

    def hills(self) -> Iterator[Plate]:
        """Two lines of snowy hills."""
        stage = self.stage
        for i in range(2):
            edge = (0.60 + 0.05 * i - 0.12 * (stage.line(f"hill{i}", 2.4 + i, 6) - 0.45)).astype(np.float32)
            tone = mix(hexed("#3a5f86" if i == 0 else "#1f3d63"), self.tints[0], 0.14)
            fade = step(0, 0.12, stage.y - edge[None, :])[..., None] * 0.45
            yield Plate(
                stage.below(edge), (tone + (mix(tone, self.tints[0], 0.35) - tone) * fade).astype(np.float32), 0.97 - 0.02 * i
            )

    def firs(self) -> Iterator[Plate]:
        """A dark fringe of firs, two deep."""
        stage = self.stage
        yield Plate(conifers(stage, "far", 0.715, 0.085, 60), hexed("#16304f"), 0.94, flow=1.5, line=0.4)
        yield Plate(conifers(stage, "near", 0.76, 0.19, 26, (0.5, 0.17)), hexed("#0a1a33"), 0.92, flow=1.5)

    def snow(self) -> Iterator[Plate]:
        """Snow that takes on the colour of the sky."""
        stage = self.stage
        edge = (0.735 + 0.02 * (stage.line("snow", 2, 4) - 0.5)).astype(np.float32)
        drift = stage.fbm("drift", 3, 5, 0.5, stretch=5, coarse=2) - 0.5
        v = np.clip((stage.y - 0.73) / 0.27, 0, 1)
        tones = [mix(hexed("#9fc0d8"), self.tints[0], 0.30), hexed("#5f86b0"), hexed("#2a4a7a"), hexed("#16294f")]
        colour = ramp(np.clip(0.12 + 0.72 * v + 0.5 * drift, 0, 1), tones)
        glow = np.exp(-((v / 0.5) ** 2))[..., None] * (0.14 + 0.3 * np.clip(drift, 0, 1))[..., None]
        yield Plate(stage.below(edge, 3), (colour + (self.tints[0] - colour) * glow).astype(np.float32), 0.9, flow=0.05)
