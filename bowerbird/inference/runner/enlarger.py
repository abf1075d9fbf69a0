"""A picture two or four times larger, by the painter's learned upscaler, tile by tile: memory is bounded whatever the size.

Tiles overlap by more than the network sees around a pixel, so that no seam can show and the same picture gives the same pixels."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from bowerbird.core.errors import Invalid
from bowerbird.inference.runner import pixels
from bowerbird.inference.runner.network import opened_session
from bowerbird.inference.runner.painter import WEIGHTS, as_bytes
from bowerbird.inference.wire import COMPLETED, PARTIAL, Can, ImageEvent, ImageRequest, Made

FILE = WEIGHTS / "upscaler.onnx"
NETWORK_FACTOR = 4
TILE_PX, MARGIN_PX = 128, 16
PIXELS_MAX = 1024 * 1024
SIDE_MAX_PX = 4096  # of what comes out
FACTORS = (2, 4)


class Upscaler:
    """The engine as the runner's shelf holds it. It draws nothing from words and is offered to nobody as a painter."""

    id, name, together = "upscaler", "Upscaler", 1
    about = "Makes a picture two or four times larger."
    licence = "AGPL-3.0-or-later"
    can = Can(image_to_image=True, seed=False)

    def model_hash(self) -> str:
        """SHA-256 of its weights."""
        return model_hash()

    def draw(self, request: ImageRequest, width: int, height: int, seed: int, stopped: threading.Event) -> Iterator[ImageEvent]:  # noqa: ARG002
        """The picture in `bower.image`, `bower.factor` times larger; `width`, `height` and `seed` say nothing here."""
        wishes = request.bower
        if wishes is None or wishes.factor not in FACTORS or not wishes.image:
            raise ValueError("A picture becomes 2 or 4 times larger.")
        source = _source(wishes.image, wishes.factor)
        large = np.empty((source.shape[0] * wishes.factor, source.shape[1] * wishes.factor, 3), np.uint8)
        tops = range(0, source.shape[0], TILE_PX)
        for row, top in enumerate(tops, 1):
            for left in range(0, source.shape[1], TILE_PX):
                if stopped.is_set():
                    return
                _enlarge(source, large, top, left, wishes.factor)
            if row < len(tops):
                yield ImageEvent(
                    type=PARTIAL, partial_image_index=row - 1, bower=Made(step=row, steps=len(tops), stage="enlarging")
                )
        recipe = {
            "engine": self.name, "model": self.id, "model_hash": model_hash(), "runtime": f"onnxruntime {onnxruntime.__version__}",
            "prompt": request.prompt, "seed": None, "factor": wishes.factor, "width": large.shape[1], "height": large.shape[0],
            "steps": len(tops), "pixels_sha256": hashlib.sha256(large.tobytes()).hexdigest(),
        }  # fmt: skip
        made = Made(step=len(tops), steps=len(tops), recipe=recipe)
        yield ImageEvent(
            type=COMPLETED, b64_json=pixels.encoded(Image.fromarray(large), "WEBP", quality=94, method=2), bower=made
        )

    def unload(self) -> None:
        """A few hundred kilobytes: it stays."""


def available() -> bool:
    """Whether its weights are here."""
    return FILE.is_file()


@cache
def model_hash() -> str:
    """SHA-256 of its weights: with the same runtime the same picture comes out the same."""
    return hashlib.sha256(FILE.read_bytes()).hexdigest()


@cache
def _network() -> Any:
    return opened_session(FILE)


def _enlarge(source: NDArray[np.uint8], large: NDArray[np.uint8], top: int, left: int, factor: int) -> None:
    """One tile of `source` (h, w, 3) into its place in `large`."""
    bottom, right = min(top + TILE_PX, source.shape[0]), min(left + TILE_PX, source.shape[1])
    above, before = max(0, top - MARGIN_PX), max(0, left - MARGIN_PX)
    around = source[above : bottom + MARGIN_PX, before : right + MARGIN_PX]
    small = around.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1
    tile = as_bytes(np.asarray(_network().run(None, {"small": small})[0], np.float32)[0])
    if factor < NETWORK_FACTOR:  # whole blocks of pixels: the tile's borders fall on the borders of blocks
        by = NETWORK_FACTOR // factor
        high, wide = tile.shape[0] // by, tile.shape[1] // by
        tile = np.rint(tile.reshape(high, by, wide, by, 3).mean((1, 3), dtype=np.float32)).astype(np.uint8)
    y, x = (top - above) * factor, (left - before) * factor
    high, wide = (bottom - top) * factor, (right - left) * factor
    large[top * factor : bottom * factor, left * factor : right * factor] = tile[y : y + high, x : x + wide]


def _source(image: str, factor: int) -> NDArray[np.uint8]:
    """The picture (h, w, 3). Raises ValueError for what is none, Invalid for what would become too large."""
    with pixels.opened(image, "enlarge") as picture:
        if picture.width * picture.height > PIXELS_MAX or max(picture.size) * factor > SIDE_MAX_PX:
            raise Invalid(f"A picture of {picture.width} × {picture.height} px cannot become {factor} times larger here.")
        return np.asarray(picture.convert("RGB"))
