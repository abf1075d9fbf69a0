"""The nightly model on planted tastes, by hand where that is possible, and out of a house's log."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bowerbird.core.database import Pool
from bowerbird.core.ids import new_id
from bowerbird.events import kinds, log
from bowerbird.learning.ranker import calibration, files, night, slates, vectors
from bowerbird.learning.ranker import house as houses
from bowerbird.learning.ranker import projection as projecting
from bowerbird.learning.ranker.exam import Exam, ease_score, popular_score
from bowerbird.learning.ranker.night import EFFORTS
from bowerbird.learning.ranker.taken import Rows, Taken, from_file
from tests.conftest import House, Member
from tests.contract.test_studio import shown

New = Callable[..., Member]
GROUPS, PEOPLE, POSTS = 8, 400, 240


def planted(seed: int = 5) -> Taken:
    """People of eight tastes who mostly take what is of theirs; some posts are known to all."""
    dice = np.random.default_rng(seed)
    people, posts = list[int](), list[int]()
    for person in range(PEOPLE):
        for _ in range(12):
            kind = person % GROUPS if dice.random() < 0.85 else int(dice.integers(GROUPS))
            posts.append(1000 + kind + GROUPS * min(int(dice.exponential(10)), POSTS // GROUPS - 1))
            people.append(person + 1)
    return Taken.of(people, posts, [1.0] * len(people), list(range(len(people))))


def test_rows_are_sorted_and_each_pair_is_there_once() -> None:
    rows = Rows.of(np.array([2, 0, 2, 2]), np.array([3, 1, 0, 3]), np.array([1, 2, 3, 5], np.float32), 4, 5)
    assert rows.starts.tolist() == [0, 1, 1, 3, 3]
    assert rows.columns.tolist() == [1, 0, 3]
    assert rows.values.tolist() == [2, 3, 5]
    with pytest.raises(ValueError, match="beyond 4 rows and 3 columns"):
        Rows.of(np.array([0]), np.array([3]), None, 4, 3)


def test_ease_is_the_closed_form() -> None:
    """Against Steck's formula on a dense matrix; what somebody took never scores itself."""
    dice = np.random.default_rng(1)
    x = (dice.random((30, 7)) < 0.4).astype(float)
    users, items = np.nonzero(x)
    inverse = np.linalg.inv(x.T @ x + 3.0 * np.eye(7))
    wanted = -inverse / np.diag(inverse)
    np.fill_diagonal(wanted, 0)
    assert vectors.ease(users, items, 30, 7, 3.0) == pytest.approx(wanted, abs=1e-6)
    with pytest.raises(ValueError, match="at most"):
        vectors.ease(users, items, 30, vectors.EASE_POSTS_MAX + 1, 3.0)


def test_ease_hears_doubtful_accounts_less() -> None:
    users, items = np.repeat(np.arange(40), 2), np.tile([0, 1], 40)
    loud = vectors.ease(users, items, 40, 2, 10.0)
    soft = vectors.ease(users, items, 40, 2, 10.0, np.full(80, 0.125, np.float32))
    assert soft[0, 1] < loud[0, 1] < 1


def test_ials_solves_its_normal_equations_exactly() -> None:
    dice = np.random.default_rng(2)
    x = dice.random((23, 9)) < 0.3
    x[5] = False  # somebody who took nothing stands at zero
    users, items = np.nonzero(x)
    weights = dice.uniform(0.5, 2, len(users)).astype(np.float32)
    v = dice.standard_normal((9, 4)).astype(np.float32)
    out = np.ones((23, 4), np.float32)
    vectors.solved(Rows.of(users, items, weights, 23, 9), v, out, l2=0.1, alpha=0.2, power=0.5)
    counts = np.zeros((23, 9))
    counts[users, items] = weights
    for person in range(23):
        many = int(x[person].sum())
        left = (v.T * counts[person]) @ v + 0.2 * v.T @ v + 0.1 * (many + 0.2 * 9) ** 0.5 * np.eye(4)
        assert out[person] == pytest.approx(np.linalg.solve(left, v.T @ counts[person]), abs=1e-4)


