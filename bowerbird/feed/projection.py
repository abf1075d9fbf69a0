"""Meanings in fewer numbers: 384 of a sentence become 64, by the directions in which what is said and shown here differs most.

The matrix is a principal component analysis, made by `python -m bowerbird.learning.meanings` and kept in the repository, so that every house and
every replay uses the same."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

from bowerbird.feed.catalogue import DIMENSIONS, Floats

FILE = Path(__file__).with_name("projection.npy")  # float16 [385, 64]: the mean's own projection in the last row


@cache
def matrix() -> tuple[Floats, Floats]:
    """(directions [384, 64], what the middle of everything projects to [64])."""
    kept = np.load(FILE).astype(np.float32)
    assert kept.shape == (385, DIMENSIONS)
    return kept[:-1], kept[-1]


def project(meanings: Floats) -> Floats:
    """[n, 384] to [n, 64] float32, each of length one."""
    directions, middle = matrix()
    small = meanings.astype(np.float32) @ directions - middle
    return small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-6)
