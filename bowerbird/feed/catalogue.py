"""The posts that may be recommended, in memory: arrays that ranking runs over, one row a post. Rebuilt from PostgreSQL at every start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Provenance = Literal["unknown", "generated", "edited", "by_hand", "camera"]
PROVENANCES: tuple[Provenance, ...] = get_args(Provenance)
DIMENSIONS = 64
TOPICS_MAX = 12
HASH_WORDS = 2  # a picture's difference hash is 128 bits
Rows = NDArray[np.int32]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Item:
    """A post as the feed knows it. `vector`: its meaning, DIMENSIONS float32 of length one; None while nobody has read it yet."""

    id: int
    author_id: int
    born_ms: int
    vector: Floats | None = None
    topics: frozenset[str] = frozenset()
    language: str = ""
    provenance: Provenance = "unknown"
    pictures: int = 0
    words: int = 0  # characters
    is_remix: bool = False
    is_poll: bool = False
    sensitive: bool = False
    recommendable: bool = True  # its author lets strangers be shown it
    picture_id: int = 0
    author_name: str = ""
    root_id: int = 0  # the first picture of its remix tree, 0 for none
    picture_hash: int | None = None  # 128 bits
    public_counts: tuple[int, int, int] = (0, 0, 0)  # likes, boosts, replies by accounts that were a day old


@dataclass(slots=True)
class Names:
    """Strings as small numbers, each given out once."""

    of: dict[str, int] = field(default_factory=lambda: {"": 0})
    names: list[str] = field(default_factory=lambda: [""])

    def number(self, name: str) -> int:
        """Its number, a new one where it has none."""
        if name not in self.of:
            self.of[name] = len(self.names)
            self.names.append(name)
        return self.of[name]

    def known(self, names: Iterable[str]) -> list[int]:
        """The numbers of those that have one."""
        return [self.of[name] for name in names if name in self.of]


_COLUMNS: dict[str, tuple[Any, tuple[int, ...]]] = {
    "ids": (np.int64, ()), "authors": (np.int32, ()), "born_ms": (np.int64, ()), "vectors": (np.float32, (DIMENSIONS,)),
    "topics": (np.int32, (TOPICS_MAX,)), "language": (np.int16, ()), "provenance": (np.int8, ()), "pictures": (np.int8, ()),
    "words": (np.int16, ()), "is_remix": (np.bool_, ()), "is_poll": (np.bool_, ()), "sensitive": (np.bool_, ()),
    "recommendable": (np.bool_, ()), "roots": (np.int64, ()), "hashes": (np.uint64, (HASH_WORDS,)), "has_hash": (np.bool_, ()),
    "public": (np.int32, (3,)), "alive": (np.bool_, ()),
}  # fmt: skip


class Catalogue:
    """Every post by row. Rows are never given out twice: a post that goes leaves a dead row behind."""

    ids: NDArray[np.int64]
    authors: Rows  # row of the author
    born_ms: NDArray[np.int64]
    vectors: Floats
    topics: NDArray[np.int32]  # numbers in `topic_names`, 0 for none
    language: NDArray[np.int16]
    provenance: NDArray[np.int8]
    pictures: NDArray[np.int8]
    words: NDArray[np.int16]
    is_remix: NDArray[np.bool_]
    is_poll: NDArray[np.bool_]
    sensitive: NDArray[np.bool_]
    recommendable: NDArray[np.bool_]
    roots: NDArray[np.int64]
    hashes: NDArray[np.uint64]
    has_hash: NDArray[np.bool_]
    public: NDArray[np.int32]
    alive: NDArray[np.bool_]

    def __init__(self, size: int = 1024) -> None:
        self.size = 0
        self.row_of: dict[int, int] = {}
        self.revised: list[int] = []  # rows whose meaning was read, or read anew, after they came
        self.of_picture: dict[int, int] = {}  # picture id -> row of the post that shows it
        self.author_row: dict[int, int] = {}
        self.author_ids: list[int] = []
        self.author_named: dict[str, int] = {}  # name in lower case -> author row
        self.by_author: list[list[int]] = []
        self.topic_names, self.language_names = Names(), Names()
        for name, (kind, shape) in _COLUMNS.items():
            setattr(self, name, np.zeros((size, *shape), kind))

    def add(self, item: Item) -> int:
        """Put a post in, or what changed of one; its row."""
        row = self.row_of.get(item.id, -1)
        if row < 0:
            row = self._row(item)
        elif item.vector is not None and not np.array_equal(item.vector, self.vectors[row]):
            self.revised.append(row)
        self.born_ms[row], self.alive[row] = item.born_ms, True
        if item.vector is not None:
            self.vectors[row] = item.vector
        numbers = sorted(self.topic_names.number(topic) for topic in item.topics)[:TOPICS_MAX]
        self.topics[row] = numbers + [0] * (TOPICS_MAX - len(numbers))
        self.language[row] = self.language_names.number(item.language)
        self.provenance[row] = PROVENANCES.index(item.provenance)
        self.pictures[row], self.words[row] = min(item.pictures, 100), min(item.words, 30_000)
        self.is_remix[row], self.is_poll[row], self.sensitive[row] = item.is_remix, item.is_poll, item.sensitive
        self.recommendable[row], self.roots[row], self.public[row] = item.recommendable, item.root_id, item.public_counts
        if item.picture_hash is not None:
            self.hashes[row] = [item.picture_hash >> 64, item.picture_hash & (2**64 - 1)]
            self.has_hash[row] = True
        if item.picture_id:
            self.of_picture[item.picture_id] = row
        if item.author_name:
            self.author_named[item.author_name.lower()] = int(self.authors[row])
        return row

    def author(self, account_id: int) -> int:
        """The row of somebody who says things."""
        found = self.author_row.get(account_id)
        if found is None:
            found = self.author_row[account_id] = len(self.author_ids)
            self.author_ids.append(account_id)
            self.by_author.append([])
        return found

    def remove(self, post_id: int) -> None:
        """Take a post out; nothing that ranks finds it any more."""
        row = self.row_of.get(post_id)
        if row is not None:
            self.alive[row] = False

    def living(self) -> Rows:
        """The rows of all posts that stand."""
        return np.flatnonzero(self.alive[: self.size]).astype(np.int32)

    def topics_of(self, row: int) -> list[str]:
        """What a post is about."""
        return [self.topic_names.names[number] for number in self.topics[row] if number]

    def _row(self, item: Item) -> int:
        if self.size == len(self.ids):
            for name in _COLUMNS:
                old = getattr(self, name)
                grown = np.zeros((2 * len(old), *old.shape[1:]), old.dtype)
                grown[: len(old)] = old
                setattr(self, name, grown)
        row = self.row_of[item.id] = self.size
        self.size += 1
        self.ids[row] = item.id
        self.authors[row] = author = self.author(item.author_id)
        self.by_author[author].append(row)
        return row


def near_copies(catalogue: Catalogue, row: int, rows: Rows, *, bits_max: int = 10, cosine_min: float = 0.97) -> NDArray[np.bool_]:
    """Which of `rows` show nearly the same picture as `row` (difference hash within `bits_max` of 128 bits), or without pictures say
    nearly the same."""
    if catalogue.has_hash[row]:
        other = catalogue.hashes[rows] ^ catalogue.hashes[row]
        return catalogue.has_hash[rows] & (np.bitwise_count(other).sum(axis=1) <= bits_max)
    return (catalogue.vectors[rows] @ catalogue.vectors[row] >= cosine_min) & ~catalogue.has_hash[rows]
