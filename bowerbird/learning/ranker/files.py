"""The night as files, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.core.whole import partly
from bowerbird.feed.nights import FILE as RANKER
from bowerbird.feed.trees import Trees
from bowerbird.learning.ranker.night import Model


def write(model: Model, out: Path) -> str:
    """Into `out`, whole or not at all: files named by their hash first, then `ranker.json` that names them, then the old ones go. Its hash."""
    parts: dict[str, NDArray[Any]] = {
        "posts": model.posts, "vectors": model.vectors, "neighbours": model.neighbour_rows, "neighbour_weights": model.neighbour_weights,
    }  # fmt: skip
    files: dict[str, str] = {}
    for name, array in parts.items():
        digest = hashlib.sha256(array.tobytes()).hexdigest()
        files[name] = f"{name}-{digest[:16]}.npy"
        with partly(out / files[name]) as part, part.open("wb") as file:
            np.save(file, array)
    digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
    said = {
        "sha256": digest,
        "files": files,
        "l2": model.l2,
        "alpha": model.alpha,
        "learned_ms": model.learned_ms,
        "figures": model.figures,
    }
    with partly(out / RANKER) as part:
        part.write_text(json.dumps(said, indent=1) + "\n", "utf-8")
    for old in out.glob("*-" + "[0-9a-f]" * 16 + ".npy"):
        if old.name not in files.values() and old.name.rpartition("-")[0] in parts:
            old.unlink()
    return digest


def write_trees(trees: Trees, file: Path) -> None:
    """As `feed/ranker_files.py` takes them in."""
    with partly(file) as part, part.open("wb") as written:
        np.savez_compressed(written, allow_pickle=False, **trees.arrays())
