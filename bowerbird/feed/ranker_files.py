"""Rankers out of a file: arrays that were trained elsewhere, taken in by their SHA-256 and read without running anything that is in them."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings
from bowerbird.core.whole import partly
from bowerbird.feed import trees
from bowerbird.feed.acts import HEADS
from bowerbird.feed.features import NAMES
from bowerbird.feed.foreteller import Foreteller
from bowerbird.feed.heads import Heads
from bowerbird.feed.values import values

BYTES_MAX = 64_000_000
KEPT = 4  # read files held in memory
Arrays = Mapping[str, NDArray[Any]]


def put(data: bytes) -> str:
    """Take a file in; its SHA-256. Raises Invalid for one that cannot be read."""
    if len(data) > BYTES_MAX:
        raise Invalid(f"A ranker's file has {BYTES_MAX} bytes at most.")
    _read(data)
    digest = hashlib.sha256(data).hexdigest()
    with partly(_path(digest)) as part:
        part.write_bytes(data)
    return digest


@lru_cache(maxsize=KEPT)
def read(digest: str) -> Foreteller:
    """What a file foretells by. Raises Invalid where it is not here, or not what its name says."""
    try:
        data = _path(digest).read_bytes()
    except OSError as away:
        raise Invalid(f"The file {digest[:12]}… is not on this machine.") from away
    if hashlib.sha256(data).hexdigest() != digest:
        raise Invalid(f"The file {digest[:12]}… was changed.")
    return _read(data)


def _path(digest: str) -> Path:
    return settings().home / "rankers" / f"{digest}.npz"


def _read(data: bytes) -> Foreteller:
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            if sum(member.file_size for member in found.zip.infolist()) > BYTES_MAX:
                raise Invalid("That file unfolds to too much.")
            arrays = {name: found[name] for name in found.files}
        kind, features = str(arrays["kind"]), [str(one) for one in arrays["features"]]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, AttributeError) as wrong:
        raise Invalid("That is no file of a ranker.") from wrong
    if kind not in READERS:
        raise Invalid(f"Rankers of the kind “{kind[:40]}” are not known here: {', '.join(READERS)}.")
    if features != list(NAMES):
        raise Invalid("That file was trained on another list of features.")
    return READERS[kind](arrays)


def _heads(arrays: Arrays) -> Foreteller:
    """Logistic heads that learn no more: `weights` [heads, features] and `biases` [heads]."""
    weights, biases = arrays.get("weights"), arrays.get("biases")
    shapes = (weights.shape if weights is not None else None, biases.shape if biases is not None else None)
    if weights is None or biases is None or shapes != ((len(HEADS), len(NAMES)), (len(HEADS),)):
        raise Invalid("The weights of that file do not fit eight heads.")
    if not (np.isfinite(weights).all() and np.isfinite(biases).all()):
        raise Invalid("The weights of that file are no numbers.")
    heads = Heads(values().prior())
    heads.weights, heads.biases = weights.astype(np.float64), biases.astype(np.float64)
    return heads


READERS: dict[str, Callable[[Arrays], Foreteller]] = {"heads": _heads, trees.KIND: trees.read}
