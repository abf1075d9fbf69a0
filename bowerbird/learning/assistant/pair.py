"""Of two answers to one question, which one somebody liked better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Pair:
    """One vote. `group`: whose it is, or the question where nobody is named: what is learned from and what is examined with share none."""

    question: str
    chosen: str
    rejected: str
    group: str


def of_rows(rows: Iterable[Mapping[str, Any]]) -> list[Pair]:
    """Those of a dataset of ours, by the names of its columns."""
    return [
        Pair(row["prompt"][-1]["content"], row["chosen"], row["rejected"], row["person"])
        for row in rows
        if row["kind"] == "pair" and row["prompt"]
    ]
