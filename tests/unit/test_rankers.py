"""Rankers written down: bounded, hashed by what they do, and read from a file without running it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings
from bowerbird.feed import contenders, definitions, ranker_files, reigns
from bowerbird.feed.acts import HEADS
from bowerbird.feed.definitions import Draft
from bowerbird.feed.features import NAMES
from bowerbird.feed.heads import Heads
from bowerbird.feed.reigns import Reign
from bowerbird.feed.values import values


def test_the_hash_is_of_what_it_does() -> None:
    one = definitions.of(Draft("a", "said so", {"like": 1, "remix": 4.0}))
    assert one.hash == definitions.of(Draft("b", worth={"remix": 4.0})).hash
    assert one.hash != definitions.of(Draft("a", worth={"remix": 4.5})).hash
    assert definitions.of(Draft("a")).hash == definitions.house().hash
    assert definitions.of(Draft("a", limits={"diversity": 0.5})).hash != definitions.house().hash
    assert one.values.worth["remix"] == 4.0
    assert one.values.limits == values().limits


@pytest.mark.parametrize(
    "draft",
    [
        Draft("a", worth={"likes": 1.0}), Draft("a", worth={"like": -1.0}), Draft("a", worth={"report": 1.0}), Draft("a", worth={"like": 51.0}),
        Draft("a", worth={"like": float("nan")}), Draft("a", limits={"exploration_share": 0.0}), Draft("a", limits={"single_act_share": 0.3}),
        Draft("a", limits={"interest_share": 0.9}), Draft("a", limits={"author_again": 1.0}), Draft("a", limits={"diversity": float("inf")}),
        Draft("a", file="../../etc/passwd"), Draft("a", file="A" * 64),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(draft: Draft) -> None:
    with pytest.raises(Invalid):
        definitions.of(draft)


@given(st.integers(1, 2**60), st.lists(st.integers(1, 2**60), min_size=100, max_size=100, unique=True))
@hypothesis.settings(max_examples=30, deadline=None)
def test_the_share_of_people_is_drawn_anew_for_each_comparison_and_grows_without_anyone_leaving(
    comparison: int, people: list[int]
) -> None:
    few, more, all_ = ({one for one in people if contenders.taking_part(comparison, one, share)} for share in (0.2, 0.6, 1.0))
    assert few <= more <= all_ == set(people)
    assert 3 <= len(few) <= 45
    assert few != {one for one in people if contenders.taking_part(comparison + 1, one, 0.2)}


def reign(id_: int, ranker: int, takes_back: int | None = None) -> Reign:
    return Reign(id_, ranker, takes_back, None, None, "")


def test_a_rollback_is_one_step_and_two_are_two() -> None:
    promoted = [reign(1, 11), reign(2, 12), reign(3, 13)]
    back = [*promoted, reign(4, 12, takes_back=3)]
    further = [*back, reign(5, 11, takes_back=2)]
    again = [*further, reign(6, 14)]
    told = [[one.ranker_id for one in reigns.standing(list(reversed(rows)))] for rows in (promoted, back, further, again, [])]
    assert told == [[11, 12, 13], [11, 12], [11], [11, 14], []]


def file(**arrays: Any) -> bytes:
    held = io.BytesIO()
    whole = {"kind": np.array("heads"), "features": np.array(NAMES), "weights": np.zeros((8, len(NAMES))), "biases": np.zeros(8)}
    np.savez(held, **(whole | arrays))
    return held.getvalue()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BOWERBIRD_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()
    ranker_files.read.cache_clear()


def test_a_file_is_taken_in_and_foretells_what_it_was_made_of(home: Path) -> None:
    taught = Heads(values().prior())
    x = np.random.default_rng(1).random((40, len(NAMES))).astype(np.float32)
    for _ in range(20):
        taught.teach(x, np.ones((40, 8)), np.ones((40, 8), np.bool_))
    digest = ranker_files.put(file(weights=taught.weights, biases=taught.biases))
    found = ranker_files.read(digest)
    assert np.array_equal(found.chances(x), taught.chances(x))
    worth = values().vector()
    bases, shares = found.attributed(x, worth)
    assert np.abs(bases + shares.sum(axis=1) - found.chances(x) @ worth).max() < 1e-9
    (home / "rankers" / f"{digest}.npz").write_bytes(file())
    ranker_files.read.cache_clear()
    with pytest.raises(Invalid, match="changed"):
        ranker_files.read(digest)
    with pytest.raises(Invalid, match="not on this machine"):
        ranker_files.read("0" * 64)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"PK\x03\x04 nonsense", file(kind=np.array("pickles")), file(features=np.array(NAMES[1:])), file(weights=np.zeros((8, 3))),
        file(weights=np.full((8, len(NAMES)), np.nan)), file(kind=np.array([len], dtype=object)), file(biases=np.zeros(9)),
    ],
)  # fmt: skip
def test_what_is_no_ranker_is_refused(home: Path, data: bytes) -> None:
    with pytest.raises(Invalid):
        ranker_files.put(data)
    assert not (home / "rankers").exists()
    assert len(HEADS) == 8
