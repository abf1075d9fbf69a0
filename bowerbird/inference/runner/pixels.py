"""Pictures as they travel between engines and the wire: PNG at the end, small WebP on the way, and a parent coming in."""

from __future__ import annotations

import base64
import io
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from bowerbird.core.errors import Invalid
from bowerbird.inference.wire import IMAGE_LENGTH_MAX, SIDE_MAX_PX

PREVIEW_SIDE_PX = 320
FORMATS = ("WEBP", "PNG", "JPEG")


def preview(picture: Image.Image) -> str:
    """A small WebP as base64; changes `picture`."""
    picture.thumbnail((PREVIEW_SIDE_PX, PREVIEW_SIDE_PX), Image.Resampling.BILINEAR)
    return encoded(picture, "WEBP", quality=70, method=1)


def png(picture: Image.Image) -> str:
    """The picture itself as base64."""
    return encoded(picture, "PNG", compress_level=1)


def encoded(picture: Image.Image, kind: str, **options: Any) -> str:
    """A picture in a format Pillow knows, as base64."""
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return base64.b64encode(out.getvalue()).decode("ascii")


def source(text: str, width: int, height: int, *, grey: bool = False) -> Image.Image | None:
    """A parent or a mask from the wire at the size (px) it is wanted in; None where there is none. Raises Invalid."""
    if not text:
        return None
    try:
        with opened(text) as picture:
            if max(picture.size) > 2 * SIDE_MAX_PX:
                raise Invalid(f"The picture to start from has sides of up to {2 * SIDE_MAX_PX} px.")
            wanted = picture.convert("L" if grey else "RGB")
            return wanted.resize((width, height), Image.Resampling.LANCZOS)
    except ValueError as broken:
        raise Invalid(str(broken)) from broken


@contextmanager
def opened(text: str, to: str = "start from") -> Generator[Image.Image]:
    """A picture from the wire, its pixels not read yet. Raises ValueError where it, or what is done with it here, cannot be read."""
    if len(text) > IMAGE_LENGTH_MAX:
        raise ValueError(f"The picture to {to} is too large.")
    try:
        with Image.open(io.BytesIO(base64.b64decode(text, validate=True)), formats=FORMATS) as picture:
            yield picture
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise ValueError(f"The picture to {to} cannot be read.") from broken


def middle_square(picture: Image.Image, side: int, how: Image.Resampling) -> Image.Image:
    """As large a square as fits, out of the middle, `side` px wide."""
    short = min(picture.size)
    left, top = (picture.width - short) // 2, (picture.height - short) // 2
    return picture.crop((left, top, left + short, top + short)).resize((side, side), how)


def within(width: int, height: int, native_px: int, multiple: int) -> tuple[int, int]:
    """Sides of the same shape with about the area of a `native_px` square and no more than asked, in steps of `multiple`."""
    scale = min(1.0, native_px / (width * height) ** 0.5) if native_px else 1.0
    return max(multiple, round(width * scale / multiple) * multiple), max(multiple, round(height * scale / multiple) * multiple)
