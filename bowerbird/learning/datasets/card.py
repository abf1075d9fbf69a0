"""The card of a dataset: made from facts alone, so that it cannot say what is not so."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from bowerbird import __version__
from bowerbird.core import ids
from bowerbird.learning.datasets import sieve
from bowerbird.learning.datasets.item import KINDS, REASONS, Left
from bowerbird.learning.datasets.sieve import Kept

NAMES = {"assistant": "the assistant", "pictures": "the picture models", "ranker": "For You"}


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """Facts. `code`: of the program that chose what is in it; `begins`, `ends`: the first and last signal."""

    model: str
    hash: str
    purposes: list[str]
    kinds: dict[str, int]
    sources: dict[str, int]
    train: int
    held_out: int
    people: int
    people_held_out: int
    most_of_one: int
    begins: datetime | None
    ends: datetime | None
    left_out: dict[str, int]
    limits: dict[str, float]
    code: str


def of(
    model: str,
    hash_: str,
    purposes: Sequence[str],
    kept: Sequence[Kept],
    left: Sequence[Left],
    limits: Mapping[str, float] = sieve.LIMITS,
) -> Card:
    """Count."""
    signals = [id_ for one in kept for id_ in one.item.event_ids]
    by_person = Counter(one.item.person_id for one in kept)
    kinds = Counter(one.item.kind for one in kept)
    apart = [one for one in kept if one.split == "held_out"]
    return Card(
        model=model,
        hash=hash_,
        purposes=list(purposes),
        kinds={kind: kinds[kind] for kind in KINDS if kinds[kind]},
        sources=dict(sorted(Counter(one.item.source for one in kept).items())),
        train=len(kept) - len(apart),
        held_out=len(apart),
        people=len(by_person),
        people_held_out=len({one.item.person_id for one in apart}),
        most_of_one=max(by_person.values(), default=0),
        begins=ids.at(min(signals)) if signals else None,
        ends=ids.at(max(signals)) if signals else None,
        left_out=dict(sorted(Counter(one.reason for one in left).items())),
        limits=dict(limits),
        code=f"bowerbird {__version__}, datasets {code()}",
    )


def code() -> str:
    """Of the files that decide what is in a dataset."""
    told = hashlib.sha256()
    here = Path(__file__).parent
    for file in [*sorted(here.glob("*.py")), here.parent / "ranker" / "house.py"]:
        told.update(file.read_bytes())
    return told.hexdigest()[:12]


def readme(card: Card) -> str:
    """As Hugging Face reads it: what loads which file, then the facts in words."""
    facts = [
        ("Items", f"{card.train + card.held_out} ({', '.join(f'{n} {kind}' for kind, n in card.kinds.items()) or 'none'})"),
        ("People", f"{card.people}; of the most generous, {card.most_of_one} items"),
        ("Kept apart", f"{card.held_out} items of {card.people_held_out} people, whom nothing is trained on: new versions are examined with them"),
        ("Consents", ", ".join(f"`{purpose}`" for purpose in card.purposes) + ", each given when it happened and standing when this was built"),
        ("From, to", f"{card.begins:%Y-%m-%d}, {card.ends:%Y-%m-%d}" if card.begins and card.ends else "nothing"),
        ("How it was said", ", ".join(f"{n} by {source}" for source, n in card.sources.items()) or "nothing"),
        ("SHA-256", f"`{card.hash}`"),
        ("Made by", card.code),
    ]  # fmt: skip
    out = [f"| {REASONS[reason]} | {times} |" for reason, times in card.left_out.items()]
    return "\n".join(
        [
            "---", "configs:", "- config_name: default", "  data_files:", "  - split: train", "    path: data/train-*.parquet",
            "  - split: held_out", "    path: data/held_out-*.parquet", "tags:", "- bowerbird", f"- {card.model}", "---", "",
            f"# What people taught {NAMES[card.model]}", "", "| | |", "|---|---|", *(f"| {name} | {fact} |" for name, fact in facts), "",
            "## What was left out", "", "| why | signals |", "|---|---|", *(out or ["| nothing | 0 |"]), "",
            f"{_limits(card)} People have names here that mean nothing elsewhere.", "",
        ]
    )  # fmt: skip


def _limits(card: Card) -> str:
    bounds = card.limits
    said = [f"Nobody has more than {bounds['items_of_a_person']:.0f} items in it."]
    if "share_of_a_person" in bounds:
        said.append(f"Nobody is more than {bounds['share_of_a_person']:.0%} of it once ten people teach.")
    if "copies_of_a_text" in bounds:
        said.append(f"The very same stands in it {bounds['copies_of_a_text']:.0f} times at most.")
    if "days" in bounds:
        said.append(f"It holds the newest {bounds['items']:,.0f} of the last {bounds['days']:.0f} days.")
    return " ".join(said)
