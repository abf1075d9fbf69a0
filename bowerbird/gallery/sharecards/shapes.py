"""The shapes of a share card: round corners, the arch that means a person, the house's mark."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw

TWIG, BERRY = "#b98d3e", "#3a3fc4"
SMOOTH = 4  # drawn this much larger, then shrunk
# the house's mark, on a grid of 24: four twigs and a berry
_TWIGS = (
    ((3.5, 21.5), (3.5, 12), (5, 6), (11, 2)), ((7, 21.5), (7, 13.5), (7.8, 9), (12.5, 3.5)),
    ((20.5, 21.5), (20.5, 12), (19, 6), (13, 2)), ((17, 21.5), (17, 13.5), (16.2, 9), (11.5, 3.5)),
)  # fmt: skip


@lru_cache(maxsize=64)
def rounded(size: tuple[int, int], radius: int) -> Image.Image:
    """A mask of a rectangle with round corners, px."""
    large = Image.new("L", (size[0] * SMOOTH, size[1] * SMOOTH))
    ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), radius * SMOOTH, fill=255)
    return large.resize(size, Image.Resampling.LANCZOS)


@lru_cache(maxsize=4)
def arch(size: int) -> Image.Image:
    """The shape of a person: round above, almost straight below."""
    n = size * SMOOTH
    large = Image.new("L", (n, n))
    pen = ImageDraw.Draw(large)
    pen.ellipse((0, 0, n - 1, n * 0.92), fill=255)
    pen.rectangle((0, n * 0.46, n - 1, n * 0.8), fill=255)
    pen.rounded_rectangle((0, n * 0.5, n - 1, n - 1), n * 0.2, fill=255)
    return large.resize((size, size), Image.Resampling.LANCZOS)


@lru_cache(maxsize=4)
def mark(size: int) -> Image.Image:
    """The house's mark in a square of `size` px, on nothing."""
    scale = size * SMOOTH / 24
    large = Image.new("RGBA", (size * SMOOTH, size * SMOOTH))
    pen = ImageDraw.Draw(large)
    for curve in _TWIGS:
        line = [_along(curve, step / 40) for step in range(41)]
        points = [(x * scale, y * scale) for x, y in line]
        pen.line(points, fill=TWIG, width=round(1.9 * scale), joint="curve")
        for x, y in (points[0], points[-1]):
            r = 0.95 * scale
            pen.ellipse((x - r, y - r, x + r, y + r), fill=TWIG)
    x, y, r = 12 * scale, 19.25 * scale, 2.7 * scale
    pen.ellipse((x - r, y - r, x + r, y + r), fill=BERRY)
    return large.resize((size, size), Image.Resampling.LANCZOS)


def _along(curve: tuple[tuple[float, float], ...], t: float) -> tuple[float, float]:
    """A point of a cubic Bézier curve."""
    weights = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    return sum(w * p[0] for w, p in zip(weights, curve, strict=True)), sum(w * p[1] for w, p in zip(weights, curve, strict=True))
