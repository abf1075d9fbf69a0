"""The live feed and what it has to beat, on any file of who took what and when:

    python -m bench.ranking ratings.dat
    python -m bench.ranking synthetic:clicks --protocol stream
    python -m bench.ranking.fetch

Everything is tuned on the first part alone, and nothing is ranked with what came later. A replay rewards whatever follows people closely: it
praises showing more of the same, so nothing is ever decided on it alone."""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench.ranking import baselines, live, loaders, metrics, replay, synthetic
from bench.ranking.loaders import Interactions
from bench.ranking.nights import Nights
from bench.ranking.replay import Outcome, Result
from bench.report import Table

WARM_UP = 0.3
NIGHTS_MAX = 60
LIVE, POPULAR, SESSIONS, NIGHTLY, TODAY = "live", "recent popularity", "session kNN", " nightly", "history live"


def rankers(
    data: Interactions, chosen: baselines.Settings, args: argparse.Namespace, warm_up: int, lags: bool
) -> list[baselines.Ranker]:
    """Everything that is compared, the live feed first."""
    n, span_days = data.n_items, (int(data.times_ms[-1]) - int(data.times_ms[0])) / baselines.DAY_MS
    every_days = max(1, math.ceil(span_days * (1 - WARM_UP) / args.nights))
    begin_ms = int(data.times_ms[min(warm_up, len(data) - 1)])

    def popular() -> baselines.Popular:
        return baselines.Popular(n, chosen.half_life_h)

    shared = popular()
    nightly = [baselines.Nightly(kind, n, shared, chosen, every_days, begin_ms) for kind in ("EASE", "iALS")]
    found: list[baselines.Ranker] = []
    if not args.no_live:
        feed = live.Live(LIVE, args.teach, Nights(*nightly))
        found += [feed, live.ByValue(feed), *(live.lagging(feed) if lags else [])]
    found += [shared, baselines.SessionKnn(n, shared, 0 if data.tempo == "clicks" else 20), baselines.ItemKnn(n, shared)]
    for night in nightly:
        found += [night, baselines.NightlyWithToday(night)]
    return found


def table(data: Interactions, result: Result, title: str, teach: int = 0) -> Table:
    """A row a ranker."""
    columns = ["ranker", *(f"{name} [95 %]" for name in result.metrics), "ms to rank", "events learned a second"]
    made = Table(f"{title}: {data.name}, {result.protocol}", columns)
    for one in result.outcomes:
        figures = [str(metrics.mean(one.array(name), result.users)) for name in result.metrics]
        learned = f"{one.observed / one.observe_s:,.0f}" if one.observe_s > one.observed * 1e-6 else ""
        made.add(one.name, *figures, f"{1000 * one.rank_s / max(1, len(result.users)):.1f}", learned)
    heads = (
        [f"the live feed's speed of learning has in it that every {teach}th event lays out a page for the heads"] if teach else []
    )
    made.note = "; ".join([*data.notes, *result.notes, *heads]) + "."
    return made


def bars(data: Interactions, result: Result) -> list[dict[str, Any]]:
    """The issue's three bars: the live feed over what it is held against, by the first metric; `counts` where the bar was set for such a stream."""
    ours = result.of(LIVE)
    nightly = [one for one in result.outcomes if one.name.endswith(NIGHTLY)]
    if ours is None or not nightly:
        return []
    name = result.metrics[0]
    best = max(nightly, key=lambda one: one.array(name).mean() if len(result.users) else 0.0)
    today = max(
        (one for one in result.outcomes if one.name.endswith(TODAY)), key=lambda one: one.array(name).mean(), default=None
    )
    slow = data.tempo == "slow"
    wanted: list[tuple[str, Outcome | None, float, bool]] = [
        (f"≥ 1.05 × own nightly ({best.name})", best, 1.05, True),
        ("≥ 1.05 × the better nightly model when histories are live", today, 1.05, False),
        ("≥ recent popularity + 8 %", result.of(POPULAR), 1.08, slow),
        ("≥ session kNN", result.of(SESSIONS), 1.0, not slow),
    ]
    return [
        {"bar": words, "metric": name, "times": dataclasses.asdict(times), "least": least, "counts": counts,
         "met": times.mean >= least, "surely": times.low >= least}
        for words, theirs, least, counts in wanted if theirs is not None
        for times in [metrics.ratio(ours.array(name), theirs.array(name), result.users)]
    ]  # fmt: skip


def bars_table(found: Sequence[dict[str, Any]], title: str) -> Table:
    """Each bar with what came of it."""
    made = Table(title, ["bar", "live over it [95 %]", "wanted", "set for this stream", "met"])
    for one in found:
        times = metrics.Interval(**one["times"])
        met = ("yes" if one["surely"] else "yes, within the noise") if one["met"] else "**no**"
        made.add(
            f"{one['metric']} {one['bar']}",
            str(times),
            f"{one['least']:.2f}",
            "yes" if one["counts"] else "no, for information",
            met,
        )
    return made


def read(args: argparse.Namespace) -> Interactions:
    """A file, or a stream that is made up."""
    if args.file in synthetic.STREAMS:
        return synthetic.STREAMS[args.file](**({"events": args.max_events} if args.max_events else {}))
    found = loaders.load(Path(args.file), args.format, keep_all=args.keep_all, events_max=args.max_events)
    return dataclasses.replace(found, tempo=args.tempo) if args.tempo else found


