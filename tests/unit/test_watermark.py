"""The invisible mark: what it survives, what it does to a picture, and that it is not seen where it is not."""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bowerbird.inference.runner import drawing
from bowerbird.inference.wire import ImageRequest
from bowerbird.media.provenance import code, watermark

INSTANCE, PICTURE = 0xABCDEF, (1 << 62) + 12345
PROMPTS = (
    "a red fox asleep under a birch tree at night",
    "two owls on a branch at night, woodcut",
    "tea and oranges on a table, oil",
)


def encoded(image: Image.Image, kind: str, quality: int) -> Image.Image:
    out = io.BytesIO()
    image.save(out, kind, quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


def brighter(image: Image.Image, by: float) -> Image.Image:
    return image.point([min(255, round(value * by)) for value in range(256)] * 3)


def screenshot(image: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", (image.width + 437, image.height + 211), (244, 245, 249))
    canvas.paste(image, (213, 97))
    return canvas


def cropped(image: Image.Image) -> Image.Image:
    w, h = image.size
    return image.crop((w * 7 // 100, h * 4 // 100, w * 97 // 100, h * 94 // 100))


ATTACKS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it was": lambda image: image,
    "JPEG q70": lambda image: encoded(image, "JPEG", 70),
    "WebP q75": lambda image: encoded(image, "WEBP", 75),
    "half size": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "a tenth cropped away": cropped,
    "15 % brighter": lambda image: brighter(image, 1.15),
    "15 % darker": lambda image: brighter(image, 0.85),
    "screenshot": screenshot,
    "screenshot of a crop as JPEG": lambda image: encoded(screenshot(cropped(image)), "JPEG", 80),
}


@pytest.fixture(scope="module")
def painted() -> list[Image.Image]:
    found: list[Image.Image] = []
    for seed, prompt in enumerate(PROMPTS):
        side = (512, 768, 1024)[seed]
        *_, last = drawing.draw(ImageRequest(prompt=prompt), side, side, seed, threading.Event())
        found.append(Image.open(io.BytesIO(base64.b64decode(last.b64_json))).convert("RGB"))
    return found


@pytest.fixture(scope="module")
def marked(painted: list[Image.Image]) -> list[Image.Image]:
    """As they are kept: marked, then WebP."""
    return [encoded(watermark.lay(image, INSTANCE, PICTURE + n), "WEBP", 92) for n, image in enumerate(painted)]


@pytest.mark.parametrize("attack", ATTACKS)
def test_it_is_read_back(marked: list[Image.Image], attack: str) -> None:
    for number, image in enumerate(marked):
        found = watermark.find(ATTACKS[attack](image))
        assert found is not None, (attack, PROMPTS[number])
        assert (found.instance, found.picture_id) == (INSTANCE, PICTURE + number)
        assert found.agree > 0.75 * found.bits


def test_it_is_not_seen(painted: list[Image.Image]) -> None:
    for image in painted:
        laid = np.asarray(watermark.lay(image, INSTANCE, PICTURE), np.float64)
        error = np.mean((laid - np.asarray(image, np.float64)) ** 2)
        assert 10 * np.log10(255**2 / error) >= 40


def test_what_carries_no_mark_shows_none(painted: list[Image.Image]) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (400, 400, 3), np.uint8)
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::25] = 255  # repeats at a fifth of the tile
    for image in (*painted, Image.fromarray(noise), Image.fromarray(stripes), Image.new("RGB", (300, 300), "white")):
        assert watermark.find(image) is None


def test_a_second_mark_takes_the_place_of_the_first(marked: list[Image.Image]) -> None:
    for image in marked:
        found = watermark.find(encoded(watermark.lay(image, INSTANCE, 77), "WEBP", 92))
        assert found is not None
        assert found.picture_id == 77


def test_small_and_see_through_pictures() -> None:
    tiny = Image.new("RGB", (199, 400), "teal")
    assert watermark.lay(tiny, INSTANCE, PICTURE) is tiny
    assert watermark.find(Image.new("RGB", (3, 3))) is None
    ramp = Image.linear_gradient("L").resize((512, 512))
    glass = Image.merge("RGBA", (ramp, ramp, ramp, ramp))
    laid = watermark.lay(glass, INSTANCE, PICTURE)
    assert laid.mode == "RGBA"
    assert laid.getchannel("A").tobytes() == ramp.tobytes()
    found = watermark.find(laid)
    assert found is not None
    assert found.picture_id == PICTURE


@settings(max_examples=40, deadline=None)
@given(payload=st.integers(0, (1 << code.PAYLOAD_BITS) - 1), seed=st.integers(0, 1 << 30), wrong=st.integers(0, 40))
def test_the_code_mends_what_is_broken(payload: int, seed: int, wrong: int) -> None:
    """Up to a tenth of the signs turned over, wherever they stand."""
    chance = np.random.default_rng(seed)
    soft = code.encode(payload).astype(np.float32)
    soft[chance.choice(code.CODED_BITS, wrong, replace=False)] *= -0.5
    assert code.decode(soft) == (payload, code.CODED_BITS - wrong)


def test_the_code_finds_nothing_in_noise() -> None:
    chance = np.random.default_rng(3)
    assert not any(code.decode(chance.standard_normal(code.CODED_BITS).astype(np.float32)) for _ in range(300))


def test_the_pattern_never_changes() -> None:
    """Marks laid years ago have to be found: order and signs of the carriers are part of what is promised."""
    found = watermark.carriers()
    digest = hashlib.sha256(code.encode(PICTURE).tobytes())
    for part in (found.sync, found.data, found.sync_signs.real, found.scramble, found.bit):
        digest.update(np.asarray(part).astype("<i4").tobytes())
    assert (len(found.sync), len(found.data), code.CODED_BITS) == (219, 655, 378)
    assert digest.hexdigest() == "4c643263dbdc90fd15a35e76250f1532a5a1fa7f2907018df59e542dbfd44ad5"
