"""The bench of rankings: metrics by hand, every format as a tiny file, baselines on planted streams, and nothing from the future."""

from __future__ import annotations

import gzip
import json
import math
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.ranking import __main__ as bench
from bench.ranking import baselines, live, loaders, metrics, replay, synthetic
from bench.ranking.baselines import ItemKnn, Nightly, NightlyWithToday, Popular, Scored, SessionKnn, Settings
from bench.ranking.loaders import Interactions, Unreadable, in_order, load

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
BEGIN_MS = 1_700_000_000_000


def made(events: Sequence[tuple[int, int, int]], tempo: str = "slow") -> Interactions:
    users, items, times = (np.array(column, np.int64) for column in zip(*events, strict=True))
    return in_order("made", users, items, BEGIN_MS + times, tempo)


# metrics


def test_places_by_hand() -> None:
    assert metrics.place([7, 8, 9], 9) == 3
    assert metrics.place([7, 8, 9], 1) == 0
    assert [metrics.hit(p, 2) for p in (0, 1, 2, 3)] == [0, 1, 1, 0]
    assert [metrics.reciprocal(p, 4) for p in (0, 1, 4, 5)] == [0, 1, 0.25, 0]
    assert metrics.gain(1, 10) == 1
    assert metrics.gain(3, 10) == pytest.approx(0.5)
    assert metrics.gain(0, 10) == metrics.gain(11, 10) == 0


def test_several_wanted_by_hand() -> None:
    ranked, wanted = [5, 1, 9, 2], {1, 2, 3}
    assert metrics.recall(ranked, wanted, 4) == pytest.approx(2 / 3)
    assert metrics.recall(ranked, wanted, 2) == pytest.approx(1 / 2)  # no more than two could be found
    ideal = 1 + 1 / math.log2(3) + 0.5
    assert metrics.ndcg(ranked, wanted, 4) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert metrics.ndcg([1, 2, 3], wanted, 3) == pytest.approx(1)
    assert metrics.recall([], set(), 3) == metrics.ndcg([], set(), 3) == 0


def test_intervals_are_over_people_not_events() -> None:
    values = np.repeat([0.0, 1.0], 500)
    as_one_each = metrics.mean(values, np.arange(1000))
    as_two = metrics.mean(values, np.repeat([0, 1], 500))
    assert as_one_each.mean == as_two.mean == 0.5
    assert 0.46 < as_one_each.low < as_one_each.high < 0.54
    assert (as_two.low, as_two.high) == (0, 1)
    assert metrics.mean(values, np.arange(1000)) == as_one_each
    assert math.isnan(metrics.mean(np.zeros(0), np.zeros(0, np.int64)).mean)


def test_a_ratio_is_drawn_together() -> None:
    theirs = np.random.default_rng(0).random(400)
    found = metrics.ratio(1.1 * theirs, theirs, np.arange(400))
    assert (found.mean, found.low, found.high) == pytest.approx((1.1, 1.1, 1.1))
    assert math.isinf(metrics.ratio(np.ones(3), np.zeros(3), np.arange(3)).mean)


# loaders

RATED = [(1, 10, 5.0, 300), (1, 11, 3.0, 100), (2, 10, 4.0, 200), (2, 12, 1.0, 400)]


def lines(form: str, header: str = "") -> str:
    return header + "".join(form.format(u=u, i=i, r=r, t=t) + "\n" for u, i, r, t in RATED)


