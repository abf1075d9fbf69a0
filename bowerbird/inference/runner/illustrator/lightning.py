"""A bolt of lightning and the cloud it lights up."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .canvas import Plate, Point, polygons
from .colour import hexed, mix
from .noise import blur
from .stage import Stage


def lightning(stage: Stage, horizon: float) -> Iterator[Plate]:
    """One bolt with its side branches, and the cloud it lights up."""
    rng = stage.rng("lightning")
    x, colour = 1.0 - stage.light.x + rng.normal(0, 0.04), mix(hexed("#f4f0ff"), stage.light.sun, 0.25)
    x = float(np.clip(x, 0.18, 0.82))
    strokes: list[list[Point]] = []
    path = _bolt(rng, x, 0.02, horizon + 0.02, 15, 0.030)
    strokes.append(_thick(stage, path, 0.0042))
    for k in (4, 7, 10):
        strokes.append(
            _thick(stage, _bolt(rng, *path[k], path[k][1] + 0.13, 6, 0.040, 0.05 * (1 if rng.random() < 0.5 else -1)), 0.0020)
        )
    mask = polygons(stage.w, stage.h, strokes)
    glow = 0.55 * np.exp(-((stage.far(x, 0.12) / 0.30) ** 2)).astype(np.float32)
    halo = np.clip(blur(mask, stage.unit * 0.016) * 3.0 + blur(mask, stage.unit * 0.004), 0, 0.9)
    yield Plate(np.clip(glow + halo, 0, 0.95), colour, 0.988, "light", line=0)
    yield Plate(mask, mix(colour, hexed("#ffffff"), 0.6), 0.987, "detail", line=0.2)


def _bolt(
    rng: np.random.Generator, x: float, top: float, foot: float, joints: int, jag: float, drift: float = 0.0
) -> list[Point]:
    path: list[Point] = [(x, top)]
    for k in range(1, joints + 1):
        x += rng.normal(0, jag) + drift / joints * 3
        path.append((x, top + (foot - top) * k / joints))
    return path


def _thick(stage: Stage, path: list[Point], wide: float) -> list[Point]:
    half = [wide * stage.unit * (1 - 0.75 * k / len(path)) for k in range(len(path))]
    left = [(x * stage.w - w, y * stage.h) for (x, y), w in zip(path, half, strict=True)]
    right = [(x * stage.w + w, y * stage.h) for (x, y), w in zip(path, half, strict=True)]
    return [*left, *reversed(right)]
