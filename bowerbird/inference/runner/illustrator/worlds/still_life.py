"""A vase with branches, and fruit beside it."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..canvas import Plate, Point, polygons
from ..colour import Colour, Field, hexed, mix, ramp
from ..noise import step
from .base import World


class StillLife(World):
    """Things on a cloth; the table sets their colours and on which `side` (0..1) the vase stands."""

    cloth: Colour
    vase: Colour
    fruit: Colour
    lower: float = 0.0

    def branches(self) -> Iterator[Plate]:
        """Stems fanning out of the vase with leaves in pairs, some in flower."""
        stage, light = self.stage, self.light
        rng = stage.rng("branches")
        stems: list[list[Point]] = []
        leaves: list[list[list[Point]]] = [[], [], []]
        blossoms: list[list[Point]] = []
        x0, y0 = self.side * stage.w, (0.52 + self.lower) * stage.h
        for k in range(11):
            angle, long = -1.15 + 2.3 * k / 10 + rng.normal(0, 0.08), stage.unit * rng.uniform(0.24, 0.40) * (1 - 2 * self.lower)
            path = [
                (x0 + math.sin(angle * (0.4 + 0.6 * t)) * long * t, y0 + 0.02 * stage.h - math.cos(angle * t * 0.9) * long * t)
                for t in np.linspace(0, 1, 16)
            ]
            wide = stage.unit * 0.0022
            stems.append([*[(x - wide, y) for x, y in path], *[(x + wide, y) for x, y in reversed(path)]])
            for j in range(3, 16):
                side = 1 if j % 2 else -1
                a = angle * j / 16 + side * rng.uniform(0.7, 1.0)
                leaves[k % 3].append(_leaf(*path[j], a, stage.unit * 0.055 * (1.15 - 0.035 * j)))
            if k % 3 == 0:
                blossoms += [
                    _ring(
                        path[-1][0] + math.cos(q) * stage.unit * 0.015,
                        path[-1][1] + math.sin(q) * stage.unit * 0.015,
                        stage.unit * 0.013,
                    )
                    for q in np.linspace(0, 5.2, 6)
                ]
        yield Plate(polygons(stage.w, stage.h, stems), mix(light.leaf(0.85), light.ground(0.9), 0.3), 0.94, "detail", line=0.3)
        for tone, group in zip((0.8, 0.6, 0.42), leaves, strict=True):
            yield Plate(
                polygons(stage.w, stage.h, group),
                mix(light.leaf(tone), light.ground(0.6), 0.12),
                0.94,
                "detail",
                flow=0.8,
                line=0.6,
            )
        yield Plate(polygons(stage.w, stage.h, blossoms), mix(light.flowers[1], light.sun, 0.5), 0.93, "detail", line=0.5)

    def pot(self) -> Iterator[Plate]:
        """The vase: turned, glazed, with two bands."""
        stage, light = self.stage, self.light
        top, bottom = 0.50 + self.lower, 0.835 - 0.2 * self.lower
        t = np.clip((stage.y - top) / (bottom - top), 0, 1)
        half = (
            0.040
            - 0.1 * self.lower
            + (0.085 - 0.22 * self.lower)
            * np.clip(np.sin(np.clip(t * 1.08 - 0.02, 0, 1) * math.pi), 0, 1) ** 0.8
            * step(0.10, 0.42, t)
        ) / stage.across
        u = (stage.x - self.side) / half
        mask = step(1.012, 0.988, np.abs(u)) * (stage.y > top) * (stage.y < bottom)
        yield Plate(_shade(self, self.side, bottom, 0.12), self.cloth * np.float32(0.35), 0.92, "shadow", line=0)
        turn = 1 if light.x > self.side else -1
        tone = np.clip(1.03 + 0.26 * turn * u - 0.24 * u**2, 0.3, 1.25)
        colour = self.vase * tone[..., None]
        bands = np.exp(-(((t - 0.30) / 0.012) ** 2)) + np.exp(-(((t - 0.345) / 0.006) ** 2))
        colour = (
            colour
            + (mix(self.vase, hexed("#fff6e2"), 0.75) - colour)
            * np.clip(bands + 0.6 * np.exp(-(((u - 0.5 * turn) / 0.12) ** 2)) * step(0.2, 0.5, t) * step(0.95, 0.6, t), 0, 1)[
                ..., None
            ]
        )
        yield Plate(mask.astype(np.float32), np.clip(colour, 0, 1).astype(np.float32), 0.92, flow=1.57)

    def bowl(self) -> Iterator[Plate]:
        """Three fruits beside it."""
        stage, light = self.stage, self.light
        away = 1 if self.side < 0.5 else -1
        for dx, y, r in ((0.70, 0.855, 0.048), (0.60, 0.875, 0.043), (-0.12, 0.90, 0.044))[2 if self.lower else 0 :]:
            x = self.side + away * dx * (0.95 if dx > 0 else 1.2)
            far = stage.far(x, y)
            yield Plate(
                _shade(self, x, y + r / stage.down * 0.92, r * 1.15), self.cloth * np.float32(0.35), 0.6, "shadow", line=0
            )
            lit = np.clip(
                0.62 + ((stage.x - x) * stage.across * (1 if light.x > x else -1) - (stage.y - y) * stage.down) / r * 0.42, 0, 1
            )
            tones: list[Colour] = [
                mix(self.fruit * np.float32(0.5), light.ambient, 0.2),
                self.fruit,
                mix(self.fruit, light.sun, 0.65),
            ]
            yield Plate(step(r + 0.0015, r - 0.0015, far), ramp(lit, tones), 0.6, "detail", flow=0.8, line=0.8)


def _shade(world: World, x: float, foot: float, reach: float) -> Field:
    stage = world.stage
    away = -1 if world.light.x > x else 1
    return (
        0.62
        * np.exp(
            -((((stage.x - x) * stage.across - away * reach * 0.55) / (reach * 1.35)) ** 2)
            - ((stage.y - foot) * stage.down / (reach * 0.26)) ** 2
        )
    ).astype(np.float32)


def _leaf(x: float, y: float, angle: float, long: float) -> list[Point]:
    ux, uy = math.sin(angle), -math.cos(angle)
    out: list[Point] = []
    for side in (1, -1):
        ts = np.linspace(0, 1, 8) if side > 0 else np.linspace(1, 0, 8)
        out += [
            (
                x + ux * long * t - uy * side * long * 0.22 * math.sin(t * math.pi),
                y + uy * long * t + ux * side * long * 0.22 * math.sin(t * math.pi),
            )
            for t in ts
        ]
    return out


def _ring(x: float, y: float, r: float) -> list[Point]:
    return [(x + math.cos(q) * r, y + math.sin(q) * r) for q in np.linspace(0, 6.1, 14)]
