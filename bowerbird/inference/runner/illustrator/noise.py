"""Seeded noise and the few filters everything is made of. Fields are float32 (h, w), usually 0..1."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .colour import Field

Mask = NDArray[np.floating[Any]]


def resized(field: Field, width: int, height: int, box: tuple[float, float, float, float] | None = None) -> Field:
    """A field at another size, bicubic, from the part of it that `box` names."""
    image = Image.fromarray(np.ascontiguousarray(field, np.float32))
    return np.asarray(image.resize((width, height), Image.Resampling.BICUBIC, box=box))


def lattice(width: int, height: int, across: float, down: float, rng: np.random.Generator) -> Field:
    """Smooth noise of `across` by `down` cells over the whole picture."""
    columns, rows = math.ceil(across) + 4, math.ceil(down) + 4
    points = rng.random((rows, columns), np.float32)
    return resized(points, width, height, (1.5, 1.5, 1.5 + across, 1.5 + down))


def fbm(
    width: int, height: int, across: float, down: float, rng: np.random.Generator, octaves: int = 5, gain: float = 0.5
) -> Field:
    """Fractal noise 0..1: each octave twice as fine and `gain` as strong. Octaves finer than two pixels are left out."""
    total = np.zeros((height, width), np.float32)
    weight, sum_of_weights = 1.0, 0.0
    for octave in range(octaves):
        if octave and (across > width / 2 or down > height):
            break
        total += weight * lattice(width, height, across, down, rng)
        sum_of_weights += weight
        weight, across, down = weight * gain, across * 2, down * 2
    total /= sum_of_weights
    sample = total[:: max(1, height // 96), :: max(1, width // 96)]
    low, high = np.percentile(sample, (0.5, 99.5))
    return np.clip((total - low) / max(1e-6, float(high - low)), 0, 1)


def profile(length: int, cells: float, rng: np.random.Generator, octaves: int = 5, gain: float = 0.5) -> Field:
    """Fractal noise 0..1 along one line (length,)."""
    return fbm(length, 2, cells, 0.5, rng, octaves, gain)[0] if length > 1 else np.full(1, 0.5, np.float32)


def warp(field: Field, dx: Field, dy: Field) -> Field:
    """The field read at positions moved by (dx, dy) pixels, bilinear, edges held."""
    height, width = field.shape[:2]
    x = np.clip(np.arange(width, dtype=np.float32)[None, :] + dx, 0, width - 1.001)
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + dy, 0, height - 1.001)
    return sampled(field, x, y)


def sampled(field: Field, x: Field, y: Field) -> Field:
    """The field (h, w) or (h, w, c) read at float pixel positions already inside it."""
    height, width = field.shape[:2]
    x0, y0 = x.astype(np.int32), y.astype(np.int32)
    fx, fy = (x - x0).astype(np.float32), (y - y0).astype(np.float32)
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    if field.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    top = field[y0, x0] * (1 - fx) + field[y0, x1] * fx
    return top * (1 - fy) + (field[y1, x0] * (1 - fx) + field[y1, x1] * fx) * fy


def blur(field: Field, radius: float) -> Field:
    """Gaussian-like blur of (h, w) with standard deviation `radius` pixels; wide ones are done small and enlarged."""
    if radius < 0.3:
        return field
    height, width = field.shape
    factor = 1
    while radius / factor > 4 and min(height, width) // (factor * 2) >= 8:
        factor *= 2
    small = field
    if factor > 1:
        rows, columns = math.ceil(height / factor), math.ceil(width / factor)
        padded = np.pad(field, ((0, rows * factor - height), (0, columns * factor - width)), mode="edge")
        small = padded.reshape(rows, factor, columns, factor).mean((1, 3), dtype=np.float32)
    small = _gaussian(small, radius / factor)
    if factor == 1:
        return small
    return resized(small, width, height, (0, 0, width / factor, height / factor))


def _gaussian(field: Field, sigma: float) -> Field:
    reach = max(1, math.ceil(sigma * 2.4))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    taps /= taps.sum()
    out: Field = np.asarray(field, np.float32)
    for axis in (0, 1):
        length = out.shape[axis]
        padded = np.pad(out, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        total = np.zeros_like(out)
        for k, tap in enumerate(taps):
            total += tap * (padded[k : k + length] if axis == 0 else padded[:, k : k + length])
        out = total
    return out


def blur_rgb(rgb: Field, radius: float) -> Field:
    """`blur` of each channel of (h, w, 3)."""
    return np.stack([blur(rgb[..., k], radius) for k in range(rgb.shape[2])], -1)


def step(a: Field | float, b: Field | float, x: Field) -> Field:
    """Smooth step: 0 at `a`, 1 at `b` (b may be the smaller)."""
    t = np.clip((x - a) / (b - a), 0, 1)
    return t * t * (3 - 2 * t)


def slope(field: Field) -> tuple[Field, Field]:
    """How the field rises downwards and to the right, a pixel: (dy, dx), each (h, w)."""
    down, right = np.gradient(np.asarray(field, np.float32))
    return np.asarray(down, np.float32), np.asarray(right, np.float32)


def streaks(field: Field, angle: Field, reach: float, taps: int = 7) -> Field:
    """Line integral convolution: the field smeared along `angle` (radians, same shape) over ±`reach` pixels."""
    height, width = field.shape[:2]
    dx, dy = np.cos(angle).astype(np.float32), np.sin(angle).astype(np.float32)
    x = np.arange(width, dtype=np.float32)[None, :]
    y = np.arange(height, dtype=np.float32)[:, None]
    total = np.zeros_like(field, np.float32)
    for t in np.linspace(-reach, reach, taps, dtype=np.float32):
        ix = np.clip(x + dx * t + 0.5, 0, width - 1).astype(np.int32)
        iy = np.clip(y + dy * t + 0.5, 0, height - 1).astype(np.int32)
        total += field[iy, ix]
    return total / taps


def shifted(field: Field, dx: int, dy: int) -> Field:
    """The field moved by whole pixels, its edge rows and columns repeated (nothing wraps around)."""
    height, width = field.shape[:2]
    dx, dy = max(1 - width, min(width - 1, dx)), max(1 - height, min(height - 1, dy))
    out = np.roll(field, (dy, dx), (0, 1))
    if dy > 0:
        out[:dy] = out[dy : dy + 1]
    elif dy < 0:
        out[dy:] = out[dy - 1 : dy]
    if dx > 0:
        out[:, :dx] = out[:, dx : dx + 1]
    elif dx < 0:
        out[:, dx:] = out[:, dx - 1 : dx]
    return out


def mirrored(field: Field, u: Field, v: Field) -> Field:
    """The field read at (u, v) in multiples of its own size, folded back at its edges so that it never ends; nearest pixel."""
    height, width = field.shape
    x = np.abs((u * width) % (2 * width) - width).astype(np.int32).clip(0, width - 1)
    y = np.abs((v * height) % (2 * height) - height).astype(np.int32).clip(0, height - 1)
    return field[y, x]
