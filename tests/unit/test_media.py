"""Pictures from outside: bounded before decoding, upright, stripped, re-encoded."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from bowerbird.core.errors import Invalid, TooLarge
from bowerbird.media import pictures


def encoded(kind: str, size: tuple[int, int] = (120, 80), mode: str = "RGB", **options: object) -> bytes:
    rows = np.linspace(0, 255, size[1], dtype=np.uint8)[:, None]
    image = Image.fromarray(np.broadcast_to(rows[..., None], (size[1], size[0], 3)).copy()).convert(mode)
    out = io.BytesIO()
    image.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def render(data: bytes, **bounds: int) -> pictures.Renditions:
    return pictures.render(data, **{"bytes_max": 1_000_000, "pixels_max": 1_000_000, **bounds})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_every_kind_becomes_webp(kind: str) -> None:
    made = render(encoded(kind))
    large = Image.open(io.BytesIO(made.large))
    assert (large.format, large.size, made.width, made.height) == ("WEBP", (120, 80), 120, 80)
    assert len(made.blurhash) > 10
    assert made.tone.startswith("#")


def test_exif_goes_and_orientation_stays() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010E] = "where I live"
    made = render(encoded("JPEG", exif=exif))
    assert (made.width, made.height) == (80, 120)
    assert b"where I live" not in made.large
    assert not Image.open(io.BytesIO(made.large)).getexif()


def test_large_pictures_are_made_smaller() -> None:
    made = render(encoded("PNG", (3000, 300)))
    assert (made.width, made.height) == (pictures.LARGE_SIDE_MAX, 205)
    assert made.small_width == pictures.SMALL_SIDE_MAX


def test_an_animation_stays_one_and_is_bounded() -> None:
    frames = [Image.new("RGB", (40, 40), (n % 255, 0, 0)) for n in range(150)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=40)
    made = render(out.getvalue())
    assert made.animated
    assert Image.open(io.BytesIO(made.large)).n_frames <= pictures.FRAMES_MAX


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    with pytest.raises((TooLarge, Invalid)):
        render(bomb)


@pytest.mark.parametrize(
    "junk", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n" + b"\0" * 50, b"GIF89a"]
)
def test_what_is_no_picture_is_refused_in_words(junk: bytes) -> None:
    with pytest.raises(Invalid, match="not a picture"):
        render(junk)


def test_a_cut_off_picture_is_refused() -> None:
    with pytest.raises(Invalid):
        render(encoded("PNG", (500, 500))[:400])


def test_too_many_bytes_or_pixels_are_told_with_numbers() -> None:
    with pytest.raises(TooLarge, match="MB"):
        render(encoded("PNG"), bytes_max=50)
    with pytest.raises(TooLarge, match="million"):
        render(encoded("PNG", (1500, 1500)))
