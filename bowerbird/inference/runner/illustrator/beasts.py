"""Bodies for the animals that the collections draw as a face only: sitting, or curled up asleep.

The body takes its colours from the face, so that a recoloured or unusual animal stays one animal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from .canvas import Point, polygons
from .colour import Colour, Field, grey, to_lab
from .noise import blur
from .poses import asleep

Shape = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Build:
    """How a kind of animal is built: its tail, whether paws are dark, whether chest and tail tip are light, how stout it is."""

    tail: str = "stub"
    socks: bool = False
    bib: bool = True
    stout: float = 1.0


BUILDS: dict[str, Build] = {
    "fox": Build("bushy", socks=True),
    "wolf": Build("bushy"),
    "raccoon": Build("bushy", bib=False),
    "lion": Build("thin", stout=1.08),
    "tiger face": Build("thin", stout=1.08),
    "cat face": Build("thin", stout=0.94),
    "dog face": Build("thin", bib=False),
    "bear": Build(stout=1.2, bib=False),
    "polar bear": Build(stout=1.2, bib=False),
    "koala": Build(stout=1.1),
    "panda": Build(socks=True, stout=1.2, bib=False),
    "hamster": Build(stout=1.15),
    "mouse face": Build("thin", bib=False),
    "rabbit face": Build(stout=1.0),
    "monkey face": Build("thin"),
    "pig face": Build(stout=1.2, bib=False),
    "cow face": Build("thin", bib=False, stout=1.15),
    "frog": Build("none", stout=1.05),
}


# Whole animals that look better as their face on a body of ours.
_BY_FACE = {"cat": "cat face", "black cat": "cat face"}


def face_of(drawing: str) -> str:
    """The drawing whose face stands for it: a cat is its face with a body."""
    kit, _, name = drawing.partition(":")
    return f"{kit}:{_BY_FACE[name]}" if name in _BY_FACE else drawing


def is_face(drawing: str) -> bool:
    """Whether the drawing is a face that can be given a body. Only noto and fluent draw a raccoon's or a polar bear's face alike."""
    kit, _, name = drawing.partition(":")
    return kit in ("noto", "fluent", "twemoji") and name in BUILDS and not (name == "raccoon" and kit != "fluent")


def bodied(drawing: str, face: Field, px: int, pose: str) -> Field:
    """The whole animal (h, w, 4), `px` on its longer side, from its face drawn at any size."""
    build = BUILDS[drawing.partition(":")[2]]
    coat = _coat(face)
    return _curled(face, coat, build, px) if pose == "sleeping" else _sitting(face, coat, build, px)


@dataclass(frozen=True, slots=True)
class Coat:
    """The animal's own colours."""

    main: Colour
    light: Colour
    dark: Colour


