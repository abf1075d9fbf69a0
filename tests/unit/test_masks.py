"""A part put into a marked picture: the whole carries one mark, its own, wherever it is cut."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from bowerbird.media.provenance import watermark
from bowerbird.studio import masks

INSTANCE = 77


def webp(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=92)
    return out.getvalue()


def painted(seed: int, width: int, height: int) -> Image.Image:
    """Soft blobs with a little grain."""
    chance = np.random.default_rng(seed)
    blobs = Image.fromarray((chance.random((height // 32, width // 32, 3)) * 255).astype(np.uint8))
    grain = np.asarray(blobs.resize((width, height), Image.Resampling.BICUBIC), float) + chance.normal(0, 3, (height, width, 1))
    return Image.fromarray(grain.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize("size", [(384, 256), (768, 768)])
@pytest.mark.parametrize("extend", ["", "left"])
def test_the_whole_carries_one_mark_its_own(size: tuple[int, int], extend: str) -> None:
    parent = webp(watermark.lay(painted(1, *size), INSTANCE, 1001))
    whole = (size[0] * 5 // 4, size[1]) if extend else size
    before, where = masks.canvas(parent, masks.of_part("right", *size).image, extend, *whole)
    out = masks.pasted(before, where, webp(painted(2, *size)), pixels_max=10**7)
    marked = webp(watermark.lay(Image.open(io.BytesIO(out)), INSTANCE, 5001))
    made = Image.open(io.BytesIO(marked)).convert("RGB")
    wide, high = made.size
    for part in (made, made.crop((wide // 3, 10, wide, high)), made.crop((0, 0, wide * 3 // 5, high))):
        found = watermark.find(part)
        assert found is not None
        assert found.picture_id == 5001
        assert found.agree > 360


def test_what_carries_no_mark_is_left_as_it_is() -> None:
    plain = painted(3, 384, 256)
    assert (np.asarray(watermark.lift(plain)) == np.asarray(plain)).all()
