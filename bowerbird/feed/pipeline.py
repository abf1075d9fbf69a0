"""A feed as small stages in one list: sources name posts, filters take some away and say why, scorers give each its value, a selector lays out the
page. A stage that fails or keeps taking too long is left out, and the page goes on without it. Nothing here knows what any of them does."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from bowerbird.feed.catalogue import Rows

Ask = TypeVar("Ask")
AskIn = TypeVar("AskIn", contravariant=True)
SLOW_MS = 200.0
SLOW_TIMES_MAX, LEFT_OUT_S = 3, 30.0
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Batch:
    """Posts on their way to a page: rows, the source that named each first, its value so far and the terms that make it up."""

    rows: Rows
    sources: NDArray[np.int16]  # place of the source in the pipeline
    values: NDArray[np.float64]
    terms: dict[str, NDArray[np.float64]] = field(default_factory=dict[str, NDArray[np.float64]])
    rival: NDArray[np.float64] | None = None  # what a challenger would give each in place of the term "worth"
    stopped: dict[str, Rows] = field(default_factory=dict[str, Rows])  # by filter: what it took

    def keep(self, kept: NDArray[np.bool_]) -> None:
        """Go on with some."""
        self.rows, self.sources, self.values = self.rows[kept], self.sources[kept], self.values[kept]
        self.terms = {name: term[kept] for name, term in self.terms.items()}
        self.rival = self.rival[kept] if self.rival is not None else None

    def add(self, name: str, term: NDArray[np.float64]) -> None:
        """A term of every post's value."""
        self.terms[name] = self.terms.get(name, 0.0) + term
        self.values = self.values + term


@dataclass(frozen=True, slots=True)
class Placed:
    """A post at its place."""

    row: int
    source: str
    value: float
    terms: dict[str, float]
    propensity: float = 1.0
    team: str = ""


class Source(Protocol[AskIn]):
    """Names posts that might be shown."""

    @property
    def name(self) -> str:
        """What it is called where its work is told of."""
        ...

    def rows(self, ask: AskIn) -> Rows:
        """The rows of posts, in the order in which they matter to it."""
        ...


class Filter(Protocol[AskIn]):
    """Says which posts may not be shown: True for those that go."""

    @property
    def name(self) -> str:
        """What it is called where its work is told of."""
        ...

    def stops(self, ask: AskIn, rows: Rows) -> NDArray[np.bool_]:
        """[rows]: True for what goes."""
        ...


class Scorer(Protocol[AskIn]):
    """Adds terms to the value of every post."""

    @property
    def name(self) -> str:
        """What it is called where its work is told of."""
        ...

    def score(self, ask: AskIn, batch: Batch) -> None:
        """Add to the batch."""
        ...


class Selector(Protocol[AskIn]):
    """Lays out the page."""

    @property
    def name(self) -> str:
        """What it is called where its work is told of."""
        ...

    def select(self, ask: AskIn, batch: Batch, sources: Sequence[str]) -> list[Placed]:
        """The page in order."""
        ...


@dataclass(slots=True)
class Pipeline(Generic[Ask]):
    """All stages of a feed."""

    sources: Sequence[Source[Ask]]
    filters: Sequence[Filter[Ask]]
    scorers: Sequence[Scorer[Ask]]
    selector: Selector[Ask]
    spent_ms: dict[str, float] = field(default_factory=dict[str, float])  # of the last run
    _slow: dict[str, int] = field(default_factory=dict[str, int])
    _left_out: dict[str, float] = field(default_factory=dict[str, float])

    def run(self, ask: Ask) -> tuple[list[Placed], Batch]:
        """The page, and everything that was looked at for it."""
        batch = self._gather(ask)
        for (
            filter_
        ) in self.filters:  # a filter that fails stops everything it might have stopped: visibility is never a matter of luck
            began = time.perf_counter()
            stops = filter_.stops(ask, batch.rows)
            if stops.any():
                batch.stopped[filter_.name] = batch.rows[stops]
                batch.keep(~stops)
            self._clock(filter_.name, began)
        for scorer in self.scorers:
            if not self._is_left_out(scorer.name):
                began = time.perf_counter()
                try:
                    scorer.score(ask, batch)
                except Exception:
                    log.exception("the scorer %s failed; the page is ranked without it", scorer.name)
                self._clock(scorer.name, began)
        began = time.perf_counter()
        placed = self.selector.select(ask, batch, [source.name for source in self.sources])
        self._clock(self.selector.name, began)
        return placed, batch

    def _gather(self, ask: Ask) -> Batch:
        found: list[Rows] = []
        sources: list[NDArray[np.int16]] = []
        for number, source in enumerate(self.sources):
            if self._is_left_out(source.name):
                continue
            began = time.perf_counter()
            try:
                rows = source.rows(ask)
            except Exception:
                log.exception("the source %s failed; the page is made without it", source.name)
                continue
            self._clock(source.name, began)
            found.append(rows.astype(np.int32))
            sources.append(np.full(len(rows), number, np.int16))
        rows = np.concatenate(found) if found else np.zeros(0, np.int32)
        named = np.concatenate(sources) if sources else np.zeros(0, np.int16)
        _, first = np.unique(rows, return_index=True)
        first.sort()
        return Batch(rows[first], named[first], np.zeros(len(first)))

    def _clock(self, name: str, began: float) -> None:
        spent = self.spent_ms[name] = (time.perf_counter() - began) * 1000
        self._slow[name] = self._slow.get(name, 0) + 1 if spent > SLOW_MS else 0
        if self._slow[name] >= SLOW_TIMES_MAX:
            self._left_out[name], self._slow[name] = time.monotonic() + LEFT_OUT_S, 0
            log.warning("%s takes longer than %s ms; left out for %s s", name, SLOW_MS, LEFT_OUT_S)

    def _is_left_out(self, name: str) -> bool:
        return self._left_out.get(name, 0.0) > time.monotonic()
