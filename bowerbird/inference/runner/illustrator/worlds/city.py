"""A city across the water: three depths of buildings, windows that light up towards night, a promenade in front."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from PIL import ImageDraw

from .. import sky
from ..canvas import Plate, drawn
from ..colour import Colour, hexed, mix, tuned
from ..noise import blur, step
from ..scenery import floor, mist, reflected, water, waves
from .base import Step, World


class City(World):
    """A skyline with its reflection."""

    horizon = 0.66
    footing = (0.86, 0.955)
    water = (0.70, 0.82)

    def steps(self) -> list[Step]:
        """Sky, water, three rows of buildings with their images, promenade."""
        stage = self.stage
        self.glow: Colour = mix(hexed("#ffd27a"), self.light.sun, 0.25)
        return [
            Step("sky", 1.0, partial(sky.sky, stage, self.horizon)),
            Step("light and clouds", 0.995, self.lights),
            Step("the river", 0.99, self.river),
            Step("towers in the haze", 0.97, partial(self.row, 0)),
            Step("the skyline", 0.95, partial(self.row, 1)),
            Step("houses by the water", 0.93, partial(self.row, 2)),
            Step("the promenade", 0.30, self.promenade) if stage.scene.subjects else Step("ripples", 0.3, self.ripples),
        ]

    def ripples(self) -> Iterator[Plate]:
        """Nobody stands there: the river comes all the way to us, with small bright ripples."""
        stage, light = self.stage, self.light
        swell = waves(stage, "ripples", self.horizon, 1.4)
        v = np.clip((stage.y - self.horizon) / (1 - self.horizon), 0, 1)
        mask = step(0.66, 0.84, swell) * step(0.1, 0.7, v) * 0.34
        yield Plate(mask.astype(np.float32), mix(light.sky[-1], self.glow, 0.4 * light.night), 0.0, "air", line=0)

    def lights(self) -> Iterator[Plate]:
        """Disc, clouds, and at night the city's own glow."""
        yield from sky.disc(self.stage, self.horizon * 0.85)
        yield from sky.clouds(self.stage, self.horizon)
        if self.light.night > 0.3:
            glow = 0.40 * np.exp(-(((self.stage.y - self.horizon) / 0.20) ** 2)) * self.light.night
            yield Plate(
                np.broadcast_to(glow, (self.stage.h, self.stage.w)).astype(np.float32),
                mix(self.glow, self.light.sky[3], 0.5),
                0.99,
                "light",
                line=0,
            )

    def river(self) -> Iterator[Plate]:
        """The water below the skyline."""
        light = self.light
        yield from water(self.stage, "city", self.horizon, mix(light.sky[0], light.ground(0.9), 0.55), 0.99, 0.6)

    def row(self, i: int) -> Iterator[Plate]:
        """One row of buildings, its windows, and both upside down in the river."""
        stage, light = self.stage, self.light
        rng = stage.rng(f"row{i}")
        boxes: list[tuple[float, float, float, int]] = []
        x = -0.04 * stage.w
        centre = 0.5 + (0.5 - light.x) * 0.3
        while x < stage.w * 1.02:
            wide = stage.unit * (0.050, 0.060, 0.075)[i] * (0.6 + rng.random())
            hill = np.exp(-(((x / stage.w - centre) / 0.30) ** 2))
            tall = stage.h * ((0.20, 0.15, 0.07)[i] + (0.20, 0.17, 0.03)[i] * hill) * (0.55 + 0.65 * rng.random())
            boxes.append((x, wide, tall, int(rng.integers(0, 5))))
            x += wide * (1.02, 1.06, 1.0)[i]
        foot = self.horizon * stage.h
        mask = drawn(stage.w, stage.h, partial(_boxes, boxes, foot)) * (stage.y <= self.horizon + 0.002)
        tone = light.veil(mix(light.ground((0.42, 0.68, 0.92)[i]), light.sky[1], (0.35, 0.12, 0.0)[i]), (0.55, 0.25, 0.0)[i])
        fade = step(self.horizon - 0.42, self.horizon, stage.y)[..., None] * (0.50, 0.30, 0.05)[i]
        shade = 0.10 * (np.sin(stage.x * 91 + i) > 0.2)[..., None] * np.float32(i > 0)
        colour = np.broadcast_to(tone * (1 - shade) + (light.haze - tone) * fade, (stage.h, stage.w, 3)).astype(np.float32)
        plate = Plate(mask.astype(np.float32), colour, 0.97 - 0.02 * i, flow=1.57, line=0.8)
        yield plate
        yield reflected(stage, plate, self.horizon, "city", 0.8)
        lit = 0.12 + 0.62 * max(light.night, 0.35 if stage.scene.time in ("sunset", "golden") else 0.0)
        windows = (
            drawn(
                stage.w,
                stage.h,
                partial(_windows, boxes, foot, stage.unit * (0.0065, 0.009, 0.012)[i], lit, stage.rng(f"windows{i}")),
            )
            * mask
        )
        colour = self.glow if light.night > 0.1 or lit > 0.2 else tuned(tone, 0.18)
        glowing = Plate(windows * (0.5, 0.8, 0.95)[i], colour, 0.96, "detail", line=0)
        yield glowing
        if light.night > 0.1:
            yield reflected(stage, glowing, self.horizon, "city")
            yield Plate(np.clip(blur(windows, stage.unit * 0.012) * 0.8 * light.night, 0, 1), self.glow, 0.96, "light", line=0)
        if i < 2:
            yield mist(stage, f"city{i}", self.horizon - 0.01, 0.04, 0.35, 0.95)

    def promenade(self) -> Iterator[Plate]:
        """Paving with a low wall, and lamps at night."""
        stage, light = self.stage, self.light
        stone = mix(light.lit(hexed("#b9b0a8")), light.ground(0.85), 0.35 + 0.3 * light.night)
        yield floor(stage, 0.835, tuned(stone, 0.03), tuned(stone, -0.07), "paving", 0.05)
        wall = ((stage.y > 0.815) & (stage.y < 0.842)).astype(np.float32) + 0 * stage.x
        yield Plate(wall.astype(np.float32), tuned(stone, -0.10), 0.3, "detail", line=0.8)
        v = np.clip((stage.y - 0.842) / 0.158, 1e-3, 1)
        joints = step(0.94, 1.0, np.abs(np.sin((stage.x - 0.5) / (0.25 + v) * 42))) + step(
            0.9, 1.0, np.abs(np.sin(np.log(v + 0.12) * 9))
        )
        yield Plate((np.clip(joints, 0, 1) * 0.25 * (stage.y > 0.842)).astype(np.float32), tuned(stone, -0.2), 0.3, "air", line=0)
        cap = (np.abs(stage.y - 0.816) < 0.003).astype(np.float32) + 0 * stage.x
        yield Plate(cap.astype(np.float32) * 0.8, mix(stone, light.sun, 0.4), 0.3, "air", line=0)


