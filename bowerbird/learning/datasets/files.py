"""A dataset on disk: Parquet in the layout of Hugging Face with its card beside it, in a folder called by its hash."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from bowerbird.core.settings import Settings
from bowerbird.learning.datasets import card as cards
from bowerbird.learning.datasets.card import Card
from bowerbird.learning.datasets.layouts import LAYOUTS, Row
from bowerbird.learning.datasets.sieve import Kept, Split

SPLITS: tuple[Split, ...] = ("train", "held_out")


def hash_of(kept: Sequence[Kept], model: str = "assistant") -> str:
    """SHA-256 of all that is in it, split by split, in its order; of pictures, of the hashes of their bytes."""
    told = hashlib.sha256()
    for split in SPLITS:
        told.update(split.encode() + b"\n")
        for one in kept:
            if one.split == split:
                told.update(msgspec.json.encode(LAYOUTS[model].row(one), order="deterministic") + b"\n")
    return told.hexdigest()


def home(where: Settings, model: str) -> Path:
    """Where datasets of a model are kept."""
    return where.home / "datasets" / model


async def write(where: Settings, card: Card, kept: Sequence[Kept]) -> Path:
    """Write it, whole or not at all, and take the files of all others of the model away: what was withdrawn since is in none that is left."""
    folder = home(where, card.model) / card.hash[:16]
    if not (folder / "README.md").exists():
        half = folder.with_name(f".{folder.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        (half / "data").mkdir(parents=True)
        for split in SPLITS:
            await _table(_file(half, split), card.model, [one for one in kept if one.split == split])
        (half / "card.json").write_bytes(msgspec.json.format(msgspec.json.encode(card)))
        (half / "README.md").write_text(cards.readme(card), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)
    for other in home(where, card.model).iterdir():
        if other != folder and not other.name.startswith("."):
            shutil.rmtree(other, ignore_errors=True)
    return folder


def read(folder: Path, split: Split) -> list[Row]:
    """One split as rows by the names of its columns. Raises FileNotFoundError where its files were taken away."""
    return pq.read_table(_file(folder, split)).to_pylist()


def read_by_parts(folder: Path, split: Split, at_once: int = 100) -> Iterator[list[Row]]:
    """The same, a few rows at a time."""
    with pq.ParquetFile(_file(folder, split)) as opened:
        for batch in opened.iter_batches(at_once):
            yield batch.to_pylist()


def _file(folder: Path, split: Split) -> Path:
    return folder / "data" / f"{split}-00000-of-00001.parquet"


async def _table(file: Path, model: str, kept: Sequence[Kept]) -> None:
    layout = LAYOUTS[model]
    with pq.ParquetWriter(file, layout.columns, compression="zstd") as writer:
        for start in range(0, len(kept), layout.at_once):
            rows = [layout.row(one) for one in kept[start : start + layout.at_once]]
            await layout.filled(rows)
            writer.write_table(pa.Table.from_pylist(rows, schema=layout.columns))
