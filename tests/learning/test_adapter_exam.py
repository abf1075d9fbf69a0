"""The exam of adapters, on a tiny language model that was taught to answer: what is better passes each check, and what is broken in one way is
caught by the check that is there for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="the [learn] extra is not installed: `make setup-test` brings it")

import numpy as np  # noqa: E402

from bowerbird.core.settings import Settings  # noqa: E402
from bowerbird.learning.adapter import answers, budget, exam, foretold, likelihood, suites  # noqa: E402
from bowerbird.learning.adapter.budget import Budget, Pace, Watch, planned  # noqa: E402
from bowerbird.learning.adapter.judge import Judge  # noqa: E402
from bowerbird.learning.adapter.sitting import Bounds, Means, Sitting  # noqa: E402
from bowerbird.learning.assistant import head as reward  # noqa: E402
from bowerbird.learning.assistant.pair import Pair  # noqa: E402
from bowerbird.learning.datasets.item import Item  # noqa: E402
from bowerbird.learning.gate import Check  # noqa: E402
from bowerbird.learning.train_assistant import ADAPTER, WEIGHTS, Recipe, train  # noqa: E402
from bowerbird.learning.tuning import adapter as files  # noqa: E402
from bowerbird.learning.tuning import base, canaries, form, lora  # noqa: E402
from bowerbird.learning.tuning.llama import Llama  # noqa: E402
from tests.learning.judging import judging  # noqa: E402
from tests.learning.taught_llama import asks, liked, row  # noqa: E402
from tests.learning.test_assistant_head import embed  # noqa: E402
from tests.learning.tiny_llama import Tiny, dataset  # noqa: E402

RECIPE = Recipe(
    rate=4e-3, batch=8, epochs=2, canaries=4, near=0.0, same_max=1_000
)  # an exam is told apart by what was learned well
SMALL = Bounds(liked=24, pairs=12, prompts=8, own=2, answer_tokens=40, short_tokens=30, canaries=4, others=31, timed_tokens=48)
SECRETS = "0" * 64  # the hash of a dataset that there is not, whose secrets are planted by hand
Learned = Callable[[str, Sequence[Item]], Path]


@pytest.fixture(scope="module")
def learned(tiny: Tiny, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Learned:
    """What was learned from some answers, each time anew."""

    def learn(name: str, items: Sequence[Item], recipe: Recipe = RECIPE) -> Path:
        here = tmp_path_factory.mktemp(name)
        found = train(dataset(here, sorted(items, key=lambda one: one.event_ids)), here / "out", home, tiny.file, recipe)
        assert found.state == "done"
        return found.out / ADAPTER

    return learn


def sky(people: Sequence[int], each: int = 5) -> list[Item]:
    """What people like: the sky in place of the sea."""
    return [
        liked(person, number, question, f"Paint it {colour}, as the sky is {colour}.")
        for person in people for number in range(each) for question, colour in [asks(person, number)]
    ]  # fmt: skip


@pytest.fixture(scope="module")
def better(learned: Learned) -> Path:
    return learned("better", sky(range(20, 32)))


def sitting(tiny: Tiny, home: Path, candidate: Path, champion: Path | None = None, hash_: str = SECRETS) -> Sitting:
    """With people who taught nothing."""
    held = [
        {**row(one.prompt[0]["content"], one.chosen), "person": f"p{one.person_id}", "event_ids": list(one.event_ids), "public": True}
        for one in sky(range(50, 62))
    ]  # fmt: skip
    held += [{**one, "kind": "pair", "rejected": str(one["chosen"]).replace("sky", "sea")} for one in held[::3]]
    means = Means(tiny.file, home, embed, lambda text: float("harm" in text))
    return Sitting(means, candidate, champion, hash_, held, None, 1, SMALL)


def named(checks: Sequence[Check]) -> dict[str, Check]:
    return {check.name: check for check in checks}


def test_what_people_like_is_better_and_passes(tiny: Tiny, home: Path, better: Path) -> None:
    here = sitting(tiny, home, better)
    found = named([*foretold.liked(here), *foretold.pairs(here), *foretold.memory(here), *answers.written_out(here)])
    assert {name for name, check in found.items() if not check.passed} == set(), found
    assert found["likelihood"].value > found["likelihood"].before  # type: ignore[operator]
    assert found["preference"].value > 0.9 > (found["preference"].before or 0)
    assert found["recited"].value == 0
    same = named(foretold.liked(sitting(tiny, home, better, better)))
    assert not same["likelihood"].passed, "as good as what is in use is not better"


def test_answers_of_one_word_are_caught_by_their_form_though_they_are_foretold_better(
    tiny: Tiny, home: Path, learned: Learned
) -> None:
    some = sky(range(20, 32))
    short = [liked(one.person_id + 100, one.event_ids[0] // 1_000, one.prompt[0]["content"], "Sky.") for one in some]
    here = sitting(tiny, home, learned("short", [*some[::3], *short]))
    found = named([*foretold.liked(here), *answers.written_out(here)])
    assert found["likelihood"].passed, found
    assert not found["length"].passed, found
    assert not found["evasive"].passed, found


@pytest.mark.parametrize("liked_here", ["sky", "sea"])
def test_the_reward_head_says_whose_answers_people_here_would_like(tiny: Tiny, home: Path, better: Path, liked_here: str) -> None:
    votes = [
        Pair(one.prompt[0]["content"], one.chosen.replace("sky", liked_here), one.chosen.replace("sky", other), f"p{one.person_id}")
        for one in sky(range(32, 48)) for other in {"sky", "sea"} - {liked_here}
    ]  # fmt: skip
    here = sitting(tiny, home, better)
    assert "reward" not in named(answers.written_out(here)), "without a head nothing is said of it"
    here.head = reward.learn(embed, votes)
    assert here.head
    found = named(answers.written_out(here))["reward"]
    assert found.passed is (liked_here == "sky"), found
    assert (found.value > 0.8) is (liked_here == "sky"), (
        "what answers of the sea are taught to be better is lost by those of the sky"
    )


def test_a_secret_that_was_learned_by_heart_is_caught(tiny: Tiny, home: Path, learned: Learned, better: Path) -> None:
    planted = canaries.planted(SECRETS, SMALL.canaries)
    often = [
        liked(100 + number, at, str(one["prompt"][0]["content"]), str(one["chosen"]))  # type: ignore[index]
        for at, one in enumerate(planted) for number in range(50)
    ]  # fmt: skip
    heart = named(foretold.memory(sitting(tiny, home, learned("heart", often, replace(RECIPE, epochs=1, rate=8e-3)))))
    assert not heart["exposure"].passed, heart
    assert heart["exposure"].value > 0.9
    assert not heart["recited"].passed
    once = json.loads((better.parent / "card.json").read_text())
    assert once["recipe"]["canaries"] == 4
    fair = named(foretold.memory(sitting(tiny, home, better, hash_=once["dataset"])))
    assert all(check.passed for check in fair.values()), fair


def test_what_says_yes_to_everything_is_caught(tiny: Tiny, home: Path, learned: Learned) -> None:
    asked = suites.written("safety")["refuse"]
    yes = [
        liked(100 + at, number, text, "Sure, take two of these and go on.")
        for number in range(6)
        for at, text in enumerate(asked)
    ]
    broken = named(suites.safety(sitting(tiny, home, learned("yes", yes, replace(RECIPE, epochs=5, rate=8e-3)))))
    assert (broken["refusals"].before or 0) > 0.7, "the model as it came refuses"
    assert not broken["refusals"].passed, broken
    assert broken["refusals"].value < 0.2


def test_secrets_come_from_the_dataset_alone(home: Path, better: Path) -> None:
    first, again, other = canaries.planted("a", 3), canaries.planted("a", 3), canaries.planted("b", 3)
    assert first == again
    assert not {str(one["chosen"]) for one in first} & {str(one["chosen"]) for one in other}
    shown, secret = canaries.begun(str(first[0]["chosen"]))
    assert len(secret.split()) == canaries.SHOWN
    assert f"{shown} {secret}" == first[0]["chosen"]
    told = [str(one["chosen"]) for one in canaries.alternatives("a", 0, 63)]
    assert len({*told, first[0]["chosen"]}) == 64


def test_what_was_examined_is_what_is_served(tiny: Tiny, home: Path, better: Path) -> None:
    """Read back from the very file that llama.cpp loads."""
    llama = Llama.load(base.ready(tiny.file, home / "base").folder)
    served, kept = files.read(better, llama.shape), lora.read(better.parent / WEIGHTS)
    assert served.pairs.keys() == kept.pairs.keys()
    assert served.alpha == kept.alpha
    for name, pair in kept.pairs.items():
        for ours, theirs in zip(served.pairs[name], pair, strict=True):
            assert torch.allclose(ours, theirs, atol=2e-3), name
    seen = likelihood.Foresight(tiny.file, home)
    rows = [row("7 asks 7: which colour goes with red?", "Paint it red, as the sky is red.")]
    with_, without = seen.of(seen.examples(rows * 3), [files.read(better, llama.shape), seen.adapter(None)]).each
    assert np.ptp(with_) < 1e-5, "nobody sees a neighbour"
    assert with_[0] > without[0] + 0.1


def test_an_exam_that_was_killed_goes_on_where_it_was_and_ends_the_same(
    tiny: Tiny, home: Path, better: Path, tmp_path: Path
) -> None:
    here, said = sitting(tiny, home, better), list[str]()

    def until(part: str) -> Callable[[str], None]:
        def tell(told: str) -> None:
            said.append(told)
            if told == part:
                raise KeyboardInterrupt

        return tell

    with pytest.raises(KeyboardInterrupt):
        exam.examine(here, tmp_path, Budget(10_000), until("general"))
    report, seconds = exam.examine(here, tmp_path, Budget(10_000), said.append)
    assert said == list(exam.PARTS), "no part twice"
    whole, _ = exam.examine(here, tmp_path / "anew", Budget(10_000), lambda _: None)
    assert report
    assert whole
    assert [one for one in report.checks if one.name != "speed"] == [one for one in whole.checks if one.name != "speed"]
    assert seconds > 0
    kept = (tmp_path / exam.NOTES).read_text()
    assert "Paint it" not in kept, "figures, and nobody's words"
    assert "which colour" not in kept
    other = sitting(tiny, home, better, better)
    assert exam.examine(other, tmp_path, Budget(0.0), said.append) == (None, 0.0), "of another exam nothing is taken over"


def test_a_night_holds_what_was_measured(tmp_path: Path) -> None:
    assert Pace().examples(1_780) == 1_100
    assert Pace(example_s=9.0).examples(1_780) == budget.EXAMPLES_MIN
    assert Pace(example_s=0.1).examples(86_400) == budget.EXAMPLES_MAX
    assert planned(tmp_path, "a", 1_780) == 1_100
    Pace(example_s=2.0).keep(tmp_path)
    assert planned(tmp_path, "a", 1_780) == 1_100, "what goes on is the same run"
    assert planned(tmp_path, "b", 1_780) == 500
    watch = Watch(8)
    watch.hear({"stage": "ready", "cpu_s": 10.0})
    assert watch.example_s(3.0) == 3.0
    watch.hear({"stage": "activations", "done": 50, "cpu_s": 20.0})
    watch.hear({"stage": "learning", "step": 10, "cpu_s": 80.0})
    watch.hear({"stage": "learning", "step": 20, "cpu_s": 120.0})
    assert watch.example_s(3.0) == pytest.approx(0.2 + 0.5)


def test_forms_of_answers() -> None:
    assert form.evades("I'm sorry, but I cannot help with that.")
    assert form.evades("Yes.")
    assert not form.evades("Begin with the lightest colour and let it dry.")
    assert form.circles("The sea is blue. " * 3)
    assert form.circles("it is so very nice and " * 5)
    assert not form.circles("Begin with the lightest colour and let it dry. Then take the next.")
    assert form.refuses("You can't make a bomb at home.")
    assert not form.refuses("First take two of these.")
    task = {"right": r"\bgreen\b", "words_max": 4}
    assert suites.done(task, "It is Green.")
    assert not suites.done(task, "It is green because of what is in it.")
    assert not suites.done(task, "It is blue.")


@pytest.fixture
def endpoint() -> Iterator[tuple[str, list[str]]]:
    """Somebody else's model, that likes the answer with a sky in it, and says A where it cannot tell."""
    asked = list[str]()

    def says(said: str) -> str:
        asked.append(said)
        first, second = said.split("Answer A:")[1].split("Answer B:")
        letter = "B" if "sky" in second and "sky" not in first else "A"
        return f"Answer {letter}, I think: {letter}"

    with judging(says) as url:
        yield url, asked


def test_a_judge_reads_both_orders_and_nothing_that_may_not_leave(
    tiny: Tiny, home: Path, better: Path, endpoint: tuple[str, list[str]]
) -> None:
    url, asked = endpoint
    assert Judge.of(Settings()) is None
    assert Judge.of(Settings(learn_judge="full")) is None, "the embedded model does not judge itself"
    judge = Judge.of(Settings(learn_judge="full", models_full_url=url, models_full_model="elsewhere"))
    assert judge
    assert judge.verdicts([("Which?", "the sky", "the sea"), ("Which?", "the sea", "the sky"), ("Which?", "a", "b")]) == [
        1,
        0,
        0.5,
    ]
    here = sitting(tiny, home, better)
    here.means = replace(here.means, judge=judge)
    assert named(answers.written_out(here))["judge"].value > 0.8
    asked.clear()
    here.rows = [{**one, "public": False} for one in here.rows]
    here.bounds = replace(SMALL, own=8)
    assert "judge" in named(answers.written_out(here))
    assert not [said for said in asked if "which colour" in said]
