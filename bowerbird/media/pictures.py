"""From untrusted bytes to clean renditions: bounded before decoding, re-encoded, stripped of EXIF, turned upright."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass

import blurhash
from PIL import Image, ImageOps, ImageSequence

from bowerbird.core.errors import Invalid, TooLarge
from bowerbird.media.origins import NOTHING, Found

FORMATS = ("JPEG", "PNG", "WEBP", "AVIF", "GIF")
LARGE_SIDE_MAX = 2048
SMALL_SIDE_MAX = 640
FRAMES_MAX = 120
UNREADABLE = "That file is not a picture we can read. JPEG, PNG, WebP, AVIF and GIF work."
ANIMATED_SIDE_MAX = 640


@dataclass(frozen=True, slots=True)
class Renditions:
    """A picture ready to be kept: WebP bytes at two sizes (px), its blurhash and its mean colour as "#rrggbb"."""

    large: bytes
    width: int
    height: int
    small: bytes
    small_width: int
    small_height: int
    blurhash: str
    tone: str
    animated: bool
    found: Found = NOTHING  # where it comes from, as far as that was seen
    label: str = ""  # the rule that has it shown behind a press


def pixels(data: bytes) -> int:
    """How many there are to decode, all frames together, as the file says. Raises Invalid. Reads its head only."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as image:
            return image.width * image.height * min(getattr(image, "n_frames", 1), FRAMES_MAX)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as broken:
        raise Invalid(UNREADABLE) from broken


def opened(data: bytes, *, pixels_max: int) -> Image.Image:
    """A picture whose pixels are still to be decoded. Raises TooLarge or Invalid."""
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as broken:
        raise Invalid(UNREADABLE) from broken
    if image.width * image.height > pixels_max:
        raise TooLarge(
            f"That picture has {image.width * image.height / 1e6:.0f} million pixels; up to {pixels_max / 1e6:.0f} million fit."
        )
    return image


def render(
    data: bytes,
    *,
    bytes_max: int,
    pixels_max: int,
    quality: int = 88,
    change: Callable[[Image.Image], Image.Image] | None = None,
    side_max: int = LARGE_SIDE_MAX,
) -> Renditions:
    """Decode, check, `change` (a still picture) and re-encode. Raises TooLarge or Invalid, with a sentence for the person. CPU-bound: call in
    a thread."""
    if len(data) > bytes_max:
        raise TooLarge(f"That picture is {len(data) / 1e6:.1f} MB; up to {bytes_max / 1e6:.0f} MB fit.")
    try:
        image = opened(data, pixels_max=pixels_max)
        width, height = image.size
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            if width * height * min(frames, FRAMES_MAX) > pixels_max * 2:
                raise TooLarge(f"That animation has {frames} frames of {width} × {height} px. Make it shorter or smaller.")
            return _animated(image, quality)
        image.load()
    except (TooLarge, Invalid):
        raise
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as broken:
        raise Invalid(UNREADABLE) from broken
    clean = _clean(image)
    return _still(change(clean) if change else clean, quality, side_max)


def _clean(image: Image.Image) -> Image.Image:
    """Upright, in RGB or RGBA, with nothing else the file carried."""
    try:
        upright = ImageOps.exif_transpose(image)
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        KeyError,
        TypeError,
        struct.error,
    ):  # camera data that is none: as it lies
        upright = image
    if upright.mode.startswith("I;16"):  # Pillow would cut 16 bits off at 255, not scale them
        upright = upright.convert("I").point(lambda grey: grey / 256).convert("L")
    return upright.convert("RGBA" if upright.has_transparency_data else "RGB")


def _still(image: Image.Image, quality: int, side_max: int) -> Renditions:
    large, small = _fit(image, side_max), _fit(image, SMALL_SIDE_MAX)
    return Renditions(
        _webp(large, quality), *large.size, _webp(small, 80), *small.size, *_portrait(small), animated=False
    )  # fmt: skip


def _animated(image: Image.Image, quality: int) -> Renditions:
    frames: list[Image.Image] = []
    durations: list[int] = []
    for index, frame in enumerate(ImageSequence.Iterator(image)):
        if index == FRAMES_MAX:
            break
        durations.append(int(min(10_000, max(20, frame.info.get("duration", 100) or 100))))
        frames.append(_fit(frame.convert("RGBA"), ANIMATED_SIDE_MAX))
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=durations, loop=0, quality=quality, method=2)
    small = _fit(frames[0], SMALL_SIDE_MAX)
    return Renditions(out.getvalue(), *frames[0].size, _webp(small, 80), *small.size, *_portrait(small), animated=True)


def _fit(image: Image.Image, side_max: int) -> Image.Image:
    if max(image.size) <= side_max:
        return image
    copy = image.copy()
    copy.thumbnail((side_max, side_max), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return copy


def _webp(image: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=quality, method=4, exif=b"", xmp=b"")
    return out.getvalue()


def _portrait(image: Image.Image) -> tuple[str, str]:
    """(blurhash, mean colour) of a picture, from 32 px of it."""
    tiny = image.convert("RGB").copy()
    tiny.thumbnail((32, 32))
    wide = tiny.width >= tiny.height
    red, green, blue = tiny.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))  # pyright: ignore[reportGeneralTypeIssues]
    rows = [
        [tiny.getpixel((x, y)) for x in range(tiny.width)] for y in range(tiny.height)
    ]  # not NumPy: 12 MB in every web process
    return blurhash.encode(rows, 4 if wide else 3, 3 if wide else 4), f"#{red:02x}{green:02x}{blue:02x}"
