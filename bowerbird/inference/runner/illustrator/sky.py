"""Skies that several worlds share: the gradient, the disc and its glow, clouds, stars."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .canvas import Plate
from .colour import Field, hexed, mix, tuned
from .noise import blur, step
from .stage import Stage


def gradient(stage: Stage, horizon: float = 0.6) -> Field:
    """The open sky (h, w, 3), a little uneven, lighter towards the light."""
    light = stage.light
    t = stage.y / max(0.05, horizon) + 0.10 * (stage.fbm("sky.uneven", 2.2, 3, coarse=6) - 0.5)
    glow = 0.16 * np.exp(-((stage.far(light.x, light.height * horizon) / 0.55) ** 2))
    return light.heaven(np.clip(t * (1 + 0 * stage.x) + glow * (1 - light.night * 0.5), 0, 1))


def sky(stage: Stage, horizon: float = 0.6) -> Iterator[Plate]:
    """The sky with its stars."""
    yield stage.wash(gradient(stage, horizon), 1.0)
    if stage.light.stars > 0.05:
        yield Plate(stars(stage, horizon), stage.light.sun, 1.0, "light", line=0)


def disc(stage: Stage, horizon: float = 0.6, size: float = 1.0) -> Iterator[Plate]:
    """Sun or moon with its glow, veiled as the weather asks."""
    light = stage.light
    x, y = light.x, light.height * horizon
    far = stage.far(x, y)
    radius = (
        (0.055 if light.moon else 0.062) * size * light.size * (1.25 if stage.scene.time in ("sunset", "dawn", "golden") else 1.0)
    )
    strength = 0.30 + 0.40 * light.disc
    yield Plate(strength * np.exp(-((far / (radius * 4.2)) ** 2)), light.sun, 1.0, "light", line=0)
    yield Plate(0.5 * strength * np.exp(-((far / (radius * 1.7)) ** 2)), light.sun, 1.0, "light", line=0)
    if light.disc > 0.15:
        edge = np.clip((radius - far) * stage.unit / 1.6 + 0.5, 0, 1) * (0.25 + 0.72 * light.disc)
        if light.crescent:
            bite = stage.far(x + 0.42 * radius / stage.across, y - 0.12 * radius / stage.down)
            edge = edge * np.clip((bite - radius * 0.86) * stage.unit / 1.6 + 0.5, 0, 1)
        colour = light.sun
        if light.moon:
            seas = step(0.45, 0.75, stage.fbm("moon", 9, 3, coarse=2))[..., None]
            colour = light.sun * (1 - 0.10 * seas) - np.float32(0.02) * seas
        yield Plate(edge, colour, 0.99, "detail", line=0.6)


def stars(stage: Stage, horizon: float = 0.6) -> Field:
    """A mask of stars, thicker towards the zenith, a few with a soft halo."""
    rng = stage.rng("stars")
    field = np.zeros((stage.h, stage.w), np.float32)
    count = int(520 * stage.across * stage.down * stage.light.stars + 30)
    xs = rng.integers(1, max(2, stage.w - 1), count)
    ys = (rng.random(count) ** 1.4 * horizon * 1.1 * stage.h).astype(int).clip(1, stage.h - 2)
    power = (rng.random(count) ** 3 * 0.9 + 0.12).astype(np.float32)
    field[ys, xs] = power
    big = power > 0.55
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
        field[ys[big] + dy, np.clip(xs[big] + dx, 0, stage.w - 1)] = power[big] * 0.45
    size = stage.unit / 768
    return np.clip(field + 2.2 * size * blur(field, 1.3 * size), 0, 1) * (0.4 + 0.6 * stage.light.stars)


def clouds(stage: Stage, horizon: float = 0.6, amount: float | None = None) -> Iterator[Plate]:
    """Clouds in two banks, lit on the side of the light, long in the wind."""
    light = stage.light
    amount = light.clouds if amount is None else amount
    stretch = 7.0 if stage.scene.weather == "wind" else 3.2
    for bank, (cells, share) in enumerate(((2.2, 0.7), (3.4, 1.0))):
        shape = stage.fbm(f"cloud{bank}", cells, 5, 0.52, stretch=stretch, coarse=2)
        top = stage.fbm(f"cloud{bank}.top", cells, 5, 0.52, stretch=stretch, coarse=4)
        low = 0.78 - 0.42 * amount * share
        fade = step(horizon * 1.05, horizon * 0.55, stage.y) * (0.55 + 0.45 * step(0, 0.25, stage.y))
        mask = step(low, low + 0.30, shape) * fade * (0.35 + 0.5 * amount)
        bright = mix(light.sun, light.sky[-1], 0.45 + 0.4 * light.night)
        dark = mix(light.sky[1], light.ambient, 0.35)
        if stage.scene.weather in ("storm", "rain"):
            bright, dark = mix(bright, dark, 0.5), tuned(dark, -0.12, 0.8)
        if light.night > 0.5:
            bright, dark = mix(light.sky[-1], light.sky[1], 0.45), light.sky[1]
        shade = np.clip(0.25 + 1.1 * (shape - low) + 0.6 * (top - 0.5), 0, 1)[..., None]
        yield Plate(
            mask,
            bright * (1 - shade * 0.6) + dark * shade * 0.6 if light.night < 0.5 else bright * shade + dark * (1 - shade),
            0.98,
            "air",
            line=0,
        )


def white() -> Field:
    """White, for snow and foam."""
    return hexed("#ffffff")
