"""Which way a brush goes: along the form, found in the picture itself and in what the world said of each shape."""

from __future__ import annotations

import math

import numpy as np

from ..canvas import Sheet
from ..colour import Field, grey
from ..noise import blur, resized, slope, streaks
from ..stage import Stage


def orientation(stage: Stage, sheet: Sheet, reach: float, wander: float = 0.35) -> Field:
    """The direction of strokes (h, w) in radians: along edges where there are any, else the shape's own flow, a little restless."""
    factor = 2 if stage.unit > 400 else 1
    small = grey(sheet.rgb)[::factor, ::factor]
    gy, gx = slope(blur(small, reach * stage.unit / factor))
    sigma = reach * stage.unit * 2 / factor
    xx, yy, xy = blur(gx * gx, sigma), blur(gy * gy, sigma), blur(gx * gy, sigma)
    energy = np.hypot(xx - yy, 2 * xy)
    along = 0.5 * np.arctan2(2 * xy, xx - yy) + math.pi / 2
    flow = sheet.flow[::factor, ::factor]
    trust = np.clip(energy / (np.mean(energy) * 1.2 + 1e-9), 0, 1)
    # Directions have no head or tail: average them at twice their angle.
    c = trust * np.cos(2 * along) + (1 - trust) * np.cos(2 * flow)
    s = trust * np.sin(2 * along) + (1 - trust) * np.sin(2 * flow)
    c, s = blur(c.astype(np.float32), sigma * 0.7), blur(s.astype(np.float32), sigma * 0.7)
    angle = 0.5 * np.arctan2(s, c)
    if factor > 1:
        c, s = resized(np.cos(2 * angle), stage.w, stage.h), resized(np.sin(2 * angle), stage.w, stage.h)
        angle = 0.5 * np.arctan2(s, c)
    return (angle + wander * (stage.fbm("restless", 5, 2, coarse=4) - 0.5)).astype(np.float32)


def bristles(stage: Stage, angle: Field, length: float, key: str, fine: float = 1.0) -> Field:
    """The furrows bristles leave: noise drawn out along the strokes, about 0 ± 1, (h, w). `length` in units."""
    factor = 2 if stage.unit > 900 else 1
    noise = stage.rng("bristle" + key).normal(0, 1, (math.ceil(stage.h / factor), math.ceil(stage.w / factor))).astype(np.float32)
    noise = blur(noise, 0.7 * fine * stage.unit / 768 / factor)
    drawn = streaks(noise, angle[::factor, ::factor], length * stage.unit / factor, 11)
    drawn = drawn / (float(drawn.std()) + 1e-6)
    return resized(drawn, stage.w, stage.h) if factor > 1 else drawn
