"""Bodies for people and machines that the collections draw down to the shoulders only."""

from __future__ import annotations

import numpy as np
from PIL import Image

from .canvas import Point, polygons
from .colour import Colour, Field, grey, hexed
from .noise import blur

_JOBS_ROBED = ("mage", "elf", "vampire", "judge", "student", "detective")
_JOBS_SUITED = (
    "astronaut", "firefighter", "police officer", "pilot", "farmer", "cook", "mechanic", "factory worker", "office worker", "scientist", "artist",
    "guard", "construction worker", "singer", "health worker",
)  # fmt: skip
_WHO = ("", "man ", "woman ")
_ROBED = frozenset(who + job for who in _WHO for job in _JOBS_ROBED) | {
    "wizard",
    "witch",
    "princess",
    "prince",
    "Santa Claus",
    "Mrs. Claus",
    "Mx Claus",
}
_SUITED = frozenset(who + job for who in _WHO for job in _JOBS_SUITED) | {"ninja"}
_GOWNS = {"princess": "#cf6fa4", "prince": "#4f6fb8", "vampire": "#2c2433", "student": "#2f3350"}  # where hair hides the cloth


def is_bust(drawing: str) -> bool:
    """Whether the drawing ends at the shoulders, or is a machine's or stranger's head."""
    kit, _, name = drawing.partition(":")
    return kit != "bower" and (name in _ROBED or name in _SUITED or name in ("robot", "alien"))


def standing(drawing: str, bust: Field, px: int) -> Field:
    """The whole figure (h, w, 4), `px` high, from its bust or head drawn at any size."""
    name = drawing.partition(":")[2]
    if name == "robot":
        return _machine(bust, px, _common(bust, 0.5), hexed("#5f7f94"))
    if name == "alien":
        return _machine(bust, px, _common(bust, 0.5), _common(bust, 0.5) * np.float32(0.8), thin=True)
    return _clothed(name, bust, px, robe=name in _ROBED)


def _common(art: Field, rows: float) -> Colour:
    part = art[int(art.shape[0] * rows) :]
    points = part[part[..., 3] > 0.9][:, :3]
    if not len(points):
        return hexed("#7a7f8c")
    codes = (points * 7).astype(np.int32) @ np.array([64, 8, 1])
    values, counts = np.unique(codes, return_counts=True)
    return points[codes == values[counts.argmax()]].mean(0)


def _lay(art: Field, shapes: list[list[Point]], colour: Colour, shade: float = 0.18) -> None:
    height, width = art.shape[:2]
    mask = polygons(width, height, shapes, 3)
    form = blur(mask, height * 0.022)
    toned = np.clip(colour * (1 - shade * (1 - np.clip(form * 1.2, 0, 1)))[..., None], 0, 1)
    art[..., :3] += (toned - art[..., :3]) * np.where(art[..., 3:] > 0.01, mask[..., None], mask[..., None] > 0.004)
    art[..., 3] = art[..., 3] + mask * (1 - art[..., 3])


def _set(art: Field, piece: Field, x: float, top: float, width: float) -> None:
    size = (max(2, round(width)), max(2, round(width * piece.shape[0] / piece.shape[1])))
    image = Image.fromarray((np.clip(piece, 0, 1) * 255).astype(np.uint8)).resize(size, Image.Resampling.LANCZOS)
    small = np.asarray(image, np.float32) / 255
    left, upper = round(x - size[0] / 2), round(top)
    rows, columns = slice(upper, min(art.shape[0], upper + size[1])), slice(max(0, left), min(art.shape[1], left + size[0]))
    small = small[: rows.stop - rows.start, columns.start - left : columns.stop - left]
    a = small[..., 3:]
    art[rows, columns, :3] = small[..., :3] * a + art[rows, columns, :3] * (1 - a)
    art[rows, columns, 3] = np.maximum(art[rows, columns, 3], small[..., 3])


def _slab(x: float, top: float, bottom: float, y0: float, y1: float) -> list[Point]:
    """An upright four-sided shape round `x`, its half-width going from `top` to `bottom`."""
    return [(x - top, y0), (x + top, y0), (x + bottom, y1), (x - bottom, y1)]


def _limb(x0: float, y0: float, x1: float, y1: float, half: float) -> list[Point]:
    return [(x0 - half, y0), (x0 + half, y0), (x1 + half, y1), (x1 - half, y1)]


def _disc(x: float, y: float, r: float) -> list[Point]:
    return [(x + float(np.cos(a)) * r, y + float(np.sin(a)) * r) for a in np.linspace(0, 6.28, 16)]


