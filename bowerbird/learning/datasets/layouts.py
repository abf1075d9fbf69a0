"""How the items of each model's datasets are written down: columns as Hugging Face reads them, and rows. A picture stands in them with its bytes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from bowerbird.core import ids
from bowerbird.core.errors import NotFound
from bowerbird.learning.datasets.sieve import Kept
from bowerbird.media import blobs

Row = dict[str, Any]
TURN = pa.struct([("role", pa.string()), ("content", pa.string())])
PICTURE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
OF_ALL = [("kind", pa.string()), ("source", pa.string()), ("person", pa.string()), ("event_ids", pa.list_(pa.int64())), ("item_kind", pa.string()),
          ("item_id", pa.int64())]  # fmt: skip
SAID = pa.schema(
    [*OF_ALL, ("prompt", pa.list_(TURN)), ("chosen", pa.string()), ("rejected", pa.string()), ("public", pa.bool_())]
)
DONE = pa.schema([*OF_ALL, ("weight", pa.float32()), ("at_ms", pa.int64()), ("public", pa.bool_())])
AT_ONCE = 8  # pictures that are fetched beside each other


def _plain(kind: str) -> dict[str, str]:
    return {"dtype": kind, "_type": "Value"}


FEATURES = {
    "kind": _plain("string"), "source": _plain("string"), "person": _plain("string"), "event_ids": [_plain("int64")],
    "item_kind": _plain("string"), "item_id": _plain("int64"), "prompt": _plain("string"), "image": {"_type": "Image"},
    "others": [{"_type": "Image"}], "place": _plain("int32"), "public": _plain("bool"),
}  # fmt: skip
SHOWN = pa.schema(
    [*OF_ALL, ("prompt", pa.string()), ("image", PICTURE), ("others", pa.list_(PICTURE)), ("place", pa.int32()), ("public", pa.bool_())],
    metadata={"huggingface": json.dumps({"info": {"features": FEATURES}})},
)  # fmt: skip


async def _nothing(rows: list[Row]) -> None:
    """There is nothing to be fetched."""


@dataclass(frozen=True, slots=True)
class Layout:
    """`row`: an item by the names of `columns`, which the hash is made of. `filled`: puts bytes where a row only names them. `at_once`: rows that
    are in memory at a time."""

    columns: pa.Schema
    row: Callable[[Kept], Row]
    filled: Callable[[list[Row]], Awaitable[None]] = _nothing
    at_once: int = 50_000


def _of_all(one: Kept) -> Row:
    return {
        "kind": one.item.kind, "source": one.item.source, "person": one.person, "event_ids": list(one.item.event_ids),
        "item_kind": one.item.item_kind, "item_id": one.item.item_id,
    }  # fmt: skip


def _said(one: Kept) -> Row:
    spoken = {"prompt": [dict(turn) for turn in one.item.prompt], "chosen": one.item.chosen, "rejected": one.item.rejected}
    return {**_of_all(one), **spoken, "public": one.item.public}


def _shown(one: Kept) -> Row:
    first, *others = [{"bytes": None, "path": f"{hash_}.webp"} for hash_ in one.item.pictures]
    seen = {"prompt": one.item.chosen, "image": first, "others": others, "place": one.item.place}
    return {**_of_all(one), **seen, "public": one.item.public}


def _done(one: Kept) -> Row:
    when = int(ids.at(one.item.event_ids[0]).timestamp() * 1000)
    return {**_of_all(one), "weight": one.item.weight, "at_ms": when, "public": one.item.public}


async def _with_bytes(rows: list[Row]) -> None:
    places = [place for row in rows for place in (row["image"], *row["others"])]
    for start in range(0, len(places), AT_ONCE):
        some = places[start : start + AT_ONCE]
        for place, found in zip(some, await asyncio.gather(*map(_bytes, some)), strict=True):
            place["bytes"] = found


async def _bytes(place: Row) -> bytes | None:
    """None where the store has lost them: one picture fewer is no reason to build nothing."""
    try:
        return await blobs.get(str(place["path"]).removesuffix(".webp"))
    except NotFound:
        return None


LAYOUTS: dict[str, Layout] = {
    "assistant": Layout(SAID, _said), "pictures": Layout(SHOWN, _shown, _with_bytes, at_once=100), "ranker": Layout(DONE, _done),
}  # fmt: skip
