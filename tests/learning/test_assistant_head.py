"""The assistant's reward head and its gate: what is planted is found, chance is not let through, and whoever withdraws was never there."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bowerbird.inference.runner import embedder
from bowerbird.learning import gate
from bowerbird.learning.assistant import exam, head, loaders
from bowerbird.learning.assistant.head import Head
from bowerbird.learning.assistant.pair import Pair

SUBJECTS = (
    "linocut", "a wash", "gesso", "perspective", "a vanishing point", "golden hour", "a colour wheel", "charcoal", "glazing", "negative space",
    "a horizon line", "hatching", "a palette knife", "a sketchbook", "masking fluid", "a fan brush",
)  # fmt: skip
GOOD = (
    "{} is used in layers; begin with the lightest and let each dry.",
    "With {}, plan the dark places first, then work towards the light.",
)
BAD = (
    "I am sorry, but I cannot help with that at this time.",
    "That is a very interesting question, and there are many views on it!",
)
QUESTIONS = [f"How do I begin with {subject}?" for subject in SUBJECTS]


@cache
def _meaning(text: str) -> NDArray[np.float32]:
    return embedder.shared().embed([text])


def embed(texts: list[str]) -> NDArray[np.float32]:
    """The real model, each text once a run."""
    return np.concatenate([_meaning(text) for text in texts])


def votes(people: int, each: int, seed: int, right: float, names: str = "p") -> list[Pair]:
    """Votes between a good and a bad answer; `right`: how often the good one wins."""
    chance, pairs = random.Random(seed), list[Pair]()
    for person in range(people):
        for _ in range(each):
            at = chance.randrange(len(SUBJECTS))
            good, bad = chance.choice(GOOD).format(SUBJECTS[at]), chance.choice(BAD)
            chosen, rejected = (good, bad) if chance.random() < right else (bad, good)
            pairs.append(Pair(QUESTIONS[at], chosen, rejected, f"{names}{person}"))
    return pairs


def learned(pairs: list[Pair]) -> Head:
    found = head.learn(embed, pairs)
    assert found is not None
    return found


def test_what_people_like_is_found_and_passes() -> None:
    candidate = learned(votes(20, 8, 1, 0.85))
    report = exam.examine(embed, candidate, None, votes(14, 8, 2, 0.85, "held"), 1)
    assert report.passed, report
    told = {check.name: check for check in report.checks}
    assert told["preference"].value > 0.75
    assert told["preference"].low is not None
    assert told["preference"].low > 0.6


def test_votes_that_mean_nothing_are_hardly_ever_let_through() -> None:
    passed = 0
    for seed in range(40):
        candidate = learned(votes(16, 6, 100 + seed, 0.5))
        passed += exam.examine(embed, candidate, None, votes(14, 6, 900 + seed, 0.5, "held"), 1).passed
    assert passed <= 2


def test_the_same_version_again_is_no_better_than_itself() -> None:
    candidate = learned(votes(20, 8, 1, 0.85))
    report = exam.examine(embed, candidate, candidate, votes(14, 8, 2, 0.85, "held"), 1)
    assert not report.passed
    assert {check.name for check in report.checks if not check.passed} == {"preference"}


def test_one_generous_person_cannot_carry_a_version() -> None:
    candidate = learned(votes(20, 8, 1, 0.85))
    one = [Pair(pair.question, pair.chosen, pair.rejected, "one") for pair in votes(14, 8, 2, 0.95)]
    report = exam.examine(embed, candidate, None, one, 1)
    assert not report.passed
    assert report.people == 1


def test_all_rounds_together_spend_no_more_than_the_budget() -> None:
    assert sum(gate.share(round_) for round_ in range(1, 5_000)) <= gate.ERROR
    assert gate.share(1) > gate.share(2) > gate.share(10)


def test_the_same_votes_in_any_order_give_the_same_head_to_the_bit_and_who_withdraws_was_never_there() -> None:
    others, hers = votes(20, 6, 3, 0.8), votes(1, 6, 4, 0.8, "her")
    mixed = [*hers, *others]
    random.Random(5).shuffle(mixed)
    with_her = learned(mixed)
    assert with_her == learned([*others, *hers])
    assert with_her != learned(others)
    assert learned([one for one in mixed if not one.group.startswith("her")]) == learned(others)


def test_too_few_votes_teach_nothing() -> None:
    assert head.learn(embed, votes(5, 5, 1, 1.0)) is None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"prompt": "Why?", "chosen": "So.", "rejected": "No."}, Pair("Why?", "So.", "No.", "why")),
        (
            {"chosen": "\n\nHuman: Why?\n\nAssistant: So.", "rejected": "\n\nHuman: Why?\n\nAssistant: No."},
            Pair("Why?", "So.", "No.", "why"),
        ),
        (
            {
                "prompt": [{"role": "system", "content": "x"}, {"role": "user", "content": "Why?"}],
                "chosen": [{"role": "assistant", "content": "So."}], "rejected": [{"role": "assistant", "content": "No."}], "user_id": 7,
            },
            Pair("Why?", "So.", "No.", "7"),
        ),
        (
            {
                "chosen": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "So."}],
                "rejected": [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "No."}],
            },
            Pair("Why?", "So.", "No.", "why"),
        ),
        ({"history": "Why?", "human_ref_A": "No.", "human_ref_B": "So.", "labels": 0}, Pair("Why?", "So.", "No.", "why")),
        ({"instruction": "Why?", "input": "", "output1": "No.", "output2": "So.", "label": 2}, Pair("Why?", "So.", "No.", "why")),
        ({"instruction": "Why?", "input": "", "output1": "No.", "output2": "So.", "label": 0}, None),
        ({"question": "Why?", "response_a": "So.", "response_b": "No.", "winner": "model_a"}, Pair("Why?", "So.", "No.", "why")),
        ({"prompt": "Why?", "chosen": "So.", "rejected": "So."}, None),
        ({"text": "nothing of the kind"}, None),
    ],
)  # fmt: skip
def test_votes_are_read_in_the_forms_that_others_write(row: dict[str, object], expected: Pair | None) -> None:
    assert loaders.of_row(row) == expected


@pytest.mark.parametrize("form", ["jsonl", "json", "jsonl.gz", "parquet"])
def test_files_of_votes_are_read(tmp_path: Path, form: str) -> None:
    rows = [{"prompt": f"Why {n}?", "chosen": "So.", "rejected": "No."} for n in range(3)]
    file = tmp_path / f"votes.{form}"
    if form == "json":
        file.write_text("  " + json.dumps(rows))
    elif form == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), file)
    else:
        import gzip

        said = "\n".join(json.dumps(row) for row in rows) + "\n"
        file.write_bytes(gzip.compress(said.encode()) if form.endswith("gz") else said.encode())
    assert [one.question for one in loaders.read(file)] == ["Why 0?", "Why 1?", "Why 2?"]


def test_a_file_without_votes_says_so(tmp_path: Path) -> None:
    file = tmp_path / "none.jsonl"
    file.write_text('{"text": "a"}\n')
    with pytest.raises(ValueError, match="none of 1 rows is a vote"):
        loaders.read(file)
    file.write_text('{"chosen": "a"\n')
    with pytest.raises(ValueError, match="line 1"):
        loaders.read(file)