def _clothed(name: str, bust: Field, px: int, robe: bool) -> Field:
    """Shoulders carried on downwards: into a robe, or a jacket with arms and legs."""
    tall = bust.shape[0] / bust.shape[1]
    head = px * 0.50 / tall
    width = round(max(head * 1.06, px * 0.56))
    art = np.zeros((px, width, 4), np.float32)
    x = width / 2
    cloth = hexed(_GOWNS[name]) if name in _GOWNS else _common(bust, 0.86)
    feet = bust[int(bust.shape[0] * 0.95) :, :, 3].max(0) > 0.5
    span = float(feet.sum()) / bust.shape[1] * head / 2 * 0.97
    if robe:
        _robe(art, x, px, span, cloth)
    else:
        _suit(art, x, px, span, cloth)
    _set(art, bust, x, 0, head)
    return art


def _robe(art: Field, x: float, px: int, span: float, cloth: Colour) -> None:
    hem = min(art.shape[1] * 0.49, span * 1.28)
    _lay(art, [_slab(x, hem * 0.45, hem * 0.5, px * 0.95, px * 0.995)], hexed("#3a2c2c"))
    left = [(x - span, px * 0.47), (x - span * 0.86, px * 0.66), (x - hem, px * 0.965)]
    _lay(art, [[*left, (x, px * 0.985), *[(2 * x - a, b) for a, b in reversed(left)]]], cloth, 0.26)
    for fold in (-0.5, 0.0, 0.5):
        foot = x + fold * hem * 1.1
        crease = [(x + fold * span * 0.7, px * 0.62), (foot - px * 0.006, px * 0.965), (foot + px * 0.006, px * 0.965)]
        _lay(art, [crease], cloth * np.float32(0.72), 0)


def _suit(art: Field, x: float, px: int, span: float, cloth: Colour) -> None:
    leg, boot = span * 0.36, cloth * np.float32(0.40)
    for side in (-1, 1):
        middle = x + side * span * 0.40
        _lay(art, [_slab(middle, leg, leg * 0.86, px * 0.70, px * 0.95)], cloth * np.float32(0.86))
        _lay(art, [_slab(middle + side * leg * 0.15, leg * 1.15, leg * 1.3, px * 0.93, px * 0.995)], boot)
    _lay(art, [_slab(x, span, span * 0.84, px * 0.47, px * 0.74)], cloth, 0.22)
    for side in (-1, 1):
        _lay(
            art,
            [_limb(x + side * span * 0.92, px * 0.47, x + side * span * 1.03, px * 0.665, span * 0.13)],
            cloth * np.float32(0.94),
            0.24,
        )
        _lay(art, [_disc(x + side * span * 1.03, px * 0.675, span * 0.15)], boot + np.float32(0.12))


def _machine(head: Field, px: int, main: Colour, trim: Colour, thin: bool = False) -> Field:
    """A box with limbs for a robot, or a slight body for a visitor from elsewhere."""
    wide = px * (0.46 if not thin else 0.36)
    high = wide * head.shape[0] / head.shape[1]
    art = np.zeros((px, round(px * 0.62), 4), np.float32)
    x, top = art.shape[1] / 2, high * 0.94
    half, waist = px * (0.15 if not thin else 0.075), px * 0.78
    main = main if grey(main[None])[0] > 0.12 else hexed("#8a97a3")
    for side in (-1, 1):
        leg, shoulder = x + side * half * 0.55, x + side * half
        _lay(art, [_slab(leg, px * 0.030, px * 0.026, waist - 4, px * 0.95)], trim)
        _lay(art, [_slab(leg, px * 0.045, px * 0.055, px * 0.94, px * 0.995)], main * np.float32(0.8))
        _lay(
            art,
            [_limb(shoulder + side * px * 0.017, top + px * 0.03, shoulder + side * px * 0.065, waist - px * 0.035, px * 0.018)],
            trim,
        )
        _lay(art, [_disc(shoulder + side * px * 0.068, waist - px * 0.02, px * 0.030)], main * np.float32(0.8))
    _lay(art, [_slab(x, half, half * (0.92 if not thin else 1.2), top, waist)], main, 0.24)
    if not thin:
        _lay(art, [_slab(x, half * 0.6, half * 0.55, top + px * 0.06, waist - px * 0.07)], trim * np.float32(0.9), 0.1)
        for k, colour in enumerate(("#f2c14e", "#e4573d", "#7fd1c0")):
            _lay(art, [_disc(x + (k - 1) * half * 0.34, top + px * 0.105, px * 0.016)], hexed(colour), 0)
    _set(art, head, x, 0, wide)
    return art
