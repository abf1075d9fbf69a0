"""Land and water that several worlds share: mountain faces, receding ground, waves in perspective, mirror images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .canvas import Plate
from .colour import Colour, Field, mix
from .noise import blur, fbm, mirrored, step
from .stage import Stage


def faces(stage: Stage, key: str, edge: Field, lit: Colour, dark: Colour, rough: float = 1.0) -> tuple[Field, Field]:
    """A mountain below the line `edge` (w,): its colours (h, w, 3) lit and dark on the two sides of each spur, and how lit (h, w)."""
    light = stage.light
    down = np.clip(stage.y - edge[None, :], 0, 1)
    toward = 1.0 if light.x >= 0.5 else -1.0
    # A mountain is a fan of ribs: the ridge line's own slope is carried down along lines that spread from it, so that each
    # summit keeps one bright and one dark face; finer ribs break the faces the lower one looks.
    smooth = blur(np.repeat(edge[None, :], 3, 0), stage.unit * 0.016)[1]
    slope_of = np.gradient(smooth) * stage.w * 1.3
    wander = (stage.fbm(key + ".spur", 3.2, 3, 0.5, coarse=3) - 0.5) * 0.55 * rough
    at = np.clip((stage.x + wander * (0.10 + down)) * stage.w, 0, stage.w - 1).astype(np.int32)
    ribs = stage.line(key + ".ribs", 15, 4, 0.6)
    fan = np.clip(
        (stage.x + (wander * 0.55 + 0.10 * (stage.fbm(key + ".crag", 9, 4, 0.55, coarse=2) - 0.5)) * down * 2.2) * stage.w,
        0,
        stage.w - 1,
    )
    rib = (ribs[fan.astype(np.int32)] - 0.5) * (0.35 + 2.6 * np.clip(down, 0, 0.4))
    side = step(-0.40, 0.40, slope_of[at] * toward + rib * 1.25).astype(np.float32)
    return dark + (lit - dark) * side[..., None], side


def waves(stage: Stage, key: str, horizon: float, fine: float = 1.0) -> Field:
    """Water seen in perspective: 0..1 (h, w), long and thin at the horizon, broad below; 0.5 above it."""
    texture = fbm(512, 512, 7, 26, stage.rng("waves" + key), 5, 0.55)
    v = np.clip((stage.y - horizon) / (1 - horizon), 0, 1)
    reach = 0.05 + v
    u = (stage.x - 0.5) * stage.across / reach * 0.22 * fine + 0.5
    t = np.log(reach) * 0.55 * fine
    field = mirrored(texture, u + 0 * t, t + 0 * u)
    return np.where(v > 0, 0.5 + (field - 0.5) * np.clip(v * 6 + 0.25, 0, 1), 0.5).astype(np.float32)


def water(stage: Stage, key: str, horizon: float, near: Colour, depth: float = 0.85, shine: float = 1.0) -> Iterator[Plate]:
    """A sheet of water from the horizon down, mirroring the sky, with the light's path on it."""
    light = stage.light
    swell = waves(stage, key, horizon)
    v = np.clip((stage.y - horizon) / (1 - horizon), 0, 1)
    angle = np.clip(1 - v * 0.95 + (swell - 0.5) * (0.9 - 0.35 * v), 0, 1)
    sky = light.heaven(np.clip(angle, 0, 1) * 0.9 + 0.05)
    tone = np.clip(0.18 + 0.70 * v + 0.30 * (0.5 - swell), 0, 1)[..., None]
    colour = sky * 0.92 + (near - sky * 0.92) * tone
    mask = np.broadcast_to(np.clip((stage.y - horizon) * stage.h + 0.5, 0, 1), (stage.h, stage.w)).astype(np.float32)
    yield Plate(mask, colour.astype(np.float32), depth, "land", 0.0, line=0.3)
    if light.disc > 0.1:
        spread = 0.018 + 0.13 * v
        path = np.exp(-(((stage.x - light.x) * stage.across / spread) ** 2)) * (v > 0)
        glint = step(0.52, 0.66, swell + 0.06 * path) * path * (0.9 - 0.35 * v) * (0.3 + 0.7 * light.disc) * shine
        yield Plate(np.clip(glint + 0.18 * path, 0, 1).astype(np.float32), light.sun, depth, "light", line=0)


