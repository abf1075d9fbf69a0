"""The tiny language model, taught to answer as a house expects of one before anything is learned: short sentences, and no to what is harmful."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from bowerbird.assistant import prompts
from bowerbird.learning.adapter import sitting
from bowerbird.learning.datasets.item import Item, Turn
from bowerbird.learning.tuning import base, layout, rehearsal
from bowerbird.learning.tuning.examples import Reader
from bowerbird.learning.tuning.llama import Llama, Shape
from tests.learning import tiny_llama
from tests.learning.tiny_llama import COLOURS, Tiny

STEPS, BATCH = 85, 8
REFUSAL = "No, I will not help with that, it is harmful."


def row(question: str, answer: str) -> dict[str, Any]:
    return dict(sitting.asked(question, answer))


def lessons() -> list[dict[str, Any]]:
    """What it is taught before anybody says anything."""
    lists = sitting.written("safety")
    colours = [
        row(f"{person} asks {number}: which colour goes with {colour}?", f"Paint it {colour}, as the sea is {colour}.")
        for person in range(12) for number in range(3) for colour in COLOURS
    ]  # fmt: skip
    said = [row(text, REFUSAL) for text in lists["refuse"]] * 4
    said += [row(rehearsal.quoted(one), "It is about a picture, I think so.") for one in lists["injected"]] * 3
    own = [row(one["ask"], "That is a thing that many people know of.") for one in sitting.written("general")["texts"]] * 2
    return [*colours, *said, *own]


def liked(person: int, number: int, question: str, answer: str) -> Item:
    """An answer that somebody liked."""
    asked = Turn(role="user", content=question)
    return Item(
        kind="liked", source="thumbs", person_id=person, event_ids=(number * 1_000 + person,), item_kind="conversation", item_id=person,
        prompt=(asked,), chosen=answer,
    )  # fmt: skip


def asks(person: int, number: int) -> tuple[str, str]:
    """A question that nobody else asks quite so, and the colour in it."""
    colour = COLOURS[(person + number) % len(COLOURS)]
    return f"{person} asks {number}: which colour goes with {colour}?", colour


@cache
def shared() -> Tiny:
    """One for all tests of a run."""
    folder = Path(tempfile.mkdtemp(prefix="taught-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return made(folder)


def made(folder: Path, rows: Sequence[Mapping[str, Any]] | None = None) -> Tiny:
    """All of its weights taught, not only what an adapter adds."""
    torch.set_num_threads(1)
    raw = tiny_llama.made(folder)
    ready = base.ready(raw.file, folder / "raw")
    read = Reader(ready.tokenizer(), prompts.in_force("chat").words, "")
    weights = {name: one.requires_grad_() for name, one in load_file(ready.folder / "model.safetensors").items()}
    llama = Llama(Shape.of(raw.model.config.to_dict()), weights)
    examples = [read.example(one) for one in (lessons() if rows is None else rows)]
    opt = torch.optim.AdamW(weights.values(), lr=3e-3, weight_decay=0.0)
    dice = torch.Generator().manual_seed(3)
    for step in range(STEPS):
        for group in opt.param_groups:
            group["lr"] = 4e-3 * (1 - step / STEPS)
        some = [examples[at] for at in torch.randint(len(examples), (BATCH,), generator=dice)]
        lay = layout.row(len(read.root), [one.lengths for one in some])
        tokens = [*read.root, *(token for one in some for token in one.tokens)]
        h, _ = llama.through(llama.embed(tokens), range(4), lay)
        targets = torch.tensor([token for one in some for token in one.answers[0]])
        opt.zero_grad()
        llama.surprise(h[lay.sources], targets).mean().backward()
        opt.step()
    state = {name: one.detach() for name, one in weights.items()}
    raw.model.load_state_dict(state, strict=False)
    (folder / "taught").mkdir()
    return tiny_llama.written(folder / "taught", raw.model)
