"""What a picture shows and how alike two pictures are: a small network taught on Illustrator scenes (`learning/pictures/judge.py`).

It judges small pictures (64 × 64): shapes, colours and places, no fine detail. Beside it the reward head, where this house has learned one."""

from __future__ import annotations

import json
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from PIL import Image

from bowerbird.inference.runner import pixels
from bowerbird.inference.runner.network import opened_session
from bowerbird.inference.runner.painter import WEIGHTS

SIDE_PX = 64
FEATURES = 64
BATCH_MAX = 64


class Eye:
    """The judge's network. Thread-safe. Raises FileNotFoundError where its weights are missing."""

    def __init__(self, file: Path = WEIGHTS / "judge.onnx") -> None:
        if not file.is_file():
            raise FileNotFoundError(f"{file} is missing: train a judge, or take a release that has it")
        self._session: onnxruntime.InferenceSession = opened_session(file)
        self._names = [one.name for one in self._session.get_outputs()]

    def look(self, pictures: NDArray[np.uint8]) -> tuple[NDArray[np.float32], dict[str, NDArray[np.int64]]]:
        """uint8 (n, 64, 64, 3) → features (n, 64) of length one, and for each question the number of its answer (n,)."""
        features: list[NDArray[np.float32]] = []
        answers: dict[str, list[NDArray[np.int64]]] = {name: [] for name in self._names[1:]}
        for start in range(0, len(pictures), BATCH_MAX):
            part = pictures[start : start + BATCH_MAX].astype(np.float32).transpose(0, 3, 1, 2) / 127.5 - 1
            first, *rest = (np.asarray(each) for each in self._session.run(None, {"picture": part}))
            features.append(first)
            for name, logits in zip(self._names[1:], rest, strict=True):
                answers[name].append(logits.argmax(1))
        if not features:
            return np.zeros((0, FEATURES), np.float32), {name: np.zeros(0, np.int64) for name in answers}
        return np.concatenate(features), {name: np.concatenate(each) for name, each in answers.items()}

    def features(self, pictures: list[Image.Image]) -> NDArray[np.float32]:
        """(n, 64): the middle square of each picture, seen small."""
        return self.look(np.stack([seen(one) for one in pictures]))[0] if pictures else np.zeros((0, FEATURES), np.float32)


def seen(picture: Image.Image) -> NDArray[np.uint8]:
    """A picture's middle square at SIDE_PX: uint8 (64, 64, 3)."""
    return np.asarray(pixels.middle_square(picture.convert("RGB"), SIDE_PX, Image.Resampling.BOX))


@cache
def shared() -> Eye:
    """The process's one eye, loaded at first use."""
    return Eye()


def reward(picture: Image.Image, head: Path) -> float | None:
    """How gladly people here would pick it, as a logit, by the head in the file `head`; None where this house has learned none."""
    try:
        weights = _weights(head, head.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    return float(shared().features([picture])[0] @ weights)


@lru_cache(2)
def _weights(file: Path, _changed: int) -> NDArray[np.float32]:
    """Raises ValueError for a head that was learned on other features."""
    weights = np.asarray(json.loads(file.read_text())["weights"], np.float32)
    if weights.shape != (FEATURES,):
        raise ValueError(f"{file} has {weights.size} weights, not {FEATURES}: learn it again with `bowerbird learn reward`")
    return weights
