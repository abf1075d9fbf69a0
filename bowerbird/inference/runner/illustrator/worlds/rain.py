"""Rain on a window: the lights of a town out of focus, drops on the glass, a sill in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..canvas import Plate
from ..colour import Colour, Field, hexed, mix, ramp, towards, tuned
from ..noise import step
from .base import Step, World


class Rain(World):
    """Indoors, looking out."""

    horizon = 0.80
    footing = (0.845, 0.935)
    haze = 0.0

    def steps(self) -> list[Step]:
        """Dark, lights, drops, trickles, sill."""
        light = self.light
        dark = ("#0b1230", "#1c2a5c", "#3a4a80") if light.night > 0.3 else ("#24324f", "#4a607f", "#8a9fb2")
        self.tones: list[Colour] = [mix(towards(hexed(c), light.palette, 0.7), light.sky[i], 0.22) for i, c in enumerate(dark)]
        warm = ("#ffb35c", "#ff7a6a", "#ffd98a", "#7ab8ff", "#f29ac0")
        self.lamps: list[Colour] = [towards(hexed(c), light.palette, 0.35) for c in warm]
        return [
            Step("the wet dark", 1.0, self.back),
            Step("far lights", 0.99, self.far),
            Step("lights out of focus", 0.98, self.near),
            Step("drops on the glass", 0.96, self.drops),
            Step("trickles", 0.95, self.trickles),
            Step("the sill", 0.90, self.sill),
        ]

    def back(self) -> Iterator[Plate]:
        """The evening outside."""
        stage = self.stage
        yield stage.wash(ramp(np.clip(stage.y * 1.1 + 0.3 * (stage.fbm("back", 2.5, 4, coarse=4) - 0.5), 0, 1), self.tones))

    def discs(self, key: str, count: int, low: float, high: float, power: float) -> Iterator[Plate]:
        """Out-of-focus lights: flat discs with a slightly brighter rim."""
        stage = self.stage
        rng = stage.rng(key)
        sums: list[Field] = [np.zeros((stage.h, stage.w), np.float32) for _ in self.lamps]
        for _ in range(int(count * max(0.8, stage.across))):
            x, y, r = rng.random(), rng.normal(0.52, 0.15), rng.uniform(low, high)
            far = stage.far(x, y) / r
            k = int(rng.integers(0, len(self.lamps)))
            sums[k] = 1 - (1 - sums[k]) * (
                1 - step(1.06, 0.94, far) * (0.55 + 0.45 * step(0.6, 1.0, far)) * rng.uniform(0.25, 0.8) * power
            )
        for colour, mask in zip(self.lamps, sums, strict=True):
            yield Plate(mask, colour, 0.98, "light", line=0.0)

    def far(self) -> Iterator[Plate]:
        """Small, many."""
        yield from self.discs("far", 46, 0.008, 0.022, 0.75)

    def near(self) -> Iterator[Plate]:
        """Large, few."""
        yield from self.discs("near", 30, 0.030, 0.075, 0.55)

    def drops(self) -> Iterator[Plate]:
        """Drops: each a small lens that shows the lights upside down, bright below and dark above."""
        stage = self.stage
        rng = stage.rng("drops")
        body: Field = np.zeros((stage.h, stage.w), np.float32)
        upside: Field = np.zeros((stage.h, stage.w), np.float32)
        gleam: Field = np.zeros((stage.h, stage.w), np.float32)
        for _ in range(int(520 * stage.across * stage.down)):
            r = stage.unit * rng.uniform(0.002, 0.009) * (1 + 0.9 * (rng.random() > 0.9))
            x, y = rng.random() * stage.w, rng.random() * stage.h
            x0, x1, y0, y1 = (
                int(max(0, x - r * 2)),
                int(min(stage.w, x + r * 2 + 1)),
                int(max(0, y - r * 2)),
                int(min(stage.h, y + r * 2 + 1)),
            )
            if x1 - x0 < 2 or y1 - y0 < 2:
                continue
            dx, dy = np.arange(x0, x1, dtype=np.float32)[None, :] - x, np.arange(y0, y1, dtype=np.float32)[:, None] - y
            m = step(1.0, 0.75, np.hypot(dx * 1.08, dy * 0.92) / r)
            part = (slice(y0, y1), slice(x0, x1))
            body[part] = np.maximum(body[part], m)
            upside[part] = np.where(m > 0.3, np.clip(0.45 + dy / r * 0.5, 0, 1), upside[part]).astype(np.float32)
            gleam[part] = np.maximum(gleam[part], np.exp(-((np.hypot(dx + r * 0.3, dy + r * 0.38) / (r * 0.24)) ** 2)))
        tones = [tuned(self.tones[0], -0.04), mix(self.tones[1], self.lamps[2], 0.25), mix(self.tones[2], self.lamps[0], 0.55)]
        yield Plate(body * 0.80, ramp(upside, tones), 0.96, "air", line=0)
        yield Plate(np.clip(gleam, 0, 1) * 0.85, hexed("#ffffff"), 0.96, "light", line=0)

    def trickles(self) -> Iterator[Plate]:
        """Tracks of drops that have run."""
        stage = self.stage
        rng = stage.rng("trickles")
        mask = np.zeros((stage.h, stage.w), np.float32)
        for _ in range(13):
            x, y0, long = rng.random(), rng.random() * 0.6, rng.uniform(0.12, 0.4)
            path = x + 0.010 * np.sin(stage.y * rng.uniform(14, 30) + rng.random() * 6)
            mask = np.maximum(
                mask,
                np.exp(-(((stage.x - path) * stage.across / 0.0034) ** 2))
                * step(y0, y0 + 0.1, stage.y)
                * step(y0 + long, y0 + long - 0.01, stage.y),
            )
        yield Plate(mask * 0.5, mix(self.tones[2], self.lamps[2], 0.3), 0.95, "air", line=0)
        yield Plate(np.clip(np.roll(mask, 2, 1) - mask, 0, 1) * 0.4, self.tones[0], 0.95, "air", line=0)

    def sill(self) -> Iterator[Plate]:
        """A wooden sill, with the lights' glow along its edge, and the window's frame."""
        stage, light = self.stage, self.light
        wood = mix(mix(hexed("#8a5f45"), self.tones[0], 0.40 + 0.2 * light.night), self.lamps[0], 0.08)
        grain = stage.fbm("sill", 12, 4, stretch=14) - 0.5
        v = np.clip((stage.y - 0.80) / 0.20, 0, 1)
        glow = np.exp(-((v / 0.25) ** 2)) * (0.35 + 0.65 * np.exp(-(((stage.x - 0.5) / 0.35) ** 2)))
        colour = wood * (1.0 + 0.22 * grain - 0.25 * v)[..., None] + (self.lamps[0] - wood) * (0.34 * glow)[..., None]
        frame = step(0.030, 0.028, np.minimum(stage.x, 1 - stage.x) * stage.across + 0 * stage.y)
        yield Plate(frame.astype(np.float32), tuned(wood, -0.05), 0.92, flow=1.57)
        yield Plate(stage.below(np.full(stage.w, 0.80, np.float32)), np.clip(colour, 0, 1).astype(np.float32), 0.9, flow=0.0)