def reflected(stage: Stage, plate: Plate, horizon: float, key: str, dim: float = 0.86) -> Plate:
    """The plate upside down below the horizon, pulled sideways by ripples."""
    rows = np.clip(np.round(2 * horizon * stage.h - np.arange(stage.h)), 0, stage.h - 1).astype(np.int32)
    swell = waves(stage, key, horizon)
    v = np.clip((stage.y - horizon) / (1 - horizon), 0, 1)
    columns = np.clip(np.arange(stage.w)[None, :] + (swell - 0.5) * (0.006 + 0.05 * v) * stage.unit, 0, stage.w - 1).astype(
        np.int32
    )
    mask = plate.mask[rows[:, None], columns] * (stage.y > horizon)
    colour = plate.colour[rows[:, None], columns] if plate.colour.ndim == 3 else plate.colour
    deep = stage.light.sky[0] * 0.4 + stage.light.ground(0.85) * 0.6
    return Plate(
        (mask * (0.94 - 0.35 * v)).astype(np.float32),
        (colour * dim + (deep - colour) * 0.16).astype(np.float32),
        plate.depth,
        "land",
        0.0,
        line=0,
    )


def mist(stage: Stage, key: str, middle: float, thick: float, amount: float, depth: float) -> Plate:
    """A bank of mist lying at `middle` (0..1 of the height)."""
    shape = stage.fbm("mist" + key, 2.4, 4, 0.5, stretch=7, coarse=4)
    mask = np.exp(-(((stage.y - middle) / thick) ** 2)) * (0.35 + 0.85 * shape) * amount
    return Plate(np.clip(mask, 0, 0.95).astype(np.float32), stage.light.haze, depth, "air", line=0)


def floor(stage: Stage, top: float, far: Colour, near: Colour, key: str, patches: float = 0.10, stretch: float = 5.0) -> Plate:
    """Level ground from the line `top` down, with soft patches that flatten towards the distance."""
    v = np.clip((stage.y - top) / max(0.02, 1 - top), 0, 1)
    spots = stage.fbm("floor" + key, 5, 5, 0.58, stretch=stretch, coarse=2) - 0.5
    t = np.clip(v**0.8 + patches * 2.2 * spots, 0, 1)[..., None]
    mask = np.broadcast_to(np.clip((stage.y - top) * stage.h + 0.5, 0, 1), (stage.h, stage.w)).astype(np.float32)
    return Plate(mask, (far + (near - far) * t).astype(np.float32), 0.85, "land", 0.0, line=0.5)


def falling_snow(stage: Stage, key: str, amount: float = 1.0) -> Plate:
    """Flakes near and far, the near ones soft."""
    rng = stage.rng("flakes" + key)
    field = np.zeros((stage.h, stage.w), np.float32)
    scale = stage.unit / 768
    for count, radius, power in ((420, 0.9, 0.75), (150, 1.7, 0.85), (34, 4.2, 0.55)):
        layer = np.zeros_like(field)
        n = int(count * amount * stage.across * stage.down)
        layer[rng.integers(0, stage.h, n), rng.integers(0, stage.w, n)] = 1
        r = max(0.5, radius * scale)
        field = np.maximum(field, np.clip(blur(layer, r) * 6.3 * r * r * 1.15, 0, 1) * power)
    return Plate(field, mix(stage.light.key, stage.light.sun, 0.5) * np.float32(0.98), 0.0, "air", line=0)


def falling_rain(stage: Stage, key: str, amount: float = 1.0) -> Plate:
    """Slanting rain."""
    lean = 0.20 if stage.light.x > 0.5 else -0.20
    noise = stage.rng("rain" + key).random((max(8, stage.h // 40), stage.w * 2), np.float32)
    rows = (np.arange(stage.h)[:, None] * noise.shape[0] // stage.h).astype(np.int32)
    columns = (np.arange(stage.w)[None, :] + np.arange(stage.h)[:, None] * lean + rows * 37).astype(np.int32) % noise.shape[1]
    drop = step(0.965, 0.995, noise[rows, columns])
    phase = (np.arange(stage.h)[:, None] * noise.shape[0] / stage.h) % 1.0
    mask = blur(drop * np.sin(phase * np.pi), max(0.4, stage.unit / 1500)) * 0.42 * amount
    return Plate(mask.astype(np.float32), mix(stage.light.haze, stage.light.sun, 0.4), 0.0, "air", line=0)
