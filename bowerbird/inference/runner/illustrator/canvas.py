"""The sheet being painted and the plates laid on it.

A world does not paint pixels: it hands over *plates* (a shape, its colours, how far away it is, which way strokes run), and the
medium decides how such a plate becomes paint, paper, thread or ink. The sheet remembers what the finishing passes need: depth,
stroke direction, outlines and where the figures are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from .colour import Colour, Field
from .noise import blur

KINDS = ("sky", "land", "light", "shadow", "detail", "figure", "air")
Point = tuple[float, float]


@dataclass(slots=True)
class Plate:
    """One shape with its colours. `mask` (h, w) 0..1; `colour` (3,) or (h, w, 3); `depth` 1 far .. 0 near; `flow` radians.

    A plate smaller than the sheet lies with its upper left corner at `corner` (row, column) and may hang over the edge.
    """

    mask: Field
    colour: Field
    depth: float = 0.5
    kind: str = "land"
    flow: Field | float = 0.0
    line: float = 1.0  # how much the outline of this plate speaks in media that draw lines
    corner: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Sheet:
    """The picture so far and what the finishing passes ask about it."""

    rgb: Field
    depth: Field
    flow: Field
    line: Field
    figure: Field
    paper: Colour
    scratch: dict[str, Field] = field(default_factory=dict[str, Field])

    @staticmethod
    def blank(width: int, height: int, paper: Colour) -> Sheet:
        """An empty sheet of `paper`."""
        zero = np.zeros((height, width), np.float32)
        rgb = np.empty((height, width, 3), np.float32)
        rgb[:] = paper
        return Sheet(rgb, zero + 1, zero.copy(), zero.copy(), zero.copy(), paper)


Window = tuple[slice, slice]


@dataclass(slots=True)
class Laid:
    """A plate cut to what it really touches: `part` of the sheet, with mask, colour and flow of just that part."""

    part: Window
    mask: Field
    colour: Field
    flow: Field | float


def settled(sheet: Sheet, plate: Plate) -> Laid | None:
    """Where the plate falls on the sheet, or None where it touches nothing."""
    height, width = sheet.depth.shape
    top, left = plate.corner
    mask = plate.mask[max(0, -top) : max(0, height - top), max(0, -left) : max(0, width - left)]
    if mask.size == 0:
        return None
    rows = np.flatnonzero(mask.max(1) > 0.004)
    if not len(rows):
        return None
    columns = np.flatnonzero(mask[rows[0] : rows[-1] + 1].max(0) > 0.004)
    inner = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    own = tuple(slice(s.start + max(0, -o), s.stop + max(0, -o)) for s, o in zip(inner, plate.corner, strict=True))
    part = (
        slice(inner[0].start + max(0, top), inner[0].stop + max(0, top)),
        slice(inner[1].start + max(0, left), inner[1].stop + max(0, left)),
    )
    colour = plate.colour[own] if plate.colour.ndim > 1 else plate.colour
    flow = plate.flow[own] if isinstance(plate.flow, np.ndarray) else plate.flow
    return Laid(part, mask[inner], colour, flow)


def over(rgb: Field, colour: Field, mask: Field) -> Field:
    """`colour` laid over `rgb` where the mask is."""
    return rgb + (colour - rgb) * mask[..., None]


def screen(rgb: Field, colour: Field, mask: Field) -> Field:
    """Light added, never beyond white."""
    return 1 - (1 - rgb) * (1 - mask[..., None] * colour)


def remember(sheet: Sheet, plate: Plate, laid: Laid) -> None:
    """Keep depth, stroke direction, outline and figure of a plate just laid."""
    if plate.kind in ("light", "shadow", "air"):
        return
    part, mask = laid.part, laid.mask
    solid = mask > 0.5
    sheet.depth[part][solid] = plate.depth
    sheet.flow[part][solid] = laid.flow[solid] if isinstance(laid.flow, np.ndarray) else laid.flow
    if plate.kind == "figure":
        sheet.figure[part] = np.maximum(sheet.figure[part], mask)
    elif plate.kind in ("land", "detail"):
        sheet.figure[part] *= 1 - mask
    sheet.line[part] *= 1 - mask
    if plate.line > 0 and plate.kind != "sky":
        soft = blur(mask, 0.8 + sheet.rgb.shape[0] / 900)
        sheet.line[part] = np.maximum(sheet.line[part], 4 * soft * (1 - soft) * plate.line)


def drawn(width: int, height: int, paint: Callable[[ImageDraw.ImageDraw, float], None], finer: int = 2) -> Field:
    """A mask (h, w) drawn with Pillow at `finer` times the size; `paint` gets the pen and pixels per sheet pixel."""
    image = Image.new("L", (width * finer, height * finer), 0)
    paint(ImageDraw.Draw(image), float(finer))
    if finer > 1:
        image = image.reduce(finer)
    return np.asarray(image, np.float32) / 255


def polygons(width: int, height: int, shapes: Sequence[Sequence[Point]], finer: int = 2) -> Field:
    """A mask of filled polygons given in sheet pixels."""

    def paint(pen: ImageDraw.ImageDraw, scale: float) -> None:
        for shape in shapes:
            if len(shape) > 2:
                pen.polygon([(x * scale, y * scale) for x, y in shape], fill=255)

    return drawn(width, height, paint, finer)