def _boxes(boxes: list[tuple[float, float, float, int]], foot: float, pen: ImageDraw.ImageDraw, s: float) -> None:
    for x, wide, tall, roof in boxes:
        pen.rectangle([x * s, (foot - tall) * s, (x + wide) * s, foot * s + 2], fill=255)
        top, middle = foot - tall, x + wide / 2
        if roof == 1:
            pen.polygon([(x * s, top * s), (middle * s, (top - wide * 0.5) * s), ((x + wide) * s, top * s)], fill=255)
        elif roof == 2:
            pen.rectangle([(x + wide * 0.2) * s, (top - wide * 0.3) * s, (x + wide * 0.8) * s, top * s], fill=255)
            pen.rectangle([(middle - wide * 0.03) * s, (top - wide * 0.9) * s, (middle + wide * 0.03) * s, top * s], fill=255)
        elif roof == 3:
            pen.pieslice([x * s, (top - wide * 0.4) * s, (x + wide) * s, (top + wide * 0.4) * s], 180, 360, fill=255)
        elif roof == 4:
            pen.rectangle([(x + wide * 0.1) * s, (top - wide * 0.15) * s, (x + wide * 0.45) * s, top * s], fill=255)


def _windows(
    boxes: list[tuple[float, float, float, int]],
    foot: float,
    size: float,
    lit: float,
    rng: np.random.Generator,
    pen: ImageDraw.ImageDraw,
    s: float,
) -> None:
    for x, wide, tall, _ in boxes:
        columns, rows = max(1, int(wide / (size * 1.9))), max(1, int(tall / (size * 2.2)))
        share = lit * rng.uniform(0.4, 1.2)
        for row in range(rows):
            for column in range(columns):
                if rng.random() < share:
                    wx, wy = x + (column + 0.5) * wide / columns - size / 2, foot - tall + (row + 0.45) * tall / rows
                    pen.rectangle([wx * s, wy * s, (wx + size) * s, (wy + size * 1.15) * s], fill=int(120 + 135 * rng.random()))
