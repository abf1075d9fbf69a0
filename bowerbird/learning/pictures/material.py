"""Captioned pictures to learn from, in shards on disk. The Illustrator is the teacher; people's consented pictures use the same format.

`python -m bowerbird.learning.pictures.material FOLDER --scenes 12000` makes them, niced, on every core; run again it goes on."""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bowerbird.inference.runner.embedder import Embedder
from bowerbird.inference.runner.illustrator import edit, paint, reading
from bowerbird.learning.pictures.words import Facts, caption, drawn, plainly

SMALL_PX, LARGE_PX = 64, 256
TOKENS = 24
SHARD_SCENES = 250
CAPTIONS_EACH = 3
LARGE_SHARDS = 8  # the first so many shards keep their pictures at LARGE_PX too: the upscaler learns from them
HELD_OUT_SEED = 1_000_000_000  # scenes for the classifier that judges; the painter never sees them


@dataclass(frozen=True, slots=True)
class Item:
    """One captioned picture: `picture` is uint8 (LARGE_PX, LARGE_PX, 3); `facts` are labels where they are known; `source` is who made it."""

    picture: NDArray[np.uint8]
    captions: list[str]
    facts: dict[str, Any] | None
    source: str


@dataclass(frozen=True, slots=True)
class Dataset:
    """A folder of shards, ready to learn from: memory-mapped, so that several processes share one copy.

    `small` uint8 (n, 64, 64, 3); `states` float16 (n, captions, TOKENS, 384) and `mask` bool (n, captions, TOKENS) of frozen MiniLM;
    `large` uint8 (m, 256, 256, 3), m ≤ n."""

    small: NDArray[np.uint8]
    states: NDArray[np.float16]
    mask: NDArray[np.bool_]
    large: NDArray[np.uint8]
    told: list[dict[str, Any]]

    @classmethod
    def of_folder(cls, folder: Path) -> Dataset:
        """Raises FileNotFoundError for a folder without a finished shard."""
        shards = sorted(folder.glob("shard-*.json"))
        if not shards:
            raise FileNotFoundError(f"{folder} has no shard: make some with `python -m bowerbird.learning.pictures.material`")

        def joined(part: str) -> NDArray[Any]:
            files = [one.with_suffix(f".{part}.npy") for one in shards]
            parts = [np.load(file, mmap_mode="r") for file in files if file.exists()]
            return (
                np.concatenate(parts) if parts else np.zeros((0, LARGE_PX, LARGE_PX, 3), np.uint8)
            )  # only `large` may be missing

        told = [line for one in shards for line in json.loads(one.read_text())]
        return cls(joined("small"), joined("states"), joined("mask"), joined("large"), told)


def write_shard(folder: Path, number: int, items: Sequence[Item], embedder: Embedder, *, large: bool) -> None:
    """One shard, its index last: a shard without its .json is not there."""
    stem = folder / f"shard-{number:05}"
    pictures = [Image.fromarray(one.picture) for one in items]
    small = np.stack([np.asarray(one.resize((SMALL_PX, SMALL_PX), Image.Resampling.BOX)) for one in pictures])
    lists = [(one.captions * CAPTIONS_EACH)[:CAPTIONS_EACH] for one in items]
    read = [embedder.states(captions, TOKENS) for captions in lists]
    np.save(stem.with_suffix(".small.npy"), small)
    np.save(stem.with_suffix(".states.npy"), np.stack([states for states, _ in read]).astype(np.float16))
    np.save(stem.with_suffix(".mask.npy"), np.stack([mask for _, mask in read]))
    if large:
        np.save(stem.with_suffix(".large.npy"), np.stack([one.picture for one in items]))
    told = [{"captions": one.captions, "facts": one.facts, "source": one.source} for one in items]
    partly = stem.with_suffix(".part")
    partly.write_text(json.dumps(told))
    partly.rename(stem.with_suffix(".json"))


def scene_of(seed: int, *, held_out: bool = False) -> tuple[Facts, Item] | None:
    """The scene of a seed, painted by the Illustrator; None where it read the words another way, so that captions stay true."""
    dice = random.Random(seed)
    facts = drawn(dice, held_out)
    picture = taught(facts, seed, dice.choice(("close", "close", "medium")))
    if picture is None:
        return None
    captions = [caption(facts, dice) for _ in range(CAPTIONS_EACH)]
    return facts, Item(picture, captions, asdict(facts), "Bowerbird Illustrator")


def taught(facts: Facts, seed: int, composition: str = "close") -> NDArray[np.uint8] | None:
    """The Illustrator's own picture of these facts at LARGE_PX; None where it does not read them so."""
    scene = reading.read(plainly(facts), seed % (1 << 31))
    if len(scene.subjects) != len(facts.subjects) or scene.world != facts.world:
        return None
    if any(not got.exact or got.count != one.count for got, one in zip(scene.subjects, facts.subjects, strict=True)):
        return None
    changes = {"medium": facts.medium, "time": facts.time, "composition": composition, "weather": "clear"}
    return paint.picture(paint.paint(edit.with_edits(scene, changes), LARGE_PX, LARGE_PX, seed % (1 << 31)))


def scenes(start: int, count: int, *, held_out: bool = False) -> Iterator[tuple[Facts, Item]]:
    """`count` scenes from the seed `start` on; a seed that cannot be read truly is passed over."""
    seed = start
    while count:
        found = scene_of(seed, held_out=held_out)
        seed += 1
        if found:
            count -= 1
            yield found


def _make(folder: Path, number: int, first_seed: int, held_out: bool, large_shards: int) -> int:
    if (folder / f"shard-{number:05}.json").exists():
        return number
    os.nice(10)
    items = [item for _, item in scenes(first_seed + number * SHARD_SCENES * 4, SHARD_SCENES, held_out=held_out)]
    write_shard(folder, number, items, Embedder.load(), large=number < large_shards)
    return number


def make(folder: Path, count: int, *, held_out: bool = False, large_shards: int = LARGE_SHARDS) -> None:
    """Shards of `count` scenes in `folder`; those that stand already stay."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = range(-(-count // SHARD_SCENES))
    first = HELD_OUT_SEED if held_out else 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for done in pool.map(_make, *zip(*((folder, number, first, held_out, large_shards) for number in numbers), strict=True)):
            print(f"shard {done + 1} of {len(numbers)}", flush=True)


def main() -> None:
    """Make material from the command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--scenes", type=int, default=12_000)
    asked.add_argument("--held-out", action="store_true", help="scenes of other seeds, held-out pairs included, for the judge")
    asked.add_argument("--large", type=int, default=LARGE_SHARDS, help="so many shards keep their pictures at 256 px too")
    given = asked.parse_args()
    make(given.folder, given.scenes, held_out=given.held_out, large_shards=given.large)


if __name__ == "__main__":
    main()