def _coat(face: Field) -> Coat:
    small = face[:: max(1, face.shape[0] // 80), :: max(1, face.shape[1] // 80)]
    points = small[small[..., 3] > 0.9][:, :3]
    lab = to_lab(points)
    middle = points[(lab[:, 0] > 0.40) & (lab[:, 0] < 0.97)]
    pool = middle if len(middle) > 20 else points
    key = (pool * 9).astype(np.int32)
    codes, counts = np.unique(key @ np.array([100, 10, 1]), return_counts=True)
    best = codes[counts.argmax()]
    main = pool[(key @ np.array([100, 10, 1])) == best].mean(0)
    bright = points[grey(points) >= np.quantile(grey(points), 0.93)].mean(0)
    dark = points[grey(points) <= np.quantile(grey(points), 0.06)].mean(0)
    return Coat(main, main + (bright - main) * 0.9, main * 0.25 + dark * 0.75)


def _blob(x: float, y: float, rx: float, ry: float, turn: float = 0.0) -> Shape:
    cos, sin = math.cos(turn), math.sin(turn)
    around = [k / 40 * math.tau for k in range(40)]
    return [
        (x + math.cos(a) * rx * cos - math.sin(a) * ry * sin, y + math.cos(a) * rx * sin + math.sin(a) * ry * cos) for a in around
    ]


def _tapered(path: Sequence[Point], widths: Sequence[float]) -> Shape:
    """A ribbon along a path, its half-width given at each point."""
    left: list[Point] = []
    right: list[Point] = []
    for k, (x, y) in enumerate(path):
        x0, y0 = path[max(0, k - 1)]
        x1, y1 = path[min(len(path) - 1, k + 1)]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        nx, ny = -(y1 - y0) / length * widths[k], (x1 - x0) / length * widths[k]
        left.append((x + nx, y + ny))
        right.append((x - nx, y - ny))
    return [*left, *reversed(right)]


def _curve(a: Point, b: Point, c: Point, d: Point, points: int = 28) -> list[Point]:
    out: list[Point] = []
    for k in range(points):
        t = k / (points - 1)
        s = 1 - t
        out.append(
            (
                s**3 * a[0] + 3 * s * s * t * b[0] + 3 * s * t * t * c[0] + t**3 * d[0],
                s**3 * a[1] + 3 * s * s * t * b[1] + 3 * s * t * t * c[1] + t**3 * d[1],
            )
        )
    return out


class _Page:
    """A small transparent page in its own units on which shapes are laid with a soft shade at their lower edge."""

    def __init__(self, width: float, height: float, px: int) -> None:
        self.scale = px / max(width, height)
        self.w, self.h = max(8, round(width * self.scale)), max(8, round(height * self.scale))
        self.art = np.zeros((self.h, self.w, 4), np.float32)

    def lay(self, shapes: Sequence[Shape], colour: Colour, shade: float = 0.16) -> None:
        mask = polygons(self.w, self.h, [[(x * self.scale, y * self.scale) for x, y in s] for s in shapes], 3)
        self.art[..., :3] *= 1 - shade * 0.8 * (blur(mask, self.scale * 0.02) * (1 - mask))[..., None]
        form = blur(mask, self.scale * 0.045)
        tone = 1 - shade * (1 - np.clip(form * 1.25, 0, 1)) * mask
        self.paste(np.dstack([np.clip(colour * tone[..., None], 0, 1), mask]), 0, 0)

    def head(self, face: Field, x: float, y: float, width: float, turn: float = 0.0) -> None:
        """The face with its middle at (x, y), `width` wide, turned by `turn` degrees, throwing a little shade on the body."""
        size = (max(2, round(width * self.scale)), max(2, round(width * self.scale * face.shape[0] / face.shape[1])))
        image = Image.fromarray((np.clip(face, 0, 1) * 255).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
        if turn:
            image = image.rotate(turn, Image.Resampling.BICUBIC, expand=True)
        art = np.asarray(image, np.float32) / 255
        left, top = round(x * self.scale - art.shape[1] / 2), round(y * self.scale - art.shape[0] / 2)
        shadow = np.zeros((self.h, self.w), np.float32)
        _put(shadow, art[..., 3], left, top + round(0.03 * self.scale))
        self.art[..., :3] *= 1 - (0.30 * blur(shadow, 0.014 * self.scale) + 0.26 * blur(shadow, 0.05 * self.scale))[..., None]
        self.paste(art, left, top)

    def paste(self, art: Field, left: int, top: int) -> None:
        layer = np.zeros_like(self.art)
        _put(layer, art, left, top)
        a = layer[..., 3:]
        below = self.art[..., 3:] * (1 - a)
        total = a + below
        self.art[..., :3] = (layer[..., :3] * a + self.art[..., :3] * below) / np.maximum(total, 1e-4)
        self.art[..., 3:] = total


def _put(target: Field, art: Field, left: int, top: int) -> None:
    height, width = target.shape[:2]
    x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + art.shape[1]), min(height, top + art.shape[0])
    if x1 > x0 and y1 > y0:
        target[y0:y1, x0:x1] = art[y0 - top : y1 - top, x0 - left : x1 - left]


def _sitting(face: Field, coat: Coat, build: Build, px: int) -> Field:
    tall = face.shape[0] / face.shape[1]
    head = 0.56 if tall < 1.1 else 0.56 / (tall**0.6)
    top = head * tall
    page = _Page(1.06, top + 0.50, px)
    foot, middle, s = top + 0.45, 0.43, build.stout
    paws = coat.dark if build.socks else coat.main * np.float32(0.93)
    if build.tail == "bushy":
        path = _curve((middle + 0.12, foot - 0.05), (0.80, foot + 0.03), (0.98, foot - 0.18), (0.80, foot - 0.46))
        width = [0.02 + 0.085 * math.sin(min(1.0, 0.10 + k / 27) * math.pi) ** 0.7 for k in range(28)]
        page.lay([_tapered(path, width)], coat.main * np.float32(0.95))
        page.lay([_tapered(path[20:], width[20:])], coat.light)
    elif build.tail == "thin":
        path = _curve((middle + 0.12, foot - 0.05), (0.78, foot + 0.02), (0.92, foot - 0.12), (0.78, foot - 0.34))
        page.lay([_tapered(path, [0.024] * 28)], coat.main * np.float32(0.92))
        page.lay([_blob(0.78, foot - 0.34, 0.040, 0.048)], coat.dark)
    elif build.tail == "stub":
        page.lay([_blob(middle + 0.20 * s, foot - 0.08, 0.06, 0.055)], coat.light)
    haunch = 0.125 * s
    page.lay(
        [_blob(middle - haunch, foot - 0.12, 0.115 * s, 0.13), _blob(middle + haunch, foot - 0.12, 0.115 * s, 0.13)],
        coat.main * np.float32(0.94),
    )
    shoulders, hips = 0.125 * s, 0.165 * s
    left = _curve(
        (middle - shoulders, top - 0.14),
        (middle - shoulders - 0.03, top + 0.06),
        (middle - hips - 0.02, foot - 0.2),
        (middle - hips, foot - 0.05),
    )
    body = [*left, (middle, foot - 0.01), *[(2 * middle - x, y) for x, y in reversed(left)]]
    page.lay([body], coat.main)
    if build.bib:
        page.lay([_blob(middle, top + 0.01, 0.105 * s, 0.17)], coat.light, 0.10)
    elif build.socks:
        page.lay([_blob(middle, top + 0.13, 0.12 * s, 0.15)], coat.light, 0.08)
    leg = 0.066 * s
    legs = [
        [
            (middle + d * leg - 0.045, top + 0.14),
            (middle + d * leg + 0.045, top + 0.14),
            (middle + d * leg + 0.040, foot - 0.02),
            (middle + d * leg - 0.040, foot - 0.02),
        ]
        for d in (-1, 1)
    ]
    page.lay(legs, coat.main * np.float32(0.98), 0.26)
    if build.socks:
        page.lay([[(x, max(y, foot - 0.15)) for x, y in one] for one in legs], coat.dark, 0.1)
    page.lay([_blob(middle + d * leg * 1.12, foot - 0.028, 0.056, 0.032) for d in (-1, 1)], paws, 0.12)
    page.lay([_blob(middle + d * 0.20 * s, foot - 0.024, 0.068, 0.028) for d in (-1, 1)], paws, 0.12)
    page.head(face, middle, top / 2, head)
    return _trimmed(page.art)


def _curled(face: Field, coat: Coat, build: Build, px: int) -> Field:
    s = 0.9 + 0.1 * build.stout
    page = _Page(1.34, 0.80 * s, px)
    foot = 0.70 * s
    back = _blob(0.66, foot - 0.27 * s, 0.47, 0.28 * s, -0.04)
    page.lay([back], coat.main)
    page.lay([_blob(0.84, foot - 0.20 * s, 0.25, 0.195 * s, 0.1)], coat.main * np.float32(0.95), 0.24)
    if build.bib:
        page.lay([_blob(0.40, foot - 0.12 * s, 0.15, 0.10)], coat.light, 0.12)
    paws = coat.dark if build.socks else coat.main * np.float32(0.9)
    page.lay([_blob(0.56, foot - 0.035, 0.085, 0.035, 0.05), _blob(0.82, foot - 0.035, 0.10, 0.034)], paws, 0.1)
    page.head(asleep(face), 0.30, foot - 0.245, 0.50, 9)
    if build.tail == "bushy":
        path = _curve((1.06, foot - 0.16), (1.16, foot + 0.03), (0.80, foot + 0.0), (0.44, foot - 0.02))
        width = [0.03 + 0.075 * math.sin(min(1.0, 0.06 + k / 29) * math.pi) ** 0.7 for k in range(28)]
        page.lay([_tapered(path, width)], coat.main * np.float32(0.97), 0.22)
        page.lay(
            [_tapered(path[17:], [w * math.sin(min(1.0, (k + 1) / 7) * math.pi / 2) ** 0.6 for k, w in enumerate(width[17:])])],
            coat.light,
            0.14,
        )
    elif build.tail == "thin":
        path = _curve((1.08, foot - 0.14), (1.10, foot + 0.01), (0.86, foot - 0.02), (0.62, foot - 0.05))
        page.lay([_tapered(path, [0.022] * 28)], coat.main * np.float32(0.88), 0.2)
    return _trimmed(page.art)


def _trimmed(art: Field) -> Field:
    rows, columns = np.flatnonzero(art[..., 3].max(1) > 0.05), np.flatnonzero(art[..., 3].max(0) > 0.05)
    return art[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