def test_ials_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = planted()
    rows = Rows.of(taken.users, taken.items, taken.weights, PEOPLE, len(taken.posts))
    v = np.random.default_rng(0).standard_normal((len(taken.posts), 8)).astype(np.float32)
    at_once, by_few = np.zeros((PEOPLE, 8), np.float32), np.zeros((PEOPLE, 8), np.float32)
    vectors.solved(rows, v, at_once, 0.01, 0.1)
    monkeypatch.setattr(vectors, "BATCH_CELLS", 60)
    vectors.solved(rows, v, by_few, 0.01, 0.1)
    assert by_few == pytest.approx(at_once, abs=1e-5)
    assert vectors.folded(rows.row(3), v, l2=0.01, alpha=0.1) == pytest.approx(at_once[3], abs=1e-5)


def test_planted_tastes_are_found_and_beat_popularity() -> None:
    taken = planted()
    exam = Exam.of(taken)
    popular = exam.marked(popular_score(exam.before))
    shape = len(taken.people), len(taken.posts)
    weights = vectors.ease(exam.before.users, exam.before.items, *shape, 50.0)
    u, v = vectors.ials(exam.before.users, exam.before.items, None, *shape)
    assert exam.marked(ease_score(exam.before, weights))["ndcg@20"] > 1.5 * popular["ndcg@20"]
    assert exam.marked(lambda who: u[who] @ v.T)["ndcg@20"] > 1.5 * popular["ndcg@20"]
    kind = taken.posts % GROUPS
    unit = v / np.maximum(1e-9, np.linalg.norm(v, axis=1, keepdims=True))
    likeness = unit @ unit.T
    same = kind[:, None] == kind[None, :]
    often = np.bincount(taken.items) >= 10
    same, likeness = same[often][:, often], likeness[often][:, often]
    np.fill_diagonal(likeness, -2)
    assert same[np.arange(len(same)), likeness.argmax(axis=1)].mean() > 0.95


def test_the_same_seed_gives_the_same_bits_whatever_the_order() -> None:
    taken = planted()
    shuffled = np.random.default_rng(3).permutation(len(taken.users))
    one = vectors.ials(taken.users, taken.items, taken.weights, PEOPLE, len(taken.posts), epochs=3, seed=4)
    same = vectors.ials(
        taken.users[shuffled], taken.items[shuffled], taken.weights[shuffled], PEOPLE, len(taken.posts), epochs=3, seed=4
    )
    other = vectors.ials(taken.users, taken.items, taken.weights, PEOPLE, len(taken.posts), epochs=3, seed=5)
    assert [each.tobytes() for each in one] == [each.tobytes() for each in same]
    assert one[1].tobytes() != other[1].tobytes()


def test_an_exam_holds_back_the_newest_and_praises_no_silence() -> None:
    taken = Taken.of([1, 1, 1, 2, 2], [10, 11, 12, 10, 11], [1.0] * 5, [3, 1, 2, 1, 2])
    exam = Exam.of(taken)
    assert exam.people.tolist() == [0]
    assert exam.answers.tolist() == [0]  # post 10, taken last, though it has the smallest number
    assert len(exam.before.users) == 4
    many = Taken.of([0] * 3 + list(range(1, 61)), [0, 1, 2, *range(60)], [1.0] * 63, list(range(63)))
    assert Exam.of(many).marked(lambda who: np.zeros((len(who), 60)))["hr@20"] == 0


def test_projection_keeps_what_there_is_with_fixed_signs() -> None:
    dice = np.random.default_rng(6)
    hidden = dice.standard_normal((500, 20)) @ dice.standard_normal((20, 384))
    vectors = (hidden / np.linalg.norm(hidden, axis=1, keepdims=True)).astype(np.float32)
    found = projecting.projection(vectors)
    assert found.shape == (384, 64)
    assert found.T @ found == pytest.approx(np.eye(64), abs=1e-4)
    assert projecting.kept(vectors, found) == pytest.approx(1, abs=1e-4)
    assert (found[np.abs(found).argmax(axis=0), np.arange(64)] > 0).all()
    assert projecting.projection(vectors).tobytes() == found.tobytes()
    assert projecting.projection(vectors[:3]).shape == (384, 64)


