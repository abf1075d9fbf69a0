"""Where the dataset of each model comes from, and what of it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.learning.datasets import acts, assistant, pictures, sieve
from bowerbird.learning.datasets.item import Item, Left
from bowerbird.learning.datasets.ledger import Model
from bowerbird.learning.datasets.sieve import Kept

Gather = Callable[[Database], Awaitable[tuple[list[Item], list[Left]]]]
Sift = Callable[[Sequence[Item], Callable[[int], str]], tuple[list[Kept], list[Left]]]


@dataclass(frozen=True, slots=True)
class Source:
    """`gather` reads the log through the gate, `sift` says what of it is kept, within `limits`."""

    gather: Gather
    sift: Sift
    limits: Mapping[str, float]


SOURCES: dict[Model, Source] = {
    "assistant": Source(assistant.gather, sieve.sift, sieve.LIMITS),
    "pictures": Source(pictures.gather, sieve.sift, sieve.LIMITS),
    "ranker": Source(acts.gather, acts.sift, acts.LIMITS),
}
