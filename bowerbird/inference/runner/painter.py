"""The Painter: a small flow model of our own, run by ONNX Runtime. Words in, a square picture out, a preview from every step.

Bit-equal for the same request on the same runtime. It knows only what its card lists; what it was asked for and what it paints instead is said."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from bowerbird.inference.runner import embedder, pixels
from bowerbird.inference.runner.network import opened_session
from bowerbird.inference.runner.painter_words import Knowledge, Said
from bowerbird.inference.wire import COMPLETED, PARTIAL, ImageEvent, ImageRequest, Made, Wishes

ENGINE = "Painter"
MODEL = "painter"
WEIGHTS = Path(__file__).parent.parent / "weights" / "painter"
STEPS = 6
SCHEDULE = 1.5  # more of the steps early, while the layout forms
GUIDANCE = 2.0
GUIDED_UNTIL = 0.6  # later it costs a second pass and only makes grain
PREVIEW_SIDE_PX = 256

Pixels = NDArray[np.float32]


def available() -> bool:
    """Whether its weights are here."""
    return all((WEIGHTS / name).is_file() for name in ("flow.onnx", "upscaler.onnx", "card.json"))


@cache
def model_hash() -> str:
    """SHA-256 over weights and card: the same hash, request and runtime give the same pixels."""
    digest = hashlib.sha256()
    for name in ("flow.onnx", "upscaler.onnx", "card.json"):
        digest.update((WEIGHTS / name).read_bytes())
    return digest.hexdigest()


class Painter:
    """Both networks and what they know. Thread-safe: sessions may be shared. Raises FileNotFoundError where weights are missing."""

    def __init__(self, weights: Path = WEIGHTS) -> None:
        if not (weights / "card.json").is_file():
            raise FileNotFoundError(f"{weights} holds no painter: train one, or take a release that has its weights")
        self.card: dict[str, Any] = json.loads((weights / "card.json").read_text())
        self.knowledge = Knowledge(self.card["knows"], embedder.shared().embed)
        self._flow = opened_session(weights / "flow.onnx")
        self._upscaler = opened_session(weights / "upscaler.onnx")
        self.side, self.tokens = int(self.card["shape"]["side"]), int(self.card["shape"]["tokens"])

    def steps(
        self, words: str, seed: int, *, unwanted: str = "", source: Pixels | None = None, strength: float = 1.0
    ) -> Iterator[Pixels]:
        """The clean prediction after every step, float32 (3, side, side) −1..1; the last is the picture.

        `source` is a picture to start from, of the same shape; `strength` 0 keeps it, 1 forgets it.
        """
        states, mask = embedder.shared().states([words, unwanted] if unwanted else [words], self.tokens)
        if not unwanted:
            states, mask = (np.concatenate([each, np.zeros_like(each)]) for each in (states, mask))
        feed = states * mask[..., None], mask.astype(np.float32)
        noise = np.random.Generator(np.random.Philox(seed)).standard_normal((3, self.side, self.side), np.float32)
        start = 0.0 if source is None else max(0.0, 1 - strength) ** 1.5
        z = noise if source is None else (start * source + (1 - start) * noise).astype(np.float32)
        times = start + (1 - start) * np.linspace(0, 1, STEPS + 1) ** (SCHEDULE if source is None else 1.0)
        for now, then in pairwise(times):
            if now >= 1:
                yield z
                return
            clean = np.clip(self._predicted(z, float(now), *feed), -1.1, 1.1)
            yield clean
            z = (z + (then - now) * (clean - z) / max(1 - now, 1e-3)).astype(np.float32)

    def _predicted(self, z: Pixels, now: float, states: Pixels, mask: Pixels) -> Pixels:
        both = 2 if now <= GUIDED_UNTIL else 1
        feed = {
            "noised": np.stack([z] * both),
            "time": np.full(both, now, np.float32),
            "states": states[:both],
            "mask": mask[:both],
        }
        clean = np.asarray(self._flow.run(None, feed)[0], np.float32)
        return clean[0] if both == 1 else clean[1] + GUIDANCE * (clean[0] - clean[1])

    def enlarged(self, small: Pixels, side: int) -> NDArray[np.uint8]:
        """The finished picture, uint8 (side, side, 3): ×4 by the network as often as it takes, then down to the size asked for."""
        large = np.clip(small, -1, 1)
        while large.shape[1] < side:
            large = np.clip(np.asarray(self._upscaler.run(None, {"small": large[None]})[0], np.float32)[0], -1, 1)
        picture = Image.fromarray(as_bytes(large))
        return np.asarray(picture if picture.width == side else picture.resize((side, side), Image.Resampling.LANCZOS))


@cache
def shared() -> Painter:
    """The process's one painter, loaded at first use."""
    return Painter()