def test_chances_are_calibrated() -> None:
    dice = np.random.default_rng(7)
    scores = dice.normal(2, 3, 40_000)
    labels = (dice.random(40_000) < 1 / (1 + np.exp(-(0.7 * scores - 2.5)))).astype(float)
    slope, shift = calibration.platt(scores, labels)
    assert (slope, shift) == pytest.approx((0.7, -2.5), abs=0.08)
    found = calibration.buckets(1 / (1 + np.exp(-(slope * scores + shift))), labels)
    assert len(found) == 10
    assert sum(one.count for one in found) == 40_000
    assert calibration.off(found) < 0.01
    assert calibration.off(calibration.buckets(np.interp(scores, *calibration.isotonic(scores, labels)), labels)) < 0.01
    assert calibration.off(calibration.buckets(np.full(40_000, 0.9), labels)) > 0.3


def test_platt_stays_finite_where_scores_part_perfectly() -> None:
    slope, shift = calibration.platt(np.array([0.0, 1.0, 2.0, 3.0]), np.array([0, 0, 1, 1]))
    assert np.isfinite([slope, shift]).all()
    assert slope > 0


def test_isotonic_by_hand() -> None:
    x, y = calibration.isotonic(np.array([1, 2, 3, 4, 4]), np.array([0.0, 1.0, 0.0, 1.0, 0.0]))
    assert np.interp([1, 2, 3, 4], x, y).tolist() == [0.0, 0.5, 0.5, 0.5]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 1)), min_size=1, max_size=60))
@settings(deadline=None, max_examples=60)
def test_isotonic_rises_and_keeps_the_mean(pairs: list[tuple[int, int]]) -> None:
    scores, labels = (np.array(column, float) for column in zip(*pairs, strict=True))
    x, y = calibration.isotonic(scores, labels)
    assert (np.diff(x) > 0).all()
    assert (np.diff(y) >= -1e-12).all()
    assert np.interp(scores, x, y).mean() == pytest.approx(labels.mean())


def test_neighbours_are_the_greatest_first() -> None:
    which, how = vectors.neighbours(np.array([[0, 0.2, 0.5], [0.1, 0, -1], [0, 0, 0]], np.float32), 2)
    assert which.tolist() == [[2, 1], [0, -1], [-1, -1]]
    assert how == pytest.approx(np.array([[0.5, 0.2], [0.1, 0], [0, 0]]))


