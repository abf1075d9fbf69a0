"""What may leave the house of a dataset, in the forms that trainers elsewhere read: JSON lines for SFT, DPO and KTO."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bowerbird.learning.datasets import files

Row = Mapping[str, Any]


def _answer(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def sft(row: Row) -> dict[str, Any] | None:
    """{messages}: an answer that was liked, or liked better than another, after what was asked."""
    return {"messages": [*row["prompt"], *_answer(row["chosen"])]} if row["kind"] == "liked" else None


def dpo(row: Row) -> dict[str, Any] | None:
    """{prompt, chosen, rejected}, each messages."""
    if row["kind"] != "pair":
        return None
    return {"prompt": row["prompt"], "chosen": _answer(row["chosen"]), "rejected": _answer(row["rejected"])}


def kto(row: Row) -> dict[str, Any] | None:
    """{prompt, completion, label}."""
    if row["kind"] not in ("liked", "disliked"):
        return None
    return {"prompt": row["prompt"], "completion": _answer(row["chosen"]), "label": row["kind"] == "liked"}


FORMS: dict[str, Callable[[Row], dict[str, Any] | None]] = {"sft": sft, "dpo": dpo, "kto": kto}


def write(dataset: Path, folder: Path) -> dict[str, int]:
    """Write each form and split to `folder`; how many lines each has. Only items whose every signal `public_dataset` allows."""
    folder.mkdir(parents=True, exist_ok=True)
    told: dict[str, int] = {}
    for split in files.SPLITS:
        rows = [row for row in files.read(dataset, split) if row["public"]]
        for form, made in FORMS.items():
            lines = _lines(made(row) for row in rows)
            (folder / f"{form}-{split}.jsonl").write_text("".join(lines), "utf-8")
            told[f"{form}-{split}"] = len(lines)
    return told


def _lines(made: Iterable[dict[str, Any] | None]) -> list[str]:
    return [json.dumps(one, ensure_ascii=False) + "\n" for one in made if one is not None]
