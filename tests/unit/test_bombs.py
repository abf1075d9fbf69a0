"""Hostile files at the door of the house: bombs, polyglots, wrong names, broken heads. Each is refused in words or made harmless."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from bowerbird.core.errors import Invalid, TooLarge
from bowerbird.media import pictures

BYTES_MAX, PIXELS_MAX = 16_000_000, 40_000_000


def render(data: bytes) -> pictures.Renditions:
    return pictures.render(data, bytes_max=BYTES_MAX, pixels_max=PIXELS_MAX)


def encoded(kind: str, image: Image.Image | None = None, **options: object) -> bytes:
    out = io.BytesIO()
    (image or Image.radial_gradient("L").resize((80, 60)).convert("RGB")).save(out, kind, **options)
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, *more: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + b"".join(more)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def gif(width: int, height: int) -> bytes:
    whole = bytearray(encoded("GIF"))
    whole[6:10] = struct.pack("<HH", width, height)
    return bytes(whole)


def webp(width: int, height: int) -> bytes:
    """An extended WebP whose canvas is as large as its head says."""
    body = (
        b"VP8X"
        + struct.pack("<I", 10)
        + b"\0\0\0\0"
        + struct.pack("<I", width - 1)[:3]
        + struct.pack("<I", height - 1)[:3]
        + encoded("WEBP")[12:]
    )
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg(width: int, height: int) -> bytes:
    whole = bytearray(encoded("JPEG"))
    at = whole.index(b"\xff\xc0")
    whole[at + 5 : at + 9] = struct.pack(">HH", height, width)
    return bytes(whole)


@pytest.mark.parametrize(
    "bomb", [png(60_000, 60_000), png(2**31 - 1, 2**31 - 1), gif(65_535, 65_535), webp(16_383, 16_383), jpeg(65_500, 65_500)]
)
def test_huge_dimensions_in_a_small_file_are_refused_at_once(bomb: bytes) -> None:
    assert len(bomb) < 30_000
    began = time.monotonic()
    with pytest.raises((TooLarge, Invalid)):
        render(bomb)
    assert time.monotonic() - began < 1


def test_very_many_frames_are_refused_or_cut() -> None:
    frames = [Image.new("RGB", (16, 16), (n % 256, n // 256, 0)) for n in range(600)]
    made = render(encoded("GIF", frames[0], save_all=True, append_images=frames[1:], duration=20))
    with Image.open(io.BytesIO(made.large)) as kept:
        assert getattr(kept, "n_frames", 1) <= pictures.FRAMES_MAX
    wide = [Image.new("P", (1500, 1500), n) for n in range(60)]
    with pytest.raises(TooLarge):
        render(encoded("GIF", wide[0], save_all=True, append_images=wide[1:]))


def test_what_unpacks_inside_the_head_is_bounded() -> None:
    """Colour profiles, texts and camera data are compressed too: 200 MB of zeros in each."""
    zeros = zlib.compress(b"\0" * 200_000_000, 9)
    for bomb in (
        png(16, 16, chunk(b"iCCP", b"a\0\0" + zeros)),
        png(16, 16, chunk(b"zTXt", b"a\0\0" + zeros)),
        png(16, 16, chunk(b"iTXt", b"a\0\1\0\0\0" + zeros)),
    ):
        try:
            made = render(bomb)
        except (Invalid, TooLarge):
            continue
        assert len(made.large) < 10_000


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 4000,
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x02\0\xff\xff\xff\x7f\0\0\0\0",
        b"Exif\0\0",
        b"\0" * 60_000,
    ],
)
def test_broken_camera_data_breaks_nothing(exif: bytes) -> None:
    for kind in ("JPEG", "WEBP", "PNG"):
        try:
            made = render(encoded(kind, exif=exif))
        except Invalid:
            continue
        with Image.open(io.BytesIO(made.large)) as kept:
            assert not kept.getexif()


def zipped(text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("index.html", text)
    return out.getvalue()


HTML = b"<html><script>alert('polyglot')</script></html>"
JS = b"\n*/alert('polyglot')//"


@pytest.mark.parametrize(
    "tail", [HTML, zipped("polyglot"), JS, b"%PDF-1.7 polyglot", b"<?php polyglot ?>"], ids=["html", "zip", "js", "pdf", "php"]
)
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP"])
def test_of_a_polyglot_only_the_picture_is_left(kind: str, tail: bytes) -> None:
    made = render(encoded(kind) + tail)
    for kept in (made.large, made.small):
        assert kept[:4] + kept[8:12] == b"RIFFWEBP"
        assert len(kept) == 8 + int.from_bytes(kept[4:8], "little"), "nothing behind the picture"
        assert b"polyglot" not in kept
        assert not zipfile.is_zipfile(io.BytesIO(kept))


def test_what_hides_in_comments_and_texts_goes_too() -> None:
    for data in (
        encoded("JPEG", comment=HTML), encoded("PNG", pnginfo=_texts()), encoded("GIF",
        comment=HTML), encoded("WEBP", xmp=HTML), encoded("JPEG", xmp=HTML), encoded("JPEG", icc_profile=HTML),
    ):  # fmt: skip
        made = render(data)
        assert b"polyglot" not in made.large + made.small


def _texts() -> object:
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("Comment", HTML.decode())
    said.add_itxt("XML:com.adobe.xmp", HTML.decode(), zip=True)
    return said


@pytest.mark.parametrize(
    "data",
    [
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<?xml version='1.0'?><svg/>", HTML, zipped("x"), b"%PDF-1.7", b"\x7fELF" + b"\0" * 200, b"", b"\0" * 5000,
        b"8BPS\0\1" + b"\0" * 200, b"II*\0" + b"\0" * 200, b"BM" + b"\0" * 200, b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"\0\0\1\0\1\0\x10\x10" + b"\0" * 60, HTML + encoded("PNG"),
    ],
)  # fmt: skip
def test_no_other_kind_of_file_is_taken(data: bytes) -> None:
    with pytest.raises(Invalid, match="not a picture"):
        render(data)


@pytest.mark.parametrize("mode", ["CMYK", "I;16", "LA", "P", "1", "L", "RGBA"])
def test_every_way_of_colour_becomes_one_of_two(mode: str) -> None:
    if mode == "I;16":
        image = Image.fromarray((np.linspace(0, 65_535, 80 * 60).reshape(60, 80)).astype(np.uint16))
    else:
        image = Image.radial_gradient("L").resize((80, 60)).convert("RGB").convert(mode)
    made = render(encoded("JPEG" if mode == "CMYK" else "PNG", image))
    with Image.open(io.BytesIO(made.large)) as kept:
        assert kept.mode in ("RGB", "RGBA")
        assert np.asarray(kept.convert("L")).std() > 20, "a gradient stays one"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP"]), st.data())
def test_a_damaged_picture_is_a_picture_or_a_sentence(kind: str, data: st.DataObject) -> None:
    """Cut off anywhere, with bytes changed anywhere: never another exception."""
    whole = bytearray(encoded(kind))
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        render(cut)
    except (Invalid, TooLarge):
        return


@pytest.mark.skipif(sys.platform != "linux", reason="reads peak memory as Linux counts it")
def test_memory_stays_bounded() -> None:
    """The largest picture that is let in, decoded in a process of its own: what it needs is known, and no bomb needs more."""
    code = """
import io, resource, sys
from bowerbird.media import pictures
from bowerbird.core.errors import Trouble
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try: pictures.render(data, bytes_max=16_000_000, pixels_max=40_000_000)
except Trouble: pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    largest = encoded("PNG", Image.new("RGB", (8000, 5000), (3, 90, 200)))
    for data, most_mb in (
        (largest, 420),
        (png(60_000, 60_000), 40),
        (png(16, 16, chunk(b"iCCP", b"a\0\0" + zlib.compress(b"\0" * 200_000_000, 9))), 40),
    ):
        done = subprocess.run(
            [sys.executable, "-c", code],
            input=data,
            capture_output=True,
            check=True,
            cwd=Path(__file__).resolve().parents[2],
            env=dict(os.environ),
        )
        assert int(done.stdout) <= most_mb
