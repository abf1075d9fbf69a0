"""Space: a nebula in two colours, stars of every size, a planet with its night side and rings."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from ..canvas import Plate
from ..colour import Colour, Field, hexed, mix, ramp, towards, tuned
from ..noise import blur, step, warp
from .base import Step, World


class Space(World):
    """Nothing to stand on."""

    grounded = False
    size = 1.28
    shade = 0.0
    haze = 0.0
    horizon = 1.2

    def steps(self) -> list[Step]:
        """Dark, nebula, stars, planets, dust."""
        rng = self.rng
        sets = (
            ("#0a0d26", "#2a2f7a", "#8a4fa8", "#f09a9a"),
            ("#07131f", "#12485c", "#3a9a96", "#f3d9a0"),
            ("#120a22", "#4a1f5c", "#b0436e", "#ffb27a"),
            ("#070a1e", "#1d2f7a", "#4a86d8", "#d8e6ff"),
        )
        tones = sets[int(rng.integers(0, len(sets)))]
        self.tones: list[Colour] = [towards(hexed(c), self.light.palette, 0.75) for c in tones]
        self.side = -1.0 if self.light.x > 0.5 else 1.0
        return [
            Step("the dark", 1.0, lambda: iter([self.stage.wash(self.tones[0], 1.0)])),
            Step("nebula", 0.99, self.nebula),
            Step("stars", 0.98, self.stars),
            Step("the planet", 0.95, partial(self.planet, 0.5 + self.side * 0.36, 0.84, 0.30, True)),
            Step("a moon", 0.93, partial(self.planet, 0.5 - self.side * 0.34, 0.20, 0.060, False)),
            Step("star dust", 0.90, self.dust),
        ]

    def nebula(self) -> Iterator[Plate]:
        """Clouds of light folded into each other."""
        stage = self.stage
        reach = stage.unit * 0.25
        a, b = stage.fbm("a", 2, 5, coarse=3), stage.fbm("b", 2, 5, coarse=3)
        cloud = warp(stage.fbm("cloud", 2.4, 7, 0.55), reach * (a - 0.5), reach * (b - 0.5))
        lane = np.exp(-(((stage.y - 0.5 - self.side * 0.55 * (stage.x - 0.5) + 0.2 * (a - 0.5)) / 0.26) ** 2))
        tone = np.clip(cloud * (0.35 + 0.85 * lane), 0, 1) ** 1.35
        colour = ramp(tone, self.tones)
        veins = step(0.52, 0.60, warp(b, reach * (cloud - 0.5), reach * (a - 0.5))) * 0.35
        yield stage.wash(np.clip(colour * (1 - veins[..., None] * 0.6), 0, 1).astype(np.float32), 0.99)

    def stars(self) -> Iterator[Plate]:
        """Small ones everywhere, a few with rays."""
        stage = self.stage
        rng = stage.rng("stars")
        field = np.zeros((stage.h, stage.w), np.float32)
        n = int(900 * stage.across * stage.down)
        field[rng.integers(0, stage.h, n), rng.integers(0, stage.w, n)] = rng.random(n) ** 2.5
        scale = stage.unit / 768
        glow = np.clip(field + 2.6 * blur(field, 1.2 * scale) * scale, 0, 1)
        for _ in range(9):
            far_x, far_y = (stage.x - rng.random()) * stage.across, (stage.y - rng.random()) * stage.down
            r = 0.004 + 0.006 * rng.random()
            ray = np.exp(-np.abs(far_x) / (r * 3.2) - (far_y / (r * 0.22)) ** 2) + np.exp(
                -np.abs(far_y) / (r * 3.2) - (far_x / (r * 0.22)) ** 2
            )
            glow = np.maximum(glow, np.clip(ray + np.exp(-((np.hypot(far_x, far_y) / r) ** 2)), 0, 1))
        yield Plate(glow.astype(np.float32), mix(self.light.sun, hexed("#ffffff"), 0.5), 0.98, "light", line=0)

    def planet(self, x: float, y: float, radius: float, rings: bool) -> Iterator[Plate]:
        """A ball with bands or craters, lit from the side of the light."""
        stage = self.stage
        dx, dy = (stage.x - x) * stage.across, (stage.y - y) * stage.down
        far = np.hypot(dx, dy)
        ball = np.clip((radius - far) * stage.unit / 1.5 + 0.5, 0, 1).astype(np.float32)
        lit = np.clip(
            (-dx * self.side * -1 * 0.75 - dy * 0.65) / radius * 0.75 + 0.45 * np.sqrt(np.clip(1 - (far / radius) ** 2, 0, 1)),
            0,
            1,
        )
        texture = stage.fbm(f"planet{radius}", 3 if rings else 22, 5, 0.55, stretch=9 if rings else 1)
        base = (
            (self.tones[3], self.tones[2], tuned(self.tones[1], 0.12))
            if rings
            else (hexed("#f4ead6"), hexed("#b8aca6"), hexed("#8d8591"))
        )
        colour = ramp(np.clip(texture + 0.15 * np.sin(dy * 60), 0, 1), base)
        dark = self.tones[0] * 0.8
        air = 0.34 * np.exp(-np.clip(far - radius, 0, 1) / (radius * 0.10)) * (far > radius * 0.97)
        yield Plate(air.astype(np.float32), self.tones[3], 0.95, "light", line=0)
        back, front = self.ring(dx, dy, radius) if rings else (None, None)
        if back is not None:
            yield Plate(back * (1 - ball), mix(self.tones[3], hexed("#ffffff"), 0.25), 0.95, "detail", line=0)
        yield Plate(ball, (dark + (colour - dark) * lit[..., None]).astype(np.float32), 0.95, "land", flow=0.3)
        if front is not None:
            yield Plate(front, mix(self.tones[3], hexed("#ffffff"), 0.25), 0.94, "detail", line=0)

    def ring(self, dx: Field, dy: Field, radius: float) -> tuple[Field, Field]:
        """The ring's far and near half."""
        turn = 0.35 * self.side
        u, v = dx * np.cos(turn) + dy * np.sin(turn), -dx * np.sin(turn) + dy * np.cos(turn)
        r = np.hypot(u, v / 0.24) / radius
        band = (
            step(1.28, 1.34, r)
            * step(2.02, 1.94, r)
            * (0.35 + 0.65 * step(-0.4, 0.6, np.sin(r * 46)))
            * (1 - 0.85 * np.exp(-(((r - 1.68) / 0.035) ** 2)))
        )
        return (band * (v < 0) * 0.8).astype(np.float32), (band * (v >= 0) * 0.85).astype(np.float32)

    def dust(self) -> Iterator[Plate]:
        """A last veil of light across everything."""
        stage = self.stage
        veil = 0.16 * np.exp(-((stage.far(self.light.x, 0.3) / 0.4) ** 2))
        yield Plate(veil.astype(np.float32), self.tones[3], 0.9, "light", line=0)