FORMATS = {
    "u.data": lines("{u}\t{i}\t{r:.0f}\t{t}"),
    "ratings.dat": lines("{u}::{i}::{r:.0f}::{t}"),
    "ratings.csv": lines("{u},{i},{r},{t}", "userId,movieId,rating,timestamp\n"),
    "some.inter": lines("{u}\t{i}\t{r}\t{t}", "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"),
    "some.csv": lines('"{t}";"{u}";"{r}";"{i}"', '"time";"user";"rating";"item"\n'),
    "bare.csv": lines("{u},{i},{r},{t}"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_ratings_in_every_format(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    file.write_text(FORMATS[name])
    found = load(file)
    assert found.times_ms.tolist() == [200_000, 300_000]  # only what was rated four or five, in the order of time
    assert found.users.tolist() == [0, 1]
    assert found.items.tolist() == [0, 0]
    assert "at least 4 of 5" in found.notes[0]
    everything = load(file, keep_all=True)
    assert everything.times_ms.tolist() == [100_000, 200_000, 300_000, 400_000]
    assert everything.users.tolist() == [0, 1, 0, 1]
    assert everything.items.tolist() == [0, 1, 1, 2]
    assert load(file, keep_all=True, events_max=3).times_ms.tolist() == [100_000, 200_000, 300_000]


def test_gzip_and_zip(tmp_path: Path) -> None:
    packed, archive = tmp_path / "ratings.dat.gz", tmp_path / "ml-1m.zip"
    packed.write_bytes(gzip.compress(FORMATS["ratings.dat"].encode()))
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("ml-1m/README", "a long text " * 500)
        out.writestr("ml-1m/ratings.dat", FORMATS["ratings.dat"])
    assert len(load(packed)) == len(load(archive)) == 2


def test_movietweetings_have_ten_stars(tmp_path: Path) -> None:
    file = tmp_path / "ratings.dat"
    file.write_text("1::0111161::7::1365029107\n1::0068646::6::1365029108\n2::0111161::10::1365029109\n")
    found = load(file, "movietweetings")
    assert found.times_ms.tolist() == [1_365_029_107_000, 1_365_029_109_000]
    assert "at least 7 of 10" in found.notes[0]


def test_gowalla_check_ins(tmp_path: Path) -> None:
    file = tmp_path / "loc-gowalla_totalCheckins.txt"
    file.write_text(
        "0\t2010-10-19T23:55:27Z\t30.2359091167\t-97.7951395833\t22847\n0\t2010-10-18T22:17:43Z\t30.2691029532\t-97.7493953705\t420315\n"
    )
    for found in (load(file), load(file, "gowalla")):
        assert found.times_ms.tolist() == [1_287_440_263_000, 1_287_532_527_000]
        assert found.n_items == 2
        assert found.tempo == "slow"


def test_clicks_with_kinds_and_milliseconds(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    rows = [f"{1_433_221_332_117 + 60_000 * n},{n // 10},{'hide' if n == 3 else 'view'},{n % 7}," for n in range(40)]
    file.write_text("timestamp,visitorid,event,itemid,transactionid\n" + "\n".join(rows) + "\n\n")
    found = load(file)
    assert len(found) == 39
    assert found.times_ms[0] == 1_433_221_332_117
    assert found.tempo == "clicks"
    assert found.notes == ["1 acts against something are left out"]
    assert 0 < found.repeats < 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("user,item,time\n1,2,3\n1,2\n", "line 3"),
        ("user,item,time\n1,2,3\n1,2,yesterday\n", "line 3"),
        ("user,item,time\n1,2,nan\n", "line 2"),
        ("user,item,time\n,2,4\n", "line 2"),
        ("name,colour\nbower,blue\n", "line 1"),
        ("1,2,3,4,5,6\n", "6 columns"),
        ("user,item,time\n", "no interactions"),
        ("", "no interactions"),
        ("1\t2\t3\t4\n1\t2\t" + "3" * 30_000 + "\t4\n", "line 2"),
    ],
)
def test_what_makes_no_sense_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(Unreadable, match=said):
        load(tmp_path / "bad.csv")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="not there"):
        load(tmp_path / "none.csv")
    with pytest.raises(SystemExit, match="not there"):
        bench.main([str(tmp_path / "none.csv")])


# baselines


def test_popularity_halves_as_often_as_it_says() -> None:
    ranker = Popular(3, 24)
    for item, at in ((0, 0), (0, 0), (0, 0), (1, 2 * DAY_MS)):
        ranker.observe(0, item, BEGIN_MS + at, 1.0)
    scores = ranker.scores(1, BEGIN_MS + 2 * DAY_MS)
    assert scores[1] / scores[0] == pytest.approx(4 / 3)
    assert ranker.rank(1, BEGIN_MS + 2 * DAY_MS, 5, False) == [1, 0]
    ranker.observe(0, 2, BEGIN_MS + 5_000 * DAY_MS, 1.0)  # years later, all sums written anew
    assert ranker.rank(1, BEGIN_MS + 5_000 * DAY_MS, 5, False)[0] == 2
    assert np.isfinite(ranker.scores(1, 0)).all()


def test_the_half_life_is_found_where_fashion_changes_daily() -> None:
    dice = np.random.default_rng(0)
    events = [(n, int(t // 24) * 3 + int(dice.integers(3)), int(t * HOUR_MS)) for n, t in enumerate(np.linspace(0, 960, 4000))]
    assert baselines.tuned_popular(made(events), 4000) <= 168


def test_sessions_foretell_what_comes_next() -> None:
    popular = Popular(60, 24)
    knn = SessionKnn(60, popular)
    for session in range(30):  # those who take 0 take 1 and 2; those who take 10 take 11 and 12
        for step in range(3):
            event = session, 10 * (session % 2) + step, BEGIN_MS + session * DAY_MS + step * 60_000, 1.0
            popular.observe(*event)
            knn.observe(*event)
    now = BEGIN_MS + 40 * DAY_MS
    popular.observe(99, 10, now, 1.0)
    knn.observe(99, 10, now, 1.0)
    assert set(knn.rank(99, now + 60_000, 2, False)) == {11, 12}
    assert knn.scores(99, now + HOUR_MS).sum() == 0  # another session
    assert len(knn.rank(99, now + HOUR_MS, 5, False)) == 5  # filled with what is popular
    assert knn.order(99, now + 60_000, [0, 11, 1]) == [11, 1, 0]  # 1 is the more popular by a minute


def planted_stream(events: int = 1_500) -> Interactions:
    """Three tastes; each person takes what is of theirs, each thing once."""
    dice = np.random.default_rng(4)
    found = [(int(dice.integers(90)), n) for n in range(events)]
    rows = [(user, user % 3 + 3 * int(dice.integers(25)), n * HOUR_MS) for user, n in found]
    seen: set[tuple[int, int]] = set()
    return made([row for row in rows if not (row[:2] in seen or seen.add(row[:2]))])


def all_baselines(n_items: int, every_days: int = 5) -> list[Scored]:
    popular = Popular(n_items, 720)
    ease, ials = (Nightly(kind, n_items, popular, Settings(720, ease_l2=20), every_days) for kind in ("EASE", "iALS"))
    others = [SessionKnn(n_items, popular, 20), ItemKnn(n_items, popular)]
    return [popular, *others, ease, NightlyWithToday(ease), ials, NightlyWithToday(ials)]


def test_every_baseline_beats_popularity_on_planted_tastes() -> None:
    data = planted_stream()
    result = replay.stream(data, all_baselines(data.n_items), warm_up=len(data) // 2, most=300)
    rates = {one.name: one.array("HR@20").mean() for one in result.outcomes}
    popular = rates.pop("recent popularity")
    assert len(rates) == 6
    assert all(rate > 1.3 * popular for rate in rates.values()), (popular, rates)


def test_a_night_holds_nothing_of_the_day_after() -> None:
    night = Nightly("EASE", 5, Popular(5, 24), Settings(24))
    midnight = (BEGIN_MS // DAY_MS + 1) * DAY_MS
    for user in range(6):
        night.observe(user, 0, midnight - 2 * HOUR_MS, 1.0)
        night.observe(user, 1, midnight - HOUR_MS, 1.0)
    night.observe(9, 0, midnight + HOUR_MS, 1.0)
    assert night.before.starts[-1] == 12  # twelve takings before midnight
    assert not night.scores(9, midnight + 2 * HOUR_MS).any()  # who came after it is a stranger to it
    assert night.trainings == 2


# protocols


class Peeking(Scored):
    """Knows the whole stream beforehand: what the replay must refuse."""

    def __init__(self, data: Interactions) -> None:
        super().__init__("peeking", data.n_items)
        self.data = data

    def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:
        pass

    def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:
        return np.unique(self.data.items[self.data.times_ms > at_ms])[::-1][:limit].tolist()


def test_nothing_comes_from_the_future() -> None:
    """What is foretold up to a moment is the same whatever comes after it, for every ranker and the live feed."""
    data, cut = planted_stream(260), 200
    later = np.random.default_rng(9).permutation(np.arange(cut, len(data)))
    order = np.concatenate([np.arange(cut), later])
    changed = Interactions("changed", data.users[order], data.items[order], data.times_ms, data.strengths, data.tempo)

    def answers(of: Interactions) -> list[list[float]]:
        feed = live.Live(teach_every=5)
        rankers = [*all_baselines(data.n_items), feed, live.ByValue(feed), *live.lagging(feed)]
        return [one.values["MRR@20"] for one in replay.stream(of, rankers, warm_up=140, most=10**9).outcomes]

    until = answers(made_prefix(data, cut))
    questions = len(until[0])
    assert questions > 30
    assert any(any(each) for each in until)
    assert until == [each[:questions] for each in answers(changed)]


def made_prefix(data: Interactions, cut: int) -> Interactions:
    return Interactions("prefix", data.users[:cut], data.items[:cut], data.times_ms[:cut], data.strengths[:cut], data.tempo)


def test_a_ranker_that_knows_the_future_is_refused() -> None:
    data = made([(n % 5, n, n * HOUR_MS) for n in range(50)] + [(7, 3, 51 * HOUR_MS), (8, 50, 52 * HOUR_MS)])
    with pytest.raises(replay.FromTheFuture, match="peeking"):
        replay.stream(data, [Peeking(data)], warm_up=10, most=100)


def test_events_are_asked_before_they_are_told() -> None:
    told: list[tuple[str, int, int]] = []

    class Witness(Scored):
        def learn(self, user: int, item: int, at_ms: int, strength: float) -> None:
            told.append(("told", user, item))

        def rank(self, user: int, at_ms: int, limit: int, seen: bool) -> list[int]:
            told.append(("asked", user, -1))
            return [0]

    data = made([(0, 0, 0), (1, 0, 1), (1, 0, 2), (2, 1, 3), (2, 0, 4)])
    result = replay.stream(data, [Witness("witness", 2)], warm_up=1, most=100)
    assert told == [
        ("told", 0, 0),
        ("asked", 1, -1),
        ("told", 1, 0),
        ("told", 1, 0),
        ("told", 2, 1),
        ("asked", 2, -1),
        ("told", 2, 0),
    ]
    assert result.outcomes[0].values["HR@20"] == [1, 1]
    assert "1 about items nobody had taken before, 1 about what the person had taken before" in result.notes[0]
    again = replay.stream(data, [Witness("witness", 2)], warm_up=1, most=100, seen=True)
    assert len(again.users) == 3


def test_questions_are_drawn_the_same_every_time() -> None:
    data = planted_stream()
    first = replay.drawn(data, 100, 50, 1)
    assert first.tolist() == replay.drawn(data, 100, 50, 1).tolist()
    assert (len(first), bool((first >= 100).all()), bool((np.diff(first) > 0).all())) == (50, True, True)


SPLIT = [(0, 0, 0), (1, 1, 1), (0, 1, 2), (1, 0, 3), (0, 2, 4), (1, 2, 5), (2, 0, 6), (0, 3, 7), (1, 1, 8), (2, 1, 9)]


def test_splits_by_hand() -> None:
    data = made(SPLIT)
    by_time = replay.by_time(data)  # learned: the first eight; what is left: (1, 1), taken before, and (2, 1)
    assert by_time.learned.tolist() == [True] * 8 + [False] * 2
    assert by_time.wanted == {2: [1]}
    last = replay.last_of_each(data)  # person 2 did too little; 3 is known to nobody else; 1 took 1 before
    assert np.flatnonzero(~last.learned).tolist() == [7, 8]
    assert last.wanted == {}
    fifth = replay.by_person(made([(0, n, n) for n in range(10)] + [(1, n, 20 + n) for n in range(10)]))
    assert np.flatnonzero(~fifth.learned).tolist() == [8, 9, 18, 19]
    assert fifth.wanted == {}  # nobody had taken them in what was learned


def test_leaving_one_out_among_all_and_among_drawn_ones() -> None:
    data = planted_stream()
    split = replay.last_of_each(data)
    among_all = replay.static(data, [Popular(data.n_items, 720)], split, k=10)
    drawn = replay.static(data, [Popular(data.n_items, 720)], split, k=10, negatives=20)
    assert among_all.metrics == ("HR@10", "NDCG@10")
    assert drawn.outcomes[0].array("HR@10").mean() > among_all.outcomes[0].array("HR@10").mean() > 0
    full = replay.static(data, all_baselines(data.n_items), replay.by_time(data), k=20)
    assert full.metrics == ("Recall@20", "NDCG@20")
    assert full.of("EASE nightly").array("Recall@20").mean() > full.of("recent popularity").array("Recall@20").mean()  # type: ignore[union-attr]


# streams that are made up, and all of it together


@pytest.mark.parametrize("name", synthetic.STREAMS)
def test_made_up_streams_are_the_same_every_time(name: str) -> None:
    stream = synthetic.STREAMS[name]
    one, two = stream(1_500), stream(1_500)
    assert one.items.tobytes() == two.items.tobytes()
    assert one.times_ms.tobytes() == two.times_ms.tobytes()
    assert one.items.tobytes() != stream(1_500, seed=1).items.tobytes()
    assert (np.diff(one.times_ms) >= 0).all()
    assert name == f"synthetic:{one.tempo}"
    assert loaders.tempo_of(one.users, one.times_ms) == one.tempo


def test_one_command_from_a_file_to_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = planted_stream(600)
    file = tmp_path / "taken.csv"
    rows = zip(data.users.tolist(), data.items.tolist(), data.times_ms.tolist(), strict=True)
    file.write_text("user,item,time\n" + "".join(f"{user},{item},{at}\n" for user, item, at in rows))
    bench.main([str(file), "--protocol", "all", "--questions", "40", "--effort", "quick", "--nights", "3", "--json"])
    out = capsys.readouterr().out
    told = json.loads(out.splitlines()[-1])
    assert [one["protocol"] for one in told["results"]] == ["stream", "full", "loo"]
    stream = told["results"][0]
    assert {"live", "live, model 1 h old", "live, own history 1 day old", "recent popularity", "session kNN", "item kNN"} < set(
        stream["rankers"]
    )
    assert {"EASE nightly", "iALS nightly, history live"} < set(stream["rankers"])
    assert len(stream["bars"]) == 4
    assert all(
        0 <= one["HR@20"]["low"] <= one["HR@20"]["mean"] <= one["HR@20"]["high"] <= 1 for one in stream["rankers"].values()
    )
    assert "### Bars: taken.csv" in out
    assert "HR@10" in out
    assert "Recall@20" in out
    for_the_page = bench.tables([str(file), "--questions", "5", "--effort", "quick", "--nights", "2", "--no-live"])
    assert [one.title for one in for_the_page] == ["Rankers: taken.csv, stream", "Bars: taken.csv"]
