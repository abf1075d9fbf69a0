"""Meanings in fewer numbers: the directions in which they differ most."""

from __future__ import annotations

import numpy as np

from bowerbird.learning.ranker.taken import Floats

DIMENSIONS = 64


def projection(vectors: Floats, dims: int = DIMENSIONS) -> Floats:
    """[width, dims]: the directions in which `vectors` [n, width] differ most, without a shift, so that products survive it as well as may be.

    Each direction's largest number is positive, and where there are too few vectors the rest is filled in a fixed order: same in, same out."""
    width = vectors.shape[1]
    wide = vectors.astype(np.float64)
    spread = wide.T @ wide / max(1, len(vectors))
    spread += np.diag(np.linspace(2e-9, 1e-9, width))  # tells apart what nothing was seen of
    _, directions = np.linalg.eigh(spread)
    best = directions[:, ::-1][:, :dims]
    signs = np.sign(best[np.argmax(np.abs(best), axis=0), np.arange(best.shape[1])])
    return (best * signs).astype(np.float32)


def kept(vectors: Floats, projected: Floats) -> float:
    """Which share of the vectors' length a projection keeps, 0 to 1."""
    whole = float(np.sum(vectors.astype(np.float64) ** 2))
    return float(np.sum((vectors.astype(np.float64) @ projected.astype(np.float64)) ** 2)) / whole if whole else 0.0
