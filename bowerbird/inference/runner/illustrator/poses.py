"""What a drawing can be made to do besides standing there: close its eyes, lie down."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from .colour import Field, grey
from .noise import blur

_PROBE_PX = 120  # the drawing's size while eyes are looked for


@dataclass(frozen=True, slots=True)
class Blob:
    """A dark spot of the drawing, in shares of its longer side."""

    x: float
    y: float
    wide: float
    high: float
    area: float


def eyes(art: Field) -> list[Blob]:
    """The eyes of a drawing (h, w, 4): a level pair of small dark spots, or the one round spot of a profile; maybe none."""
    longest = max(art.shape[:2])
    size = (max(1, round(art.shape[1] * _PROBE_PX / longest)), max(1, round(art.shape[0] * _PROBE_PX / longest)))
    small = (
        np.asarray(Image.fromarray((np.clip(art, 0, 1) * 255).astype(np.uint8)).resize(size, Image.Resampling.BOX), np.float32)
        / 255
    )
    dark = (grey(small[..., :3]) < 0.36) & (small[..., 3] > 0.85)
    found = [
        b
        for b in _blobs(dark)
        if 0.0008 < b.area < 0.03 and 0.45 < b.wide / max(b.high, 1e-6) < 1.9 and b.area > 0.5 * b.wide * b.high
    ]
    found = [b for b in found if b.y < 0.72 * size[1] / _PROBE_PX]
    pairs = [
        (abs(a.y - b.y) + abs(a.area - b.area) * 6 + a.y * 0.25, a, b)
        for i, a in enumerate(found)
        for b in found[i + 1 :]
        if abs(a.y - b.y) < 0.05 and abs(a.x - b.x) > 1.2 * max(a.wide, b.wide) and 0.55 < a.area / b.area < 1.8
    ]
    if pairs:
        _, a, b = min(pairs, key=lambda p: p[0])
        return [a, b]
    round_ones = [b for b in found if 0.65 < b.wide / b.high < 1.5 and b.area > 0.6 * b.wide * b.high and b.y < 0.5]
    return [min(round_ones, key=lambda b: b.y)] if round_ones else []


def _blobs(dark: NDArray[np.bool_]) -> list[Blob]:
    height, width = dark.shape
    unseen = {(int(y), int(x)) for y, x in zip(*np.nonzero(dark), strict=True)}
    out: list[Blob] = []
    while unseen:
        front = [unseen.pop()]
        cells: list[tuple[int, int]] = []
        while front:
            y, x = front.pop()
            cells.append((y, x))
            for near in ((y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)):
                if near in unseen:
                    unseen.remove(near)
                    front.append(near)
        ys, xs = [c[0] for c in cells], [c[1] for c in cells]
        scale = 1 / max(height, width)
        out.append(Blob((min(xs) + max(xs) + 1) / 2 * scale, (min(ys) + max(ys) + 1) / 2 * scale, (max(xs) - min(xs) + 1) * scale,
                        (max(ys) - min(ys) + 1) * scale, len(cells) * scale * scale))  # fmt: skip
    return out


def asleep(art: Field) -> Field:
    """Eyes closed: each becomes a lowered lid with its lash line; (h, w, 4) in and out."""
    found = eyes(art)
    if not found:
        return art
    out = art.copy()
    longest = max(art.shape[:2])
    for eye in found:
        x, y = eye.x * longest, eye.y * longest
        rx, ry = eye.wide * longest * 0.5 + longest * 0.012, eye.high * longest * 0.5 + longest * 0.012
        rows, columns = np.mgrid[0 : art.shape[0], 0 : art.shape[1]]
        far = np.hypot((columns - x) / rx, (rows - y) / ry)
        ring = (far > 1.15) & (far < 1.7) & (art[..., 3] > 0.8) & (grey(art[..., :3]) > 0.3)
        skin = np.median(art[ring][:, :3], 0) if bool(ring.any()) else np.array([0.5, 0.4, 0.3], np.float32)
        lid = np.clip((1.12 - far) * min(rx, ry) / 1.5, 0, 1)[..., None]
        out[..., :3] += (skin - out[..., :3]) * lid
        lash = Image.new("L", (art.shape[1] * 2, art.shape[0] * 2), 0)
        pen = ImageDraw.Draw(lash)
        reach = max(rx, ry) * 1.05
        box = [(x - reach) * 2, (y - reach * 0.75) * 2, (x + reach) * 2, (y + reach * 0.75) * 2]
        pen.arc(box, 15, 165, fill=255, width=max(2, round(longest * 0.022)))
        line = blur(np.asarray(lash.reduce(2), np.float32) / 255, 0.5)[..., None]
        out[..., :3] += (np.array([0.16, 0.10, 0.10], np.float32) - out[..., :3]) * line
    return out


def lying(art: Field) -> Field:
    """A standing drawing settled lower and broader, as things are when they rest; (h, w, 4) in and out."""
    height, width = art.shape[:2]
    size = (round(width * 1.06), max(1, round(height * 0.84)))
    layers = [
        np.asarray(Image.fromarray(np.ascontiguousarray(art[..., k])).resize(size, Image.Resampling.BICUBIC)) for k in range(4)
    ]
    return np.clip(np.dstack(layers), 0, 1).astype(np.float32)


def arc(x: float, y: float, radius: float, start: float, stop: float, points: int = 24) -> list[tuple[float, float]]:
    """Points on a circle's arc, angles in radians."""
    return [(x + math.cos(a) * radius, y + math.sin(a) * radius) for a in np.linspace(start, stop, points)]
