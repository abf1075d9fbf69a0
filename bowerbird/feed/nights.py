"""What was learned last night, read from its files. Nothing of it is needed: one that is missing, broken or too old is as if it had never been."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.catalogue import Floats

FOLDER, FILE = "nightly", "ranker.json"
POSTS_MAX, DIMENSIONS_MAX, NEIGHBOURS_MAX = 1_000_000, 256, 200
OLD_MS = 7 * 86_400_000
log = logging.getLogger(__name__)


class Said(msgspec.Struct):
    """What stands in FILE of it."""

    sha256: str
    files: dict[str, str]
    l2: float
    alpha: float
    learned_ms: int


@dataclass(frozen=True, slots=True)
class Night:
    """Posts by id; a vector of each; of each the posts that go with it (places in `posts`, -1 for none) and how much. `l2` and `alpha` are those
    the vectors were learned with: by them somebody finds their place among them."""

    posts: NDArray[np.int64]
    vectors: Floats
    neighbours: NDArray[np.int32]
    weights: Floats
    l2: float
    alpha: float
    learned_ms: int = 0
    digest: str = ""


def stamp(folder: Path) -> int:
    """A number that changes whenever a night is written; 0 for none."""
    try:
        return (folder / FILE).stat().st_mtime_ns
    except OSError:
        return 0


def read(folder: Path, now_ms: int) -> Night | None:
    """Last night; None where there is none that can be used."""
    try:
        said = msgspec.json.decode((folder / FILE).read_bytes(), type=Said)
        night = _whole(folder, said)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, EOFError, msgspec.MsgspecError) as wrong:
        log.warning("what was learned last night cannot be read: %s", wrong)
        return None
    if now_ms - night.learned_ms > OLD_MS:
        log.warning("what was learned at night is older than a week, and left alone")
        return None
    return night


def _whole(folder: Path, said: Said) -> Night:
    parts = {name: _array(folder, said.files[name]) for name in ("posts", "vectors", "neighbours", "neighbour_weights")}
    posts, vectors, near, weights = parts.values()
    count, wide, many = len(posts), vectors.shape[-1], near.shape[-1]
    shapes = (count,), (count, wide), (count, many), (count, many)
    bounded = 0 < count <= POSTS_MAX and 0 < wide <= DIMENSIONS_MAX and many <= NEIGHBOURS_MAX
    if tuple(part.shape for part in parts.values()) != shapes or not bounded:
        raise ValueError("its parts do not fit each other")
    if not (np.isfinite(vectors).all() and np.isfinite(weights).all() and np.isfinite([said.l2, said.alpha]).all()):
        raise ValueError("it holds what is no number")
    if near.min() < -1 or near.max() >= count or said.l2 <= 0 or said.alpha < 0:
        raise ValueError("it names posts it does not hold")
    return Night(
        posts.astype(np.int64), vectors.astype(np.float32), near.astype(np.int32), weights.astype(np.float32), said.l2, said.alpha,
        said.learned_ms, said.sha256,
    )  # fmt: skip


def _array(folder: Path, name: str) -> NDArray[Any]:
    if Path(name).name != name:
        raise ValueError(f"{name} is no file of it")
    return np.load(folder / name, allow_pickle=False)