def run(data: Interactions, protocol: str, args: argparse.Namespace, say: Callable[[str], None]) -> Result:
    """One protocol, with rankers that know nothing yet."""
    if protocol == "stream":
        warm_up = int(len(data) * WARM_UP)
        chosen = baselines.chosen(data, warm_up, args.effort)
        say(f"chosen on the first {warm_up} events: {chosen}")
        all_of = rankers(data, chosen, args, warm_up, lags=not args.no_lags)
        result = replay.stream(data, all_of, warm_up=warm_up, most=args.questions, seen=args.repeats, say=say)
        nights = next((one.trainings for one in all_of if isinstance(one, baselines.Nightly)), 0)
        result.notes += [f"half-life {chosen.half_life_h} h; {nights} nights"]
        return result
    split = (
        replay.last_of_each(data) if protocol == "loo" else {"time": replay.by_time, "person": replay.by_person}[args.split](data)
    )
    parts = ("users", "items", "times_ms", "strengths")
    learned = dataclasses.replace(data, **{name: getattr(data, name)[split.learned] for name in parts})
    share = 0.9 if protocol == "full" and args.split == "time" else WARM_UP
    chosen = baselines.chosen(learned, int(len(learned) * share), args.effort)
    say(f"chosen: {chosen}")
    all_of = rankers(data, chosen, args, len(data) + 1, lags=False)
    for one in all_of:
        if isinstance(one, baselines.Nightly):
            one.begin_ms = 2**62  # it learns once, at the end
    all_of = [one for one in all_of if not isinstance(one, baselines.NightlyWithToday)]
    k = 20 if protocol == "full" else 10
    result = replay.static(data, all_of, split, k=k, negatives=args.negatives if protocol == "loo" else 0, most=args.questions)
    result.protocol = protocol
    return result


def tables(words: Sequence[str]) -> list[Table]:
    """One stream, as tables: rankers and bars."""
    args = arguments().parse_args(words)
    data = read(args)
    result = run(data, "stream", args, lambda _: None)
    return [table(data, result, "Rankers", args.teach), bars_table(bars(data, result), f"Bars: {data.name}")]


def arguments() -> argparse.ArgumentParser:
    """What can be asked for."""
    parse = argparse.ArgumentParser(
        prog="python -m bench.ranking", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("file", help=f"a file, or one of {', '.join(synthetic.STREAMS)}")
    parse.add_argument("--format", choices=loaders.FORMATS, default="auto")
    parse.add_argument("--protocol", choices=["stream", "full", "loo", "all"], default="stream")
    parse.add_argument("--max-events", type=int, help="the first so many only")
    parse.add_argument("--keep-all", action="store_true", help="low ratings too are takings")
    parse.add_argument(
        "--repeats", action="store_true", help="what somebody took before may be asked about, and ranked by baselines"
    )
    parse.add_argument(
        "--tempo", choices=["slow", "clicks"], help="which bars are meant, and how sessions are cut; else as the file looks"
    )
    parse.add_argument(
        "--split", choices=["time", "person"], default="time", help="for full: by a moment, or each person's last fifth"
    )
    parse.add_argument(
        "--negatives",
        type=int,
        default=0,
        help=f"for loo: rank among so many drawn items ({replay.NEGATIVES} in papers), not all",
    )
    parse.add_argument("--questions", type=int, default=2_000, help="how many events or people are asked about")
    parse.add_argument("--nights", type=int, default=NIGHTS_MAX, help="how often nightly models may learn in all")
    parse.add_argument(
        "--effort", choices=["quick", "nightly", "thorough"], default="nightly", help="how hard nightly models are tuned"
    )
    parse.add_argument(
        "--teach", type=int, default=4, help="every so many events teach the live heads; 0: they stay as they begin"
    )
    parse.add_argument("--no-lags", action="store_true", help="the live feed alone, not as it would be an hour or a day late")
    parse.add_argument("--no-live", action="store_true", help="baselines alone")
    parse.add_argument("--json", action="store_true", help="one line of JSON at the end")
    return parse


def main(words: Sequence[str] | None = None) -> None:
    """From the command line."""
    args = arguments().parse_args(words)
    began = time.monotonic()
    try:
        data = read(args)
    except loaders.Unreadable as wrong:
        sys.exit(str(wrong))

    def say(text: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {text}", file=sys.stderr, flush=True)

    days = (int(data.times_ms[-1]) - int(data.times_ms[0])) / baselines.DAY_MS
    say(
        f"{len(data)} events of {data.n_users} people on {data.n_items} items over {days:.0f} days, {data.tempo}, {data.repeats:.0%} repeats"
    )
    told: dict[str, Any] = {
        "file": data.name,
        "events": len(data),
        "people": data.n_users,
        "items": data.n_items,
        "tempo": data.tempo,
        "results": [],
    }
    for protocol in ("stream", "full", "loo") if args.protocol == "all" else (args.protocol,):
        result = run(data, protocol, args, say)
        print(table(data, result, "Rankers", args.teach).text(), flush=True)
        held = bars(data, result) if protocol == "stream" else []
        if held:
            print(bars_table(held, f"Bars: {data.name}").text(), flush=True)
        figures = {
            one.name: {name: dataclasses.asdict(metrics.mean(one.array(name), result.users)) for name in result.metrics}
            | {"rank_s": one.rank_s / max(1, len(result.users)), "observe_s": one.observe_s / max(1, one.observed)}
            for one in result.outcomes
        }
        told["results"].append(
            {"protocol": protocol, "questions": len(result.users), "rankers": figures, "bars": held, "notes": result.notes}
        )
    say("done")
    if args.json:
        print(json.dumps(told))


if __name__ == "__main__":
    main()
