"""PDQ: what it survives, what it does not, and that it is the published one (bits from the reference implementation, pdqhash 0.2.8)."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from bowerbird.core.errors import Invalid
from bowerbird.media import pdq


def scene(seed: int, side: int = 512) -> Image.Image:
    """A picture with much to see: shapes of all sizes."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (side, side), tuple(int(c) for c in rng.integers(0, 255, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(60):
        x, y = rng.integers(0, side, 2)
        wide, high = rng.integers(side // 20, side // 3, 2)
        draw.ellipse((x, y, x + wide, y + high), fill=tuple(int(c) for c in rng.integers(0, 255, 3)))
    return image.filter(ImageFilter.GaussianBlur(2))


def of(image: Image.Image) -> str:
    return pdq.of_pixels(np.asarray(image)).hex


def sent(image: Image.Image, kind: str, **options: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def test_it_is_the_published_hash() -> None:
    """A pattern that anyone can make again, and the reference's own answer for it."""
    y, x = np.mgrid[0:300, 0:400]
    plane = (127 + 60 * np.sin(x / 17) + 40 * np.cos(y / 11) + 20 * np.sin((x + 2 * y) / 29)).astype(np.uint8)
    found = pdq.of_pixels(np.stack([plane, plane[::-1], plane[:, ::-1]], 2))
    assert (found.hex, found.quality) == (REFERENCE, 100)


REFERENCE = "bff0555abef05758fff0f55afff0555afff0f55a000f22a5000f82a5000f0025"


@pytest.mark.parametrize("seed", range(12))
def test_copies_are_near(seed: int) -> None:
    image = scene(seed)
    changed = {
        "half": image.resize((256, 256), Image.Resampling.LANCZOS), "twice": image.resize((1024, 1024), Image.Resampling.BICUBIC),
        "stretched": image.resize((640, 480)), "jpeg 60": sent(image, "JPEG", quality=60), "webp 70": sent(image, "WEBP", quality=70),
        "brighter": ImageEnhance.Brightness(image).enhance(1.1), "blurred": image.filter(ImageFilter.GaussianBlur(1.5)),
        "cropped by 1 %": image.crop((3, 3, 509, 509)),
    }  # fmt: skip
    first = of(image)
    far = {name: pdq.distance(first, of(one)) for name, one in changed.items()}
    assert max(far.values()) <= pdq.NEAR_BITS_MAX, far


def test_others_are_far_and_so_are_mirrors() -> None:
    hashes = [of(scene(seed)) for seed in range(40)]
    nearest = min(pdq.distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i])
    assert nearest > 2 * pdq.NEAR_BITS_MAX
    assert pdq.distance(hashes[0], of(scene(0).transpose(Image.Transpose.FLIP_LEFT_RIGHT))) > 2 * pdq.NEAR_BITS_MAX


def test_a_plain_picture_says_that_it_is_plain() -> None:
    assert pdq.of_pixels(np.full((200, 200, 3), 90, np.uint8)).quality < pdq.QUALITY_MIN
    assert pdq.of_pixels(np.asarray(scene(1))).quality == 100


def test_any_size_has_a_hash() -> None:
    for size in ((1, 1), (3, 900), (64, 64), (65, 63), (2048, 16)):
        assert len(pdq.of_pixels(np.asarray(scene(2).resize(size))).hex) == 64


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_only_hashes_are_hashes(text: str) -> None:
    try:
        found = pdq.parsed(text)
    except Invalid:
        return
    assert (len(found), int(found, 16) >= 0, found) == (64, True, text.strip().lower())


@given(st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1), st.integers(0, 2**256 - 1))
def test_the_distance_is_one(a: int, b: int, c: int) -> None:
    one, two, three = (f"{n:064x}" for n in (a, b, c))
    assert pdq.distance(one, two) == pdq.distance(two, one) <= 256
    assert pdq.distance(one, one) == 0
    assert pdq.distance(one, three) <= pdq.distance(one, two) + pdq.distance(two, three)
