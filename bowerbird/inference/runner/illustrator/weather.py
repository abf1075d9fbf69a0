"""Weather between us and the world: rain, snow, drifting fog, lightning, leaves on the wind."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from .canvas import Plate, Point, polygons
from .colour import Colour, tuned
from .lightning import lightning
from .noise import step
from .scenery import falling_rain, falling_snow, mist
from .stage import Stage
from .worlds.base import Step, World

_OUT_OF_DOORS = frozenset(
    (
        "hills",
        "mountains",
        "dunes",
        "canyon",
        "sea",
        "lake",
        "forest",
        "jungle",
        "snow",
        "meadow",
        "city",
        "street",
        "sky",
        "garden",
    )
)


def weather(stage: Stage, world: World) -> list[Step]:
    """The steps of this scene's weather; none indoors, nor where the world paints its own."""
    kind, where = stage.scene.weather, stage.scene.world
    if where not in _OUT_OF_DOORS:
        return []
    out: list[Step] = []
    if kind == "storm":
        out.append(Step("lightning", 0.988, partial(lightning, stage, world.horizon)))
        out.append(Step("the dark of the storm", 0.05, partial(_gloom, stage)))
    if kind in ("rain", "storm") and where != "street":
        out.append(Step("rain", -0.10, partial(_rain, stage, 1.0 if kind == "rain" else 1.3)))
    if kind == "snow" and where != "snow":
        out.append(Step("falling snow", -0.10, partial(_snow, stage)))
    if kind == "fog":
        out.append(Step("fog", 0.30, partial(_fog, stage, world.horizon)))
    if kind == "wind" and "weather" in stage.scene.said and where not in ("sea", "sky", "dunes", "canyon", "snow"):
        out.append(Step("leaves on the wind", -0.08, partial(_blown, stage)))
    return out


def _rain(stage: Stage, amount: float) -> Iterator[Plate]:
    yield falling_rain(stage, "far", 0.7 * amount)
    yield falling_rain(stage, "near", amount)


def _snow(stage: Stage) -> Iterator[Plate]:
    yield falling_snow(stage, "weather", 1.2)


def _fog(stage: Stage, horizon: float) -> Iterator[Plate]:
    yield mist(stage, "weather", min(0.9, horizon + 0.10), 0.16, 0.85, 0.32)
    yield mist(stage, "weather.low", min(0.95, horizon + 0.30), 0.10, 0.6, 0.10)


def _gloom(stage: Stage) -> Iterator[Plate]:
    """Shade from above and from the corners, so that what is lit seems lit by the storm."""
    corner = np.hypot((stage.x - stage.light.x) * 0.9, (stage.y - 0.45) * 0.8)
    shade = 0.34 * step(0.20, 0.85, corner) + 0.16 * step(0.55, 0.0, stage.y)
    yield Plate(np.clip(shade, 0, 0.6).astype(np.float32), tuned(stage.light.ambient, -0.24), 0.05, "shadow", line=0)


def _blown(stage: Stage) -> Iterator[Plate]:
    """Petals or leaves in long curves across the picture."""
    rng, unit = stage.rng("blown"), stage.unit
    tones: tuple[Colour, ...] = stage.light.flowers if stage.scene.season == "spring" else stage.light.leaves
    for part in range(2):
        shapes: list[list[Point]] = []
        for _ in range(16):
            x, y, size = rng.random() * stage.w, (0.15 + 0.75 * rng.random()) * stage.h, unit * rng.uniform(0.005, 0.013)
            turn = rng.uniform(-0.7, 0.7)
            shapes.append(
                [
                    (x + (u * math.cos(turn) - v * math.sin(turn)) * size, y + (u * math.sin(turn) + v * math.cos(turn)) * size)
                    for u, v in ((-1.0, 0.0), (-0.3, -0.45), (0.5, -0.35), (1.0, 0.0), (0.4, 0.35), (-0.4, 0.4))
                ]
            )
        yield Plate(polygons(stage.w, stage.h, shapes), tones[part * 2 % len(tones)], 0.0, "detail", 0.3, 0.4)
