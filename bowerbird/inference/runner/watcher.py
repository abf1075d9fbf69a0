"""The observers: what a picture shows bare (NudeNet 320n), what words are about (a head on MiniLM). They say how likely; they decide nothing.

NudeNet: Bedapudi Praneeth, YOLOv8n at 320 px, AGPL-3.0. It was trained on photographs: paintings and drawings it sees less surely."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from bowerbird.core.assets import models_dir
from bowerbird.core.errors import Invalid
from bowerbird.inference.runner.embedder import Embedder
from bowerbird.inference.runner.network import opened_session

HEAD = Path(__file__).parent.parent / "weights" / "safety" / "words.json"
SIDE_PX = 320
PIXELS_MAX = 8_000_000
PIECES_MAX = 8
PIECE_LENGTH_MIN = 12  # characters; a shorter clause says too little alone
LABELS = (
    "FEMALE_GENITALIA_COVERED", "FACE_FEMALE", "BUTTOCKS_EXPOSED", "FEMALE_BREAST_EXPOSED", "FEMALE_GENITALIA_EXPOSED",
    "MALE_BREAST_EXPOSED", "ANUS_EXPOSED", "FEET_EXPOSED", "BELLY_COVERED", "FEET_COVERED", "ARMPITS_COVERED", "ARMPITS_EXPOSED",
    "FACE_MALE", "BELLY_EXPOSED", "MALE_GENITALIA_EXPOSED", "ANUS_COVERED", "FEMALE_BREAST_COVERED", "BUTTOCKS_COVERED",
)  # fmt: skip
BARE = ("BUTTOCKS_EXPOSED", "FEMALE_BREAST_EXPOSED", "FEMALE_GENITALIA_EXPOSED", "ANUS_EXPOSED", "MALE_GENITALIA_EXPOSED")
Scores = dict[str, float]


def nudenet() -> Path:
    """Its weights, as set-up lays them down."""
    return models_dir() / "nudenet-320n.onnx"


@lru_cache(1)
def _session() -> onnxruntime.InferenceSession:
    """Raises FileNotFoundError where set-up has not run."""
    if not nudenet().is_file():
        raise FileNotFoundError(f"{nudenet()} is missing: run `make setup`")
    return opened_session(nudenet())


def parts(picture: Image.Image) -> Scores:
    """How sure it is, 0 to 1, of each of LABELS anywhere in the picture."""
    planes = _seen(picture)
    (found,) = _session().run(None, {_session().get_inputs()[0].name: planes})
    boxes = np.asarray(found)[0, 4:]
    likeliest = np.where(boxes == boxes.max(0), boxes, 0).max(1)  # each box is what it looks most like, and nothing else
    return {label: round(float(each), 4) for label, each in zip(LABELS, likeliest, strict=True)}


def picture(data: bytes) -> Scores:
    """{"sexual": how surely something bare is seen, "person": how surely a face is}. Raises Invalid for what is no small picture."""
    try:
        with Image.open(io.BytesIO(data), formats=("WEBP", "PNG", "JPEG")) as opened:
            if opened.width * opened.height > PIXELS_MAX:
                raise Invalid("That is more than a small picture.")
            seen = parts(opened.convert("RGB"))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as broken:
        raise Invalid("That is no picture.") from broken
    return {"sexual": max(seen[label] for label in BARE), "person": max(seen["FACE_FEMALE"], seen["FACE_MALE"])}


def _seen(picture: Image.Image) -> NDArray[np.float32]:
    """float32 (1, 3, 320, 320): in the upper left corner of a black square, as it was trained."""
    side = max(picture.size)
    square = Image.new("RGB", (side, side))
    square.paste(picture, (0, 0))
    small = np.asarray(square.resize((SIDE_PX, SIDE_PX), Image.Resampling.BILINEAR), np.float32) / np.float32(255)
    return np.ascontiguousarray(small.transpose(2, 0, 1)[None])


class Reader:
    """The head on MiniLM: a logistic regression for each category, taught by `learning/safety/words.py` on written examples."""

    def __init__(self, embedder: Embedder, file: Path = HEAD) -> None:
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing: run `python -m bowerbird.learning.safety.words`")
        said = json.loads(file.read_text("utf-8"))
        self.categories: list[str] = said["categories"]
        self._weights = np.asarray(said["weights"], np.float32)
        self._biases = np.asarray(said["biases"], np.float32)
        self._embedder = embedder

    def read(self, text: str) -> Scores:
        """How likely the text is about each category, 0 to 1: the likeliest of the whole and of its clauses."""
        return self.score(self._embedder.embed(pieces(text)))

    def score(self, vectors: NDArray[np.float32]) -> Scores:
        """The same of embeddings (n, 384)."""
        likely = 1 / (1 + np.exp(-(vectors @ self._weights.T + self._biases)))
        return {name: round(float(each), 4) for name, each in zip(self.categories, likely.max(0), strict=True)}


@lru_cache(1)
def reader(embedder: Embedder) -> Reader:
    """The process's one reader."""
    return Reader(embedder)


def pieces(text: str) -> list[str]:
    """A text whole, and clause by clause: what a long description hides in one clause is read alone too."""
    clauses: Sequence[str] = [part.strip() for part in re.split(r"[,.;:!?\n|]+", text)]
    return [text, *[one for one in clauses if len(one) >= PIECE_LENGTH_MIN and one != text.strip()][:PIECES_MAX]]
