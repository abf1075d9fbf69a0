"""Votes from files as others write them: JSON lines, JSON or Parquet, with `chosen` and `rejected` in any of the usual forms."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from bowerbird.learning.assistant.pair import Pair
from bowerbird.learning.datasets.item import same

ROWS_MAX, TEXT_LENGTH_MAX = 200_000, 20_000
PROMPTS = ("prompt", "question", "instruction", "query", "history", "input")
PEOPLE = ("person", "person_id", "user_id", "user", "annotator", "annotator_id", "worker", "worker_id", "rater_id")
BETTER = (("chosen", "rejected"), ("preferred", "dispreferred"), ("winner", "loser"), ("response_chosen", "response_rejected"))
TWO = (
    ("response_a", "response_b"), ("human_ref_A", "human_ref_B"), ("output1", "output2"), ("response1", "response2"), ("answer_0", "answer_1"),
)  # fmt: skip
LABELS = ("labels", "label", "preference", "better", "choice", "winner")
LAST_TURN = "\n\nAssistant:"


def read(file: Path) -> list[Pair]:
    """Every vote in a file that can be read as one. Raises ValueError where there is none, and FileNotFoundError."""
    pairs: list[Pair] = []
    seen = 0
    for row in _rows(file):
        seen += 1
        if pair := of_row(row):
            pairs.append(pair)
        if seen >= ROWS_MAX:
            break
    if not pairs:
        raise ValueError(
            f"{file.name}: none of {seen} rows is a vote: each needs `chosen` and `rejected`, or two answers and a label."
        )
    return pairs


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    if file.suffix == ".parquet":
        yield from pq.read_table(file).to_pylist()
        return
    with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
        first = lines.read(1)
        while first.isspace():
            first = lines.read(1)
        if first == "[":
            whole = json.loads(first + lines.read())
            yield from (row for row in whole if isinstance(row, dict))
            return
        for number, line in enumerate(lines, 1):
            text = first + line if number == 1 else line
            if text.strip():
                try:
                    row = json.loads(text)
                except json.JSONDecodeError as wrong:
                    raise ValueError(f"{file.name}, line {number}: {wrong}") from wrong
                if isinstance(row, dict):
                    yield row


def of_row(row: Mapping[str, Any]) -> Pair | None:
    """One row as a vote; None where it is none, or a draw."""
    answers = next(((row[a], row[b]) for a, b in BETTER if a in row and b in row), None)
    if answers is None:
        two = next(((row[a], row[b]) for a, b in TWO if a in row and b in row), None)
        first = _first_is_better(row) if two else None
        if two is None or first is None:
            return None
        answers = two if first else (two[1], two[0])
    question = next((text for name in PROMPTS if (text := _text(row.get(name)))), "")
    if question and row.get("input") and "instruction" in row:
        question = f"{question}\n{row['input']}"
    (told, chosen), (_, rejected) = _answer(answers[0]), _answer(answers[1])
    question = (question or told).strip()[-TEXT_LENGTH_MAX:]
    if not chosen.strip() or not rejected.strip() or chosen == rejected:
        return None
    person = next((str(row[name]) for name in PEOPLE if row.get(name) not in (None, "")), "")
    return Pair(
        question, chosen.strip()[:TEXT_LENGTH_MAX], rejected.strip()[:TEXT_LENGTH_MAX], person or same(question) or same(chosen)
    )


def _first_is_better(row: Mapping[str, Any]) -> bool | None:
    label = next((row[name] for name in LABELS if name in row), None)
    if "human_ref_A" in row:  # there 1 means that A is better
        return {1: True, 0: False}.get(label) if isinstance(label, int) else None
    if isinstance(label, str):
        return {"a": True, "b": False, "1": True, "2": False, "model_a": True, "model_b": False}.get(label.strip().lower())
    return {1: True, 2: False}.get(label) if isinstance(label, int) else None


def _text(value: Any) -> str:
    """What was asked last, of a text or of messages."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        said = [
            str(turn.get("content", ""))
            for turn in value
            if isinstance(turn, dict) and turn.get("role", turn.get("from")) in ("user", "human")
        ]
        return said[-1] if said else ""
    return ""


def _answer(value: Any) -> tuple[str, str]:
    """(what was asked, what was answered) of an answer that may hold the whole talk."""
    if isinstance(value, list):
        said = [str(turn.get("content", turn.get("value", ""))) for turn in value if isinstance(turn, dict)]
        return _text(value), said[-1] if said else ""
    if isinstance(value, dict):
        return "", str(value.get("content", value.get("text", "")))
    text = str(value)
    if LAST_TURN in text:
        before, _, answer = text.rpartition(LAST_TURN)
        return before.rpartition("\n\nHuman:")[2], answer
    return "", text
