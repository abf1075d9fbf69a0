"""A dataset on disk: Parquet in the layout of Hugging Face with its card beside it, in a folder called by its hash."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from bowerbird.core.settings import Settings
from bowerbird.learning.datasets import card as cards
from bowerbird.learning.datasets.card import Card
from bowerbird.learning.datasets.sieve import Kept, Split

TURN = pa.struct([("role", pa.string()), ("content", pa.string())])
COLUMNS = pa.schema(
    [
        ("kind", pa.string()), ("source", pa.string()), ("person", pa.string()), ("event_ids", pa.list_(pa.int64())), ("item_kind", pa.string()),
        ("item_id", pa.int64()), ("prompt", pa.list_(TURN)), ("chosen", pa.string()), ("rejected", pa.string()), ("public", pa.bool_()),
    ]
)  # fmt: skip
SPLITS: tuple[Split, ...] = ("train", "held_out")


def rows(kept: Sequence[Kept]) -> list[dict[str, object]]:
    """As they are written: by the names of COLUMNS."""
    return [
        {
            "kind": one.item.kind, "source": one.item.source, "person": one.person, "event_ids": list(one.item.event_ids),
            "item_kind": one.item.item_kind, "item_id": one.item.item_id, "prompt": [dict(turn) for turn in one.item.prompt],
            "chosen": one.item.chosen, "rejected": one.item.rejected, "public": one.item.public,
        }
        for one in kept
    ]  # fmt: skip


def hash_of(kept: Sequence[Kept]) -> str:
    """SHA-256 of all that is in it, split by split, in its order."""
    told = hashlib.sha256()
    for split in SPLITS:
        told.update(split.encode() + b"\n")
        for row in rows([one for one in kept if one.split == split]):
            told.update(msgspec.json.encode(row, order="deterministic") + b"\n")
    return told.hexdigest()


def home(where: Settings, model: str) -> Path:
    """Where datasets of a model are kept."""
    return where.home / "datasets" / model


def write(where: Settings, card: Card, kept: Sequence[Kept]) -> Path:
    """Write it, whole or not at all, and take the files of all others of the model away: what was withdrawn since is in none that is left."""
    folder = home(where, card.model) / card.hash[:16]
    if not (folder / "README.md").exists():
        half = folder.with_name(f".{folder.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        (half / "data").mkdir(parents=True)
        for split in SPLITS:
            table = pa.Table.from_pylist(rows([one for one in kept if one.split == split]), schema=COLUMNS)
            pq.write_table(table, half / "data" / f"{split}-00000-of-00001.parquet", compression="zstd")
        (half / "card.json").write_bytes(msgspec.json.format(msgspec.json.encode(card)))
        (half / "README.md").write_text(cards.readme(card), "utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        half.rename(folder)
    for other in home(where, card.model).iterdir():
        if other != folder and not other.name.startswith("."):
            shutil.rmtree(other, ignore_errors=True)
    return folder


def read(folder: Path, split: Split) -> list[dict[str, object]]:
    """One split as rows by the names of COLUMNS. Raises FileNotFoundError where its files were taken away."""
    return pq.read_table(folder / "data" / f"{split}-00000-of-00001.parquet").to_pylist()
