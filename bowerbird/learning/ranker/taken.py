"""Who took what, as arrays: what the nightly models learn from."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
PAIRS_MAX = 5_000_000


@dataclass(frozen=True, slots=True)
class Taken:
    """Who took what, when and how gladly: one row a pair. `users` and `items` count from 0; `people` and `posts` are their ids."""

    users: Ints
    items: Ints
    weights: Floats
    times_ms: Ints
    people: Ints
    posts: Ints

    @classmethod
    def of(cls, people: list[int], posts: list[int], weights: list[float], times_ms: list[int]) -> Taken:
        """From plain lists; a pair that came twice keeps its greatest weight and its latest time. The order of rows is nothing to it."""
        who, users = np.unique(np.array(people, np.int64), return_inverse=True)
        what, items = np.unique(np.array(posts, np.int64), return_inverse=True)
        pairs, at = np.unique(users * max(1, len(what)) + items, return_inverse=True)
        gladly, late = np.zeros(len(pairs), np.float32), np.zeros(len(pairs), np.int64)
        np.maximum.at(gladly, at, np.array(weights, np.float32))
        np.maximum.at(late, at, np.array(times_ms, np.int64))
        width = max(1, len(what))
        return cls(pairs // width, pairs % width, gladly, late, who, what)

    def only(self, rows: NDArray[np.bool_]) -> Taken:
        """Some rows of it, everyone and everything numbered as before."""
        return Taken(self.users[rows], self.items[rows], self.weights[rows], self.times_ms[rows], self.people, self.posts)


@dataclass(frozen=True, slots=True)
class Rows:
    """A sparse matrix by rows: row r has `columns[starts[r]:starts[r + 1]]`, sorted, each once, with `values`."""

    starts: Ints
    columns: Ints
    values: Floats

    @classmethod
    def of(cls, rows: Ints, columns: Ints, values: Floats | None, n_rows: int, n_columns: int) -> Rows:
        """Pairs in any order; of those that come twice the greatest value counts. Raises ValueError where a number is out of range."""
        if len(rows) and (min(rows.min(), columns.min()) < 0 or rows.max() >= n_rows or columns.max() >= n_columns):
            raise ValueError(f"pairs beyond {n_rows} rows and {n_columns} columns")
        pairs, at = np.unique(rows.astype(np.int64) * max(1, n_columns) + columns, return_inverse=True)
        merged = np.zeros(len(pairs), np.float32)
        np.maximum.at(merged, at, 1.0 if values is None else values.astype(np.float32))
        starts = np.searchsorted(pairs, np.arange(n_rows + 1) * max(1, n_columns))
        return cls(starts.astype(np.int64), pairs % max(1, n_columns), merged)

    @property
    def lengths(self) -> Ints:
        """How much is in each row."""
        return np.diff(self.starts)

    def row(self, number: int) -> Ints:
        """The columns of one row."""
        return self.columns[self.starts[number] : self.starts[number + 1]]


def from_file(file: Path) -> Taken:
    """Columns `user,item,time` (seconds) and perhaps `weight`, named in the first line; numbers. Raises ValueError naming the line."""
    people, posts, weights, times = list[int](), list[int](), list[float](), list[int]()
    with file.open(encoding="utf-8", newline="") as text:
        for number, row in enumerate(csv.DictReader(text), 2):
            try:
                people.append(int(row["user"]))
                posts.append(int(row["item"]))
                times.append(int(float(row["time"]) * 1000))
                weights.append(float(row.get("weight") or 1))
            except (KeyError, TypeError, ValueError) as wrong:
                raise ValueError(f"{file}, line {number}: user, item and time are wanted as numbers, there is {row}") from wrong
            if number > PAIRS_MAX:
                break
    return Taken.of(people, posts, weights, times)
