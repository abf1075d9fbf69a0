"""Colour in OKLab: where mixing keeps its light and a palette can be turned without turning muddy.

A colour is a float32 array (3,) of sRGB values 0..1; pictures are (h, w, 3) of the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.floating[Any]]
Colour = NDArray[np.floating[Any]]

_M1 = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    np.float32,
)
_M2 = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    np.float32,
)
_I1 = np.linalg.inv(_M1).astype(np.float32)
_I2 = np.linalg.inv(_M2).astype(np.float32)


def hexed(text: str) -> Colour:
    """'#rrggbb' (or '#rgb') as a colour. Raises ValueError where it is not one."""
    digits = text.lstrip("#")
    if len(digits) == 3:
        digits = "".join(c * 2 for c in digits)
    if len(digits) != 6:
        raise ValueError(f"not a colour: {text!r}")
    return np.array([int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)], np.float32)


def linear(rgb: Field) -> Field:
    """SRGB to linear light."""
    return np.where(rgb <= 0.04045, rgb / 12.92, ((np.maximum(rgb, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def encoded(light: Field) -> Field:
    """Linear light to sRGB."""
    safe = np.maximum(light, 0)
    return np.where(safe <= 0.0031308, safe * 12.92, 1.055 * safe ** (1 / 2.4) - 0.055).astype(np.float32)


def to_lab(rgb: Field) -> Field:
    """SRGB (…, 3) to OKLab (…, 3)."""
    return np.cbrt(linear(rgb) @ _M1.T) @ _M2.T


def to_rgb(lab: Field) -> Field:
    """OKLab (…, 3) to sRGB (…, 3), clipped to what a screen can show."""
    return np.clip(encoded(((lab @ _I2.T) ** 3) @ _I1.T), 0, 1).astype(np.float32)


def mix(a: Colour, b: Colour, t: float) -> Colour:
    """Between two colours, in OKLab."""
    return to_rgb(to_lab(a) * (1 - t) + to_lab(b) * t)


def ramp(t: Field, colours: Sequence[Colour], entries: int = 512) -> Field:
    """Evenly spaced `colours` mixed in OKLab and read at `t` (any shape, 0..1): returns t.shape + (3,)."""
    stops = np.linspace(0, 1, len(colours))
    lab = np.array([to_lab(c) for c in colours])
    at = np.linspace(0, 1, entries)
    table = to_rgb(np.stack([np.interp(at, stops, lab[:, k]) for k in range(3)], -1).astype(np.float32))
    return table[np.clip(np.asarray(t) * (entries - 1) + 0.5, 0, entries - 1).astype(np.int32)]


def tuned(colour: Colour, light: float = 0.0, chroma: float = 1.0, hue: float = 0.0, contrast: float = 1.0) -> Colour:
    """The colour with its lightness moved, its chroma scaled and its hue turned by `hue` radians; (…, 3) in and out."""
    lab = to_lab(colour).copy()
    lab[..., 0] = (lab[..., 0] - 0.55) * contrast + 0.55 + light
    a, b = lab[..., 1].copy(), lab[..., 2].copy()
    cos, sin = np.cos(hue) * chroma, np.sin(hue) * chroma
    lab[..., 1], lab[..., 2] = a * cos - b * sin, a * sin + b * cos
    return to_rgb(lab)


def towards(colour: Colour, palette: Sequence[Colour], amount: float) -> Colour:
    """The colour keeps its lightness and takes its hue from the palette's colour of that lightness."""
    if not palette:
        return colour
    labs = np.array(sorted((to_lab(c).tolist() for c in palette), key=lambda lab: lab[0]))
    lab = to_lab(colour).copy()
    wanted = np.array([np.interp(lab[0], labs[:, 0], labs[:, k]) for k in range(3)])
    # Chroma fades towards black and white, as real pigments do; without it a single blue would paint blue whites.
    reach = 1.0 - 0.55 * min(1.0, abs(float(lab[0]) - float(wanted[0])) * 2.2)
    lab[0] += 0.25 * amount * (wanted[0] - lab[0])
    lab[1:] = lab[1:] * (1 - amount) + wanted[1:] * amount * reach
    return to_rgb(lab.astype(np.float32))


def grey(rgb: Field) -> Field:
    """Perceived brightness 0..1 of a picture (h, w, 3)."""
    return rgb[..., 0] * 0.30 + rgb[..., 1] * 0.59 + rgb[..., 2] * 0.11


def recoloured(rgb: Field, alpha: Field, colour: Colour) -> Field:
    """A drawing (h, w, 3) in another colour: shading, whites and blacks (eyes, teeth) keep theirs."""
    lab = to_lab(rgb).copy()
    body = alpha > 0.5
    if not bool(body.any()):
        return rgb
    target = to_lab(colour)
    chroma = np.hypot(lab[..., 1], lab[..., 2])
    light = lab[..., 0]
    eyes = np.clip((0.34 - light) / 0.10, 0, 1) * (chroma < 0.06)
    keep = np.clip((light - 0.78) / 0.10, 0, 1) * (chroma < 0.085) + eyes
    coloured = body & (keep < 0.5)
    if float(coloured.sum()) < 0.4 * float(body.sum()):  # a white thing: it is the white that is to be coloured
        keep = np.clip((light - 0.985) / 0.01, 0, 1) * 0.5 + eyes * (float((body & (eyes > 0.5)).mean()) < 0.3)
        coloured = body & (keep < 0.5)
    if not bool(coloured.any()):
        coloured, keep = body, np.zeros_like(keep)
    typical = float(np.median(light[coloured]))
    own_hue = np.median(lab[coloured], 0)
    apart = abs(float(np.angle(np.exp(1j * (np.arctan2(own_hue[2], own_hue[1]) - np.arctan2(target[2], target[1]))))))
    if apart < 0.55 and float(np.hypot(own_hue[1], own_hue[2])) > 0.12 and abs(float(own_hue[0] - target[0])) < 0.25:
        target = target * 0.35 + own_hue * 0.65  # a red fox is a fox: nature's own colour of that name is the better one
    # A white or black wish moves the lightness the whole way; a hue leaves more of the drawing's own light and shade.
    own = 0.75 if float(np.hypot(target[1], target[2])) > 0.05 else 0.55
    shade = (light - typical) * own
    lift = np.clip(1 - np.abs(shade) * 1.1, 0.25, 1)
    new = np.stack([np.clip(target[0] + shade, 0.05, 0.98), target[1] * lift, target[2] * lift], -1)
    blend = np.clip(1 - keep, 0, 1)[..., None]
    return to_rgb((lab * (1 - blend) + new * blend).astype(np.float32))
