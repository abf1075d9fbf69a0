"""What may leave the house of a dataset, in the forms that trainers elsewhere read: JSON lines, pictures as files beside them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bowerbird.learning.datasets import files

Row = Mapping[str, Any]
Form = Callable[[Row], dict[str, Any] | None]
PICTURES = "pictures"  # the folder of their files


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


def picks(row: Row) -> dict[str, Any] | None:
    """{chosen, rejected}: the file of the picture that was picked, and those that were not, as far as their files are there."""
    if row["kind"] != "pick" or not _there(row["image"]):
        return None
    rejected = [_place(one) for one in row["others"] if _there(one)]
    return {"chosen": _place(row["image"]), "rejected": rejected} if rejected else None


def captions(row: Row) -> dict[str, Any] | None:
    """{file_name, text}: a picture others liked, and the words it was made from."""
    if row["kind"] != "picture" or not _there(row["image"]):
        return None
    return {"file_name": _place(row["image"]), "text": row["prompt"]}


def _there(picture: Row) -> bool:
    """Whether its file was, when the dataset was built: one that was lost is not named."""
    return picture["bytes"] is not None


def _place(picture: Row) -> str:
    return f"{PICTURES}/{picture['path']}"


FORMS: dict[str, dict[str, Form]] = {
    "assistant": {"sft": sft, "dpo": dpo, "kto": kto}, "pictures": {"picks": picks, "captions": captions},
    "ranker": {},  # what somebody took of what they were shown says something of others as well: nothing of it ever leaves
}  # fmt: skip


def write(model: str, dataset: Path, folder: Path) -> dict[str, int]:
    """Write each form and split to `folder`; how many lines each has. Only items whose every signal `public_dataset` allows."""
    folder.mkdir(parents=True, exist_ok=True)
    told: dict[str, int] = {}
    for split in files.SPLITS:
        with ExitStack() as open_files:
            names = {form: f"{form}-{split}" for form in FORMS[model]}
            told |= dict.fromkeys(names.values(), 0)
            lines = {
                form: open_files.enter_context((folder / f"{name}.jsonl").open("w", encoding="utf-8"))
                for form, name in names.items()
            }
            for rows in files.read_by_parts(dataset, split):
                for row in (row for row in rows if row["public"]):
                    for form, made in FORMS[model].items():
                        if (one := made(row)) is not None:
                            _pictures(row, folder)
                            lines[form].write(json.dumps(one, ensure_ascii=False) + "\n")
                            told[names[form]] += 1
    return told


def _pictures(row: Row, folder: Path) -> None:
    for picture in (row["image"], *row["others"]) if "image" in row else ():
        if _there(picture):
            (folder / PICTURES).mkdir(exist_ok=True)
            (folder / PICTURES / picture["path"]).write_bytes(picture["bytes"])