def draw(request: ImageRequest, width: int, height: int, seed: int, stopped: threading.Event) -> Iterator[ImageEvent]:
    """Events of one picture, the last of them the finished one. It paints squares: the side is the shorter one asked for. CPU-bound."""
    painter, wishes = shared(), request.bower or Wishes()
    said = painter.knowledge.read(request.prompt, seed, wishes)
    unwanted = painter.knowledge.unwanted(wishes.negative_prompt)
    source = _source(wishes.image, painter.side) if wishes.image else None
    side, small = min(width, height), None
    for step, small in enumerate(painter.steps(said.words, seed, unwanted=unwanted, source=source, strength=wishes.strength), 1):
        if stopped.is_set():
            return
        if step < STEPS:
            made = Made(step=step, steps=STEPS, stage=f"step {step}")
            yield ImageEvent(type=PARTIAL, b64_json=_preview(small), partial_image_index=step - 1, bower=made)
    assert small is not None, "there is at least one step"
    image = painter.enlarged(small, side)
    made = Made(
        step=STEPS, steps=STEPS, recipe=_recipe(request, wishes, said, seed, image), reading=said.reading, notes=_notes(said, width, height),
        alt=said.alt, credits=["Painted by Bowerbird's own model, taught by its Illustrator (credits in docs/pictures.md)"],
    )  # fmt: skip
    yield ImageEvent(type=COMPLETED, b64_json=pixels.png(Image.fromarray(image)), bower=made)


def _recipe(request: ImageRequest, wishes: Wishes, said: Said, seed: int, image: NDArray[np.uint8]) -> dict[str, Any]:
    return {
        "engine": ENGINE, "model": MODEL, "model_hash": model_hash(), "runtime": f"onnxruntime {onnxruntime.__version__}", "prompt": request.prompt,
        "painted_as": said.words, "negative_prompt": wishes.negative_prompt, "seed": seed, "variant": wishes.variant, "width": image.shape[1],
        "height": image.shape[0], "steps": STEPS, "guidance": GUIDANCE, "medium": said.medium, "edits": wishes.edits,
        "pixels_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
    }  # fmt: skip


def _notes(said: Said, width: int, height: int) -> list[str]:
    return (
        said.notes
        if width == height
        else [*said.notes, "The Painter paints squares; yours is as wide as the shorter side you chose."]
    )


def _source(image: str, side: int) -> Pixels:
    """The parent's middle square at the network's size. Raises ValueError for what is no picture."""
    with pixels.opened(image) as picture:
        middle = pixels.middle_square(picture.convert("RGB"), side, Image.Resampling.BOX)
    return np.asarray(middle, np.float32).transpose(2, 0, 1) / 127.5 - 1


def as_bytes(picture: Pixels) -> NDArray[np.uint8]:
    """−1..1 (3, h, w) as uint8 (h, w, 3)."""
    return ((np.clip(picture, -1, 1).transpose(1, 2, 0) + 1) * 127.5 + 0.5).astype(np.uint8)


def _preview(small: Pixels) -> str:
    return pixels.preview(Image.fromarray(as_bytes(small)).resize((PREVIEW_SIDE_PX, PREVIEW_SIDE_PX), Image.Resampling.BICUBIC))