def test_a_night_from_a_file_is_written_whole(tmp_path: Path) -> None:
    taken, file, out = planted(), tmp_path / "taken.csv", tmp_path / "feed"
    rows = zip(taken.people[taken.users], taken.posts[taken.items], taken.times_ms, strict=True)
    file.write_text("user,item,time\n" + "".join(f"{user},{item},{at}\n" for user, item, at in rows))
    words = ["-m", "bowerbird.learning.train_ranker", "--interactions", str(file), "--out", str(out), "--effort", "quick"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    kept = json.loads((out / files.RANKER).read_text())
    assert kept["sha256"] == said["sha256"]
    assert kept["figures"]["ease"]["ndcg@20"] > kept["figures"]["popular"]["ndcg@20"]
    assert sorted(path.name for path in out.iterdir()) == sorted([files.RANKER, *kept["files"].values()])
    vectors = np.load(out / kept["files"]["vectors"])
    assert vectors.shape == (len(taken.posts), 64)
    model = night.learned(from_file(file), EFFORTS["quick"], say=lambda _: None)
    assert model.vectors.tobytes() == vectors.tobytes()
    other = night.learned(planted(6), EFFORTS["quick"], say=lambda _: None)
    assert files.write(other, out) != said["sha256"]
    assert len(list(out.iterdir())) == 5
    files.write(model, out)
    assert len(list(out.iterdir())) == 5  # what is named no more is gone


def test_what_cannot_be_learned_from_is_said(tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("user,item,time\n1,2,3\n1,x,3\n")
    with pytest.raises(ValueError, match="line 3"):
        from_file(tmp_path / "bad.csv")
    with pytest.raises(ValueError, match="too few"):
        night.learned(Taken.of([1], [2], [1.0], [3]), EFFORTS["quick"])


def test_too_many_posts_for_ease_have_neighbours_by_likeness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night, "EASE_POSTS_MAX", 100)
    taken = planted()
    model = night.learned(taken, EFFORTS["quick"], say=lambda _: None)
    assert "ease" not in model.figures
    own = np.arange(len(taken.posts))[:, None]
    assert not (model.neighbour_rows == own).any()
    first = model.neighbour_rows[:, 0]
    assert (taken.posts[first] % GROUPS == taken.posts % GROUPS).mean() > 0.8


@pytest.mark.parametrize("words", [("ranker", "--effort", "quick"), ("challenger", "trees.npz")])
def test_a_house_learns_or_says_that_there_is_too_little(house: House, tmp_path: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "bowerbird.cli", "learn", *words, "--json"]
    done = subprocess.run(command, env=house.env, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:  # how much there is depends on what other tests did in this house
        assert "too few" in done.stderr or "Too little" in done.stderr
        assert "Traceback" not in done.stderr
        assert not list(tmp_path.iterdir())
    else:
        said = json.loads(done.stdout.splitlines()[-1])
        assert (
            {"dataset", "items", "people", "state"} <= set(said)
            if words[0] == "ranker"
            else Path(tmp_path / said["file"]).is_file()
        )


async def test_only_what_people_agreed_to_teach_is_read(newcomer: New, pool: Pool) -> None:
    """A like with consent of what was shown enters; taken back, withdrawn, unasked, unshown or by an AI account it does not."""
    author, willing, unasked, wavering, leaving, machine = people = [newcomer() for _ in range(6)]
    first, second, unshown = (
        int(author.post(text)["id"]) for text in ("moss on a stone", "rain on a pond", "a lamp in a window")
    )
    picture, shown_with = shown(author)
    for one in (willing, wavering, leaving, machine):
        assert one.client.put("/api/bower/v1/consents", json={"personalise": True}).status_code == 200
    assert machine.client.patch("/api/v1/accounts/update_credentials", json={"bot": True}).status_code == 200
    async with pool.transaction() as db:
        for one in people:
            posts = [first, second, int(shown_with)]
            slate = kinds.SlateServed(
                actor_id=int(one.id), item_id=new_id(), posts=posts, propensities=[1.0] * 3, release="heads-test"
            )
            await log.record(db, slate)
    for one in (willing, unasked, wavering, leaving, machine):
        assert one.client.post(f"/api/v1/statuses/{first}/favourite").status_code == 200
    assert willing.client.post(f"/api/v1/statuses/{second}/reblog").status_code == 200
    assert willing.client.post(f"/api/v1/statuses/{unshown}/favourite").status_code == 200
    shown(willing, "at night", source_picture_id=picture)
    assert wavering.client.post(f"/api/v1/statuses/{first}/unfavourite").status_code == 200
    assert leaving.client.put("/api/bower/v1/consents", json={"personalise": False}).status_code == 200
    ours = {int(one.id) for one in people}

    async def pairs() -> set[tuple[int, int]]:
        async with pool.reading() as db:
            taken = await houses.from_house(db)
        assert ((taken.weights > 0) & (taken.weights < 1)).any()  # they only just came
        found = zip(taken.people[taken.users].tolist(), taken.posts[taken.items].tolist(), strict=True)
        return {pair for pair in found if pair[0] in ours}

    me = int(willing.id)
    assert await pairs() == {(me, first), (me, second), (me, int(shown_with))}
    assert author.client.delete(f"/api/v1/statuses/{first}").status_code == 200
    assert await pairs() == {(me, second), (me, int(shown_with))}
    assert leaving.client.put("/api/bower/v1/consents", json={"personalise": True}).status_code == 200
    assert leaving.client.post(f"/api/v1/statuses/{second}/favourite").status_code == 200  # for `pairs` to have somebody
    assert willing.client.put("/api/bower/v1/consents", json={"personalise": None}).status_code == 200
    assert await pairs() == {(int(leaving.id), second)}
    async with pool.reading() as db:
        lesson = await slates.gathered(db)
    assert len(lesson.x) == len(lesson.happened) == len(lesson.told) == len(lesson.weights)
