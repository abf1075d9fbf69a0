"""Interaction files as arrays: who took what, and when. Plain, gzip or zip (the largest file in it), read line by line, bounded.

What counts as taken: a rating of at least 4 where none is above 5, of at least 7 where none is above 10, anything else that has a number
(play counts, check-ins), and everything where there is no rating. Of a column that names what was done, acts against something are left out."""

from __future__ import annotations

import csv
import gzip
import io
import math
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

LINES_MAX = 50_000_000
LINE_LENGTH_MAX = 20_000
FORMATS = ("auto", "movielens", "movietweetings", "gowalla", "csv")
AGAINST = {"hide", "dislike", "unlike", "report", "block", "remove", "skip", "negative"}
NAMES = {
    "user": ("user", "user_id", "userid", "visitorid", "visitor_id", "uid", "session_id", "sessionid", "session"),
    "item": ("item", "item_id", "itemid", "movieid", "movie_id", "iid", "post_id", "article_id", "click_article_id", "product_id",
             "business_id", "location_id", "track_id", "artist_id"),
    "time": ("time", "timestamp", "ts", "date", "datetime", "click_timestamp", "eventdate", "created_at"),
    "rating": ("rating", "ratings", "score", "stars", "overall", "count", "weight"),
    "kind": ("kind", "event", "type", "event_type", "action", "behavior"),
}  # fmt: skip


class Unreadable(ValueError):
    """A file we cannot make sense of; says which line."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Which column is what, and what parts them. `tempo` is slow for tastes, clicks for sessions, "" where one has to look."""

    format: str
    parted_by: str
    user: int
    item: int
    time: int
    rating: int = -1
    kind: int = -1
    header: bool = False
    tempo: str = ""


@dataclass(frozen=True, slots=True)
class Interactions:
    """In time order (ties as in the file). Users and items count from 0 by when they first came, so that a number tells nothing of the future."""

    name: str
    users: NDArray[np.int64]
    items: NDArray[np.int64]
    times_ms: NDArray[np.int64]
    strengths: NDArray[np.float32]
    tempo: str
    notes: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.users)

    @property
    def n_users(self) -> int:
        return int(self.users.max()) + 1 if len(self) else 0

    @property
    def n_items(self) -> int:
        return int(self.items.max()) + 1 if len(self) else 0

    @property
    def repeats(self) -> float:
        """The share of events in which somebody takes what they had taken before."""
        return 1 - len(np.unique(self.users * self.n_items + self.items)) / max(1, len(self))


def in_order(
    name: str, users: NDArray[np.int64], items: NDArray[np.int64], times_ms: NDArray[np.int64], tempo: str = "",
    notes: list[str] | None = None, events_max: int | None = None,
) -> Interactions:  # fmt: skip
    """Sorted by time and numbered by first appearance; with `events_max` the first so many."""
    order = np.argsort(times_ms, kind="stable")[:events_max]
    users, items, times_ms = _numbered(users[order]), _numbered(items[order]), times_ms[order]
    return Interactions(
        name, users, items, times_ms, np.ones(len(users), np.float32), tempo or tempo_of(users, times_ms), notes or []
    )


