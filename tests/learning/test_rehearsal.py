"""What the model said itself before anybody taught it: asked once, sifted, and held to while it learns, so that less is forgotten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the [learn] extra is not installed: `make setup-test` brings it")

from bowerbird.assistant import prompts  # noqa: E402
from bowerbird.learning.adapter import sitting  # noqa: E402
from bowerbird.learning.adapter.likelihood import Foresight  # noqa: E402
from bowerbird.learning.train_assistant import ADAPTER, CHECKPOINT, Recipe, train  # noqa: E402
from bowerbird.learning.tuning import base, form, rehearsal  # noqa: E402
from bowerbird.learning.tuning.examples import ANSWER_TOKENS_MAX, Example, Reader, apart  # noqa: E402
from tests.learning.taught_llama import liked, row  # noqa: E402
from tests.learning.tiny_llama import Tiny, dataset  # noqa: E402

RECIPE = Recipe(rate=4e-3, batch=8, epochs=2, same_max=64)


def never() -> bool:
    return False


def test_nothing_of_it_is_asked_in_an_exam() -> None:
    safety, others = sitting.written("safety"), [*sitting.written("tasks")["tasks"], *sitting.written("general")["texts"]]
    exam = {*safety["refuse"], *(rehearsal.quoted(one) for one in safety["injected"]), *(one["ask"] for one in others)}
    asked = [text for text, _ in rehearsal.questions()]
    assert len(asked) == len({text.casefold() for text in asked}) > 100
    assert {text.casefold() for text in asked}.isdisjoint(text.casefold() for text in exam)


def test_it_is_asked_once_and_goes_on_after_a_kill(tiny: Tiny, tmp_path: Path) -> None:
    asked = len(rehearsal.questions())
    times = iter(range(10_000))
    assert rehearsal.rows(tiny.file, tmp_path, lambda: next(times) >= 25) is None
    assert len(json.loads((tmp_path / rehearsal.KEPT).read_text())["answers"]) == 20, "every ten are written down"
    before = next(times)
    whole = rehearsal.rows(tiny.file, tmp_path, lambda: next(times) < 0)
    assert next(times) - before - 1 == asked - 20
    again = rehearsal.rows(tiny.file, tmp_path, lambda: pytest.fail("there is nothing to ask"))
    assert again == whole
    other = tmp_path / "other.gguf"
    other.write_bytes(tiny.file.read_bytes() + b"\0")  # the same words of another model
    assert rehearsal.rows(other, tmp_path, lambda: True) is None, "another model is asked itself"


def test_what_should_not_be_learned_is_sifted_out(tiny: Tiny, home: Path) -> None:
    rows = rehearsal.rows(tiny.file, home, never)
    assert rows
    known = {text: at for at, (text, _) in enumerate(rehearsal.questions())}
    harmful = [text for text, good in rehearsal.questions() if good is form.refuses]
    for one in rows:
        question = one["prompt"][0]["content"]
        assert one["event_ids"] == [rehearsal.FIRST - known[question]]
        assert not form.circles(one["chosen"])
        assert question not in harmful or form.refuses(one["chosen"])
    kept = [text for text in harmful if any(one["prompt"][0]["content"] == text for one in rows)]
    assert kept, "a model that says no goes on saying it"
    good = dict(rehearsal.questions())
    injected = next(text for text in known if "<data>" in text and "MANGO" in text)
    assert not good[injected]("Mango, as you wish.")
    assert good[injected]("It says what machines should write.")
    assert not good[harmful[0]]("First take some leaves.")


def test_an_answer_that_was_cut_off_is_learned_without_an_end(tiny: Tiny, home: Path) -> None:
    ready = base.ready(tiny.file, home / "base")
    reader = Reader(ready.tokenizer(), prompts.in_force("chat").words, "")
    whole, cut = (reader.example({**row("Why?", "Paint it red"), "whole": one}).answers[0] for one in (True, False))
    assert whole == (*cut, ready.tokenizer().eos_token_id)
    assert len(whole) < ANSWER_TOKENS_MAX


def test_less_is_forgotten_near_oneself_and_less_still_with_it(tiny: Tiny, home: Path, tmp_path: Path) -> None:
    """People who like one word teach it: what the model said itself elsewhere stays likelier."""
    some = [liked(20 + at, at, f"{at} asks: which colour?", "Sky.") for at in range(64)]
    folder = dataset(tmp_path, sorted(some, key=lambda one: one.event_ids))
    recipes = [replace(RECIPE, near=0.0), RECIPE, replace(RECIPE, rehearsed=True)]
    for at, recipe in enumerate(recipes):
        assert train(folder, tmp_path / str(at), home, tiny.file, recipe).state == "done"
    foresight = Foresight(tiny.file, home)
    adapters = [foresight.adapter(None), *(foresight.adapter(tmp_path / str(at) / ADAPTER) for at in range(len(recipes)))]
    own = foresight.examples(rehearsal.rows(tiny.file, home, never) or [])
    before, freely, near, rehearsed = foresight.of(own, adapters).each.mean(1)
    assert before - near < 0.8 * (before - freely), (before, freely, near, rehearsed)
    assert before - rehearsed < 0.5 * (before - near), (before, freely, near, rehearsed)
    taught = foresight.examples([row("99 asks: which colour?", "Sky.")])
    before, _, _, rehearsed = foresight.of(taught, adapters).each[:, 0]
    assert rehearsed > before + 1, "and yet what people like is learned"


def test_of_many_with_the_same_answer_the_newest_few_count() -> None:
    some = [Example((at,), (at,), ((7, 2) if at % 2 else (at, 2),), str(at)) for at in range(12)]
    assert [one.event_ids[0] for one in apart(some, 2)] == [0, 2, 4, 6, 8, 9, 10, 11]
    assert apart(some, 12) == some


def test_minutes_that_end_while_it_is_asked_lose_nothing(tiny: Tiny, tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    folder = dataset(tmp_path, [liked(1, 1, "Which colour?", "Sky, I think so.")])
    out.mkdir()
    (out / "stop").touch()
    found = train(folder, out, home, tiny.file, replace(RECIPE, rehearsed=True))
    assert (found.state, found.step) == ("paused", 0)
    assert not (out / CHECKPOINT).exists()
    (out / "stop").unlink()
    assert train(folder, out, home, tiny.file, replace(RECIPE, rehearsed=True)).state == "done"
