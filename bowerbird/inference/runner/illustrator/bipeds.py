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


def _clothed(name: str, bust: Field, px: int, robe: bool) -> Field:
    """Shoulders carried on downwards: into a robe, or a jacket with arms and legs."""
    tall = bust.shape[0] / bust.shape[1]
    head = px * 0.50 / tall
    width = round(max(head * 1.06, px * 0.56))
    art = np.zeros((px, width, 4), np.float32)
    x, join = width / 2, px * 0.47
    cloth = hexed(_GOWNS[name]) if name in _GOWNS else _common(bust, 0.86)
    feet = bust[int(bust.shape[0] * 0.95) :, :, 3].max(0) > 0.5
    span = float(feet.sum()) / bust.shape[1] * head / 2 * 0.97
    dark = cloth * np.float32(0.72)
    if robe:
        hem = min(width * 0.49, span * 1.28)
        _lay(
            art,
            [
                [
                    (x - hem * 0.45, px * 0.95),
                    (x + hem * 0.45, px * 0.95),
                    (x + hem * 0.5, px * 0.995),
                    (x - hem * 0.5, px * 0.995),
                ]
            ],
            hexed("#3a2c2c"),
        )
        left = [(x - span, join), (x - span * 0.86, px * 0.66), (x - hem, px * 0.965)]
        _lay(art, [[*left, (x, px * 0.985), *[(2 * x - a, b) for a, b in reversed(left)]]], cloth, 0.26)
        for fold in (-0.5, 0.0, 0.5):
            _lay(
                art,
                [
                    [
                        (x + fold * span * 0.7, px * 0.62),
                        (x + fold * hem * 1.1 - px * 0.006, px * 0.965),
                        (x + fold * hem * 1.1 + px * 0.006, px * 0.965),
                    ]
                ],
                dark,
                0,
            )
    else:
        leg, boot = span * 0.36, dark * np.float32(0.55)
        for side in (-1, 1):
            middle = x + side * span * 0.40
            _lay(
                art,
                [
                    [
                        (middle - leg, px * 0.70),
                        (middle + leg, px * 0.70),
                        (middle + leg * 0.86, px * 0.95),
                        (middle - leg * 0.86, px * 0.95),
                    ]
                ],
                cloth * np.float32(0.86),
            )
            _lay(
                art,
                [
                    [
                        (middle - leg * (1.0 if side > 0 else 1.35), px * 0.93),
                        (middle + leg * (1.35 if side > 0 else 1.0), px * 0.93),
                        (middle + leg * (1.5 if side > 0 else 1.0), px * 0.995),
                        (middle - leg * (1.0 if side > 0 else 1.5), px * 0.995),
                    ]
                ],
                boot,
            )
        body = [(x - span, join), (x - span * 0.84, px * 0.74), (x + span * 0.84, px * 0.74), (x + span, join)]
        _lay(art, [body], cloth, 0.22)
        for side in (-1, 1):
            arm = [
                (x + side * span * 0.80, join),
                (x + side * span * 1.04, join + px * 0.01),
                (x + side * span * 1.16, px * 0.66),
                (x + side * span * 0.90, px * 0.67),
            ]
            _lay(art, [arm], cloth * np.float32(0.94), 0.24)
            _lay(
                art,
                [
                    [
                        (x + side * span * (1.03 + 0.15 * np.cos(a)), px * 0.675 + span * 0.15 * np.sin(a))
                        for a in np.linspace(0, 6.28, 16)
                    ]
                ],
                boot + np.float32(0.12),
            )
    _set(art, bust, x, 0, head)
    return art


def _machine(head: Field, px: int, main: Colour, trim: Colour, thin: bool = False) -> Field:
    """A box with limbs for a robot, or a slight body for a visitor from elsewhere."""
    ratio = head.shape[0] / head.shape[1]
    wide = px * (0.46 if not thin else 0.36)
    high = wide * ratio
    art = np.zeros((px, round(px * 0.62), 4), np.float32)
    x, top = art.shape[1] / 2, high * 0.94
    half, waist = px * (0.15 if not thin else 0.075), px * 0.78
    main = main if grey(main[None])[0] > 0.12 else hexed("#8a97a3")
    for side in (-1, 1):
        leg = x + side * half * 0.55
        _lay(
            art,
            [
                [
                    (leg - px * 0.030, waist - 4),
                    (leg + px * 0.030, waist - 4),
                    (leg + px * 0.026, px * 0.95),
                    (leg - px * 0.026, px * 0.95),
                ]
            ],
            trim,
        )
        _lay(
            art,
            [
                [
                    (leg - px * 0.055, px * 0.995),
                    (leg - px * 0.045, px * 0.94),
                    (leg + px * 0.045, px * 0.94),
                    (leg + px * 0.055, px * 0.995),
                ]
            ],
            main * np.float32(0.8),
        )
        shoulder = x + side * half
        _lay(
            art,
            [
                [
                    (shoulder, top + px * 0.03),
                    (shoulder + side * px * 0.035, top + px * 0.03),
                    (shoulder + side * px * 0.085, waist - px * 0.04),
                    (shoulder + side * px * 0.045, waist - px * 0.03),
                ]
            ],
            trim,
        )
        _lay(
            art,
            [
                [
                    (shoulder + side * px * 0.068 + np.cos(a) * px * 0.030, waist - px * 0.02 + np.sin(a) * px * 0.030)
                    for a in np.linspace(0, 6.28, 14)
                ]
            ],
            main * np.float32(0.8),
        )
    _lay(
        art,
        [
            [
                (x - half, top),
                (x + half, top),
                (x + half * (0.92 if not thin else 1.2), waist),
                (x - half * (0.92 if not thin else 1.2), waist),
            ]
        ],
        main,
        0.24,
    )
    if not thin:
        _lay(
            art,
            [
                [
                    (x - half * 0.6, top + px * 0.06),
                    (x + half * 0.6, top + px * 0.06),
                    (x + half * 0.55, waist - px * 0.07),
                    (x - half * 0.55, waist - px * 0.07),
                ]
            ],
            trim * np.float32(0.9),
            0.1,
        )
        for k, colour in enumerate(("#f2c14e", "#e4573d", "#7fd1c0")):
            middle = x + (k - 1) * half * 0.34
            _lay(
                art,
                [
                    [
                        (middle + np.cos(a) * px * 0.016, top + px * 0.105 + np.sin(a) * px * 0.016)
                        for a in np.linspace(0, 6.28, 12)
                    ]
                ],
                hexed(colour),
                0,
            )
    _set(art, head, x, 0, wide)
    return art