def _numbered(names: NDArray[np.int64]) -> NDArray[np.int64]:
    _, first, at = np.unique(names, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[at]


GAP_MS = 30 * 60_000


def tempo_of(users: NDArray[np.int64], times_ms: NDArray[np.int64]) -> str:
    """clicks where most events follow another of the same person within half an hour and the whole spans at most 60 days, else slow."""
    if len(users) < 2 or times_ms[-1] - times_ms[0] > 60 * 86_400_000:
        return "slow"
    order = np.lexsort((np.arange(len(users)), users))
    near = (np.diff(users[order]) == 0) & (np.diff(times_ms[order]) <= GAP_MS)
    return "clicks" if near.mean() > 0.5 else "slow"


@contextmanager
def opened(file: Path) -> Iterator[IO[str]]:
    """The text of a file, out of its packing."""
    if not file.is_file():
        raise Unreadable(f"{file} is not there")
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as packed:
            largest = max(packed.infolist(), key=_likely)
            with packed.open(largest) as raw:
                yield io.TextIOWrapper(raw, "utf-8", errors="replace")
    else:
        opener = gzip.open if file.open("rb").read(2) == b"\x1f\x8b" else open
        with opener(file, "rt", encoding="utf-8", errors="replace") as text:
            yield text  # type: ignore[misc]


def _likely(member: zipfile.ZipInfo) -> tuple[bool, int]:
    stem = Path(member.filename).name.lower()
    return stem.startswith(("ratings", "u.data")) or stem.endswith(".inter"), member.file_size


def shape_of(first: str, wanted: str = "auto") -> Shape:
    """How a file is laid out, by its first line. Raises Unreadable where that cannot be told."""
    if wanted not in FORMATS:
        raise Unreadable(f"no format is called {wanted}: there are {', '.join(FORMATS)}")
    if "::" in first and wanted in ("auto", "movielens", "movietweetings"):
        return Shape("movietweetings" if wanted == "movietweetings" else "movielens", "::", 0, 1, 3, rating=2, tempo="slow")
    parted_by = max("\t,;|", key=first.count)
    cells = cells_of(first, parted_by)
    if wanted == "gowalla" or (wanted == "auto" and len(cells) == 5 and parted_by == "\t" and _is_date(cells[1])):
        return Shape("gowalla", "\t", 0, 4, 1, tempo="slow")
    names = [cell.lower().partition(":")[0].lstrip("\ufeff") for cell in cells]
    at = {role: next((names.index(name) for name in known if name in names), -1) for role, known in NAMES.items()}
    if at["user"] >= 0 and at["item"] >= 0 and at["time"] >= 0:
        tempo = "slow" if "movieid" in names or wanted in ("movielens", "movietweetings") else ""
        kind = "movielens" if tempo else "csv"
        return Shape(kind, parted_by, at["user"], at["item"], at["time"], at["rating"], at["kind"], header=True, tempo=tempo)
    if not _is_number(cells[-1]) and not _is_date(cells[-1]):
        raise Unreadable(f"line 1: no columns called user, item and time, and no time at its end: {first[:120]!r}")
    if len(cells) == 4:
        return Shape("movielens" if parted_by == "\t" else "csv", parted_by, 0, 1, 3, rating=2)
    if len(cells) == 3:
        return Shape("csv", parted_by, 0, 1, 2)
    raise Unreadable(f"line 1: {len(cells)} columns without names; three (user, item, time) or four (with a rating) can be read")


def cells_of(line: str, parted_by: str) -> list[str]:
    """The cells of a line, without what quotes or surrounds them."""
    parts = next(csv.reader([line], delimiter=parted_by)) if '"' in line and len(parted_by) == 1 else line.split(parted_by)
    return [part.strip() for part in parts]


def _is_number(cell: str) -> bool:
    try:
        return math.isfinite(float(cell))
    except ValueError:
        return False


def _is_date(cell: str) -> bool:
    try:
        datetime.fromisoformat(cell)
    except ValueError:
        return False
    return not _is_number(cell)


@dataclass
class _Columns:
    """What is read so far: names as numbers, so that a large file stays small."""

    users: list[int] = field(default_factory=list)
    items: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    ratings: list[float] = field(default_factory=list)
    user_of: dict[str, int] = field(default_factory=dict)
    item_of: dict[str, int] = field(default_factory=dict)
    against: int = 0
    dated: bool = False

    def take(self, cells: list[str], shape: Shape) -> None:
        """One line. Raises ValueError or IndexError."""
        if shape.kind >= 0 and cells[shape.kind].lower() in AGAINST:
            self.against += 1
            return
        when = cells[shape.time]
        try:
            time = float(when)
        except ValueError:
            found = datetime.fromisoformat(when)
            time, self.dated = (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp(), True
        rating = float(cells[shape.rating]) if shape.rating >= 0 else 1.0
        if not (math.isfinite(time) and math.isfinite(rating)):
            raise ValueError("a number that is none")
        user, item = cells[shape.user], cells[shape.item]
        if not user or not item:
            raise ValueError("nobody, or nothing")
        self.users.append(self.user_of.setdefault(user, len(self.user_of)))
        self.items.append(self.item_of.setdefault(item, len(self.item_of)))
        self.times.append(time)
        self.ratings.append(rating)


def load(file: Path, wanted: str = "auto", *, keep_all: bool = False, events_max: int | None = None) -> Interactions:
    """Read a file; `keep_all` takes every rating as a taking. Raises Unreadable, naming the line, where a line makes no sense."""
    columns, shape = _Columns(), None
    with opened(file) as text:
        number = 0
        while line := text.readline(LINE_LENGTH_MAX + 1):
            number += 1
            if len(line) > LINE_LENGTH_MAX or number > LINES_MAX:
                raise Unreadable(
                    f"{file.name}, line {number}: over {LINE_LENGTH_MAX} characters, or over {LINES_MAX} lines before it"
                )
            if not line.strip():
                continue
            if shape is None:
                try:
                    shape = shape_of(line.rstrip("\r\n"), wanted)
                except Unreadable as wrong:
                    raise Unreadable(f"{file.name}, {wrong}") from wrong
                if shape.header:
                    continue
            cells = cells_of(line, shape.parted_by)
            try:
                columns.take(cells, shape)
            except (ValueError, IndexError, csv.Error) as wrong:
                raise Unreadable(f"{file.name}, line {number}: {wrong}: {line.strip()[:120]!r}") from wrong
    if shape is None or not columns.users:
        raise Unreadable(f"{file.name} holds no interactions")
    return _interactions(file.name, columns, shape, keep_all, events_max)


def _interactions(name: str, columns: _Columns, shape: Shape, keep_all: bool, events_max: int | None) -> Interactions:
    ratings, notes = np.array(columns.ratings), list[str]()
    keep = np.ones(len(ratings), np.bool_)
    if shape.rating >= 0 and not keep_all and ratings.max() <= 10:
        least = 4 if ratings.max() <= 5 else 7
        if ratings.min() < least <= ratings.max():
            keep = ratings >= least
            notes.append(f"taken: a rating of at least {least} of {5 if least == 4 else 10} ({keep.mean():.0%} of them)")
    if columns.against:
        notes.append(f"{columns.against} acts against something are left out")
    times = np.array(columns.times)[keep]
    largest = float(np.abs(times).max()) if len(times) else 0.0
    per_ms = 1e3 if columns.dated or largest < 1e11 else 1.0 if largest < 1e14 else 1e-3  # seconds, milliseconds, microseconds
    users, items = np.array(columns.users)[keep], np.array(columns.items)[keep]
    found = in_order(name, users, items, (times * per_ms).astype(np.int64), shape.tempo, notes, events_max)
    if events_max is not None and int(keep.sum()) > events_max:
        notes.append(f"the first {events_max} of {int(keep.sum())} events")
    return found
