"""A canyon: banded walls closing in from both sides, light at the end, a river or dry floor between."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from .. import sky
from ..canvas import Plate, Point, polygons
from ..colour import hexed, mix, ramp, towards, tuned
from ..noise import step
from ..scenery import floor, mist
from .base import Step, World


class Canyon(World):
    """Five pairs of walls."""

    horizon = 0.56
    footing = (0.70, 0.94)
    walls = 5

    def steps(self) -> list[Step]:
        """Sky, walls from far to near, floor between."""
        stage, light = self.stage, self.light
        rock = ("#f2cfa0", "#e3a06a", "#c9704a", "#9c4a3c", "#5f2c34")
        self.rock = tuple(
            mix(
                tuned(light.lit(towards(hexed(c), light.palette, 0.7)), 0.06 * light.night, 1.0 + 0.25 * light.night),
                light.ground(0.25 + 0.16 * i),
                0.18 + 0.10 * light.night,
            )
            for i, c in enumerate(rock)
        )
        names = ("far buttes", "the far walls", "banded walls", "the near walls", "rock in front")
        out = [Step("sky", 1.0, partial(sky.sky, stage, self.horizon)), Step("light", 0.99, self.lights)]
        out += [Step(names[i], (0.96, 0.93, 0.88, 0.84, 0.80)[i], partial(self.wall, i)) for i in range(self.walls)]
        out.insert(5, Step("the canyon floor", 0.86, self.bottom))
        return out

    def lights(self) -> Iterator[Plate]:
        """Disc and a little cloud."""
        yield from sky.disc(self.stage, self.horizon * 0.85)
        yield from sky.clouds(self.stage, self.horizon, self.light.clouds * 0.7)

    def bottom(self) -> Iterator[Plate]:
        """Warm floor with a light mist at its far end."""
        stage, light = self.stage, self.light
        yield floor(stage, 0.655, mix(self.rock[0], light.haze, 0.3), mix(self.rock[3], light.ambient, 0.15), "canyon", 0.12)
        yield from self.river()
        yield mist(stage, "floor", 0.66, 0.035, 0.6, 0.85)

    def river(self) -> Iterator[Plate]:
        """A river winding towards us that mirrors the sky, and stones strewn along it."""
        stage, light = self.stage, self.light
        v = np.clip((stage.y - 0.665) / 0.335, 0, 1)
        middle = 0.5 + (0.16 * np.sin(v * 5.2 + stage.seed % 6) * (0.25 + v) + 0.10 * v) * (1 if light.x > 0.5 else -1)
        half = 0.006 + 0.085 * v**1.3 + 0.010 * (stage.fbm("bank", 14, 3, stretch=3) - 0.5)
        mask = step(1.06, 0.94, np.abs(stage.x - middle) * stage.across / half) * (v > 0.004)
        glint = stage.fbm("glint", 12, 4, 0.55, stretch=9)
        sky_in_it = light.heaven(np.clip(0.9 - 0.55 * v + 0.5 * (glint - 0.5), 0, 1))
        water = sky_in_it * 0.9 + (self.rock[2] - sky_in_it * 0.9) * 0.16
        yield Plate(mask.astype(np.float32), np.clip(water, 0, 1).astype(np.float32), 0.85, "land", 0.0, 0.4)
        rng = stage.rng("stones")
        for tone, count in ((3, 26), (2, 16)):
            shapes: list[list[Point]] = []
            for _ in range(count):
                t, side = rng.random() ** 0.7, 1 if rng.random() < 0.5 else -1
                size = stage.unit * (0.004 + 0.020 * t) * rng.uniform(0.5, 1.3)
                x = 0.5 + side * rng.uniform(0.10 + 0.12 * t, 0.5)
                turn = rng.random(7) * 0.35 + 0.8
                ring = [
                    (np.cos(k / 7 * 6.283) * turn[k] * size * 1.4, np.sin(k / 7 * 6.283) * turn[k] * size * 0.7) for k in range(7)
                ]
                shapes.append([(x * stage.w + a, (0.685 + 0.29 * t) * stage.h + b) for a, b in ring])
            yield Plate(polygons(stage.w, stage.h, shapes), mix(self.rock[tone], light.ambient, 0.12), 0.85, "detail", 0.2, 0.6)

    def wall(self, i: int) -> Iterator[Plate]:
        """One pair of walls, terraced: the rock steps back as it rises."""
        stage, light = self.stage, self.light
        t = i / (self.walls - 1)
        opening = 0.10 + 0.36 * t**0.9
        top = 0.40 - 0.42 * t
        rise = np.clip((0.70 + 0.10 * t - stage.y) / (0.70 + 0.10 * t - top), 0, 1)
        steps = np.floor(rise * 6 + 0.35 * stage.lattice(f"step{i}", 3)) / 6
        jag = stage.fbm(f"jag{i}", 8, 5, 0.55) - 0.5
        widen = 0.10 * (steps * 0.75 + rise * 0.25) + 0.05 * jag
        centre = 0.5 + (0.10 * (1 - t)) * (1 if i % 2 else -1)
        gap = (
            np.abs(stage.x - centre)
            - (opening + widen) / max(0.75, stage.across)
            - np.clip(0.06 - (stage.y - 0.62 - 0.08 * t), -0.2, 0.0) * 0.8
        )
        crown = (
            stage.y
            - top
            - 0.05 * (stage.line(f"crown{i}", 4, 5)[None, :] - 0.5)
            - 0.9 * np.clip(0.5 - np.abs(stage.x - 0.5) - (0.5 - opening) * 0.45, 0, 1) * (1 - t) * 0.3
        )
        foot = 0.70 + 0.07 * i + 0.02 * jag + 0.10 * np.clip(np.abs(stage.x - 0.5) - opening, 0, 1)
        mask = step(-0.0022, 0.0022, gap) * step(-0.002, 0.002, crown) * (step(0.004, -0.004, stage.y - foot) if i < 4 else 1.0)
        band = (stage.y * stage.down * (15 - 5 * t) + 0.6 * stage.fbm(f"strata{i}", 3, 4, coarse=2)) % 1.0
        tone = np.clip(t * 0.72 + 0.12 + 0.16 * step(0.3, 0.7, np.abs(band - 0.5) * 2) + 0.14 * jag, 0, 1)
        colour = ramp(tone, self.rock)
        lit_left = light.x > 0.5
        facing = ((stage.x < centre) if lit_left else (stage.x > centre)).astype(np.float32)[..., None]
        glow = np.exp(-np.clip(gap, 0, 1) / 0.06)[..., None]
        colour = colour * (0.86 + 0.16 * facing) + (light.sun - colour) * glow * (0.20 * facing + 0.05) * (0.4 + 0.6 * light.disc)
        away = (1 - t) * (0.50 + 0.3 * light.fog)
        colour = colour + (light.haze - colour) * np.clip(away + 0.25 * (1 - t) * step(0.5, 0.72, stage.y)[..., None], 0, 1)
        yield Plate(mask.astype(np.float32), np.clip(colour, 0, 1).astype(np.float32), 0.97 - 0.05 * i, flow=0.0)
