"""Sixty thread tasks: how useful the answers under posts are, and how fast: `python -m bench.threads [--few]`.

A house of its own, people who write the threads, a reader who asks for their eyes alone. An answer is counted *useful* where it holds every
word that the task names, *cited* where it names a post it rests on, *grounded* where most of its words stand in what it read. It asks
whatever models the settings name, the embedded one unless said otherwise; beside it the same tasks answered by the posts alone, as a limit."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.house import House
from bench.report import Table
from bowerbird.accounts import people, tokens
from bowerbird.assistant import phrasing
from bowerbird.assistant.asked import Task
from bowerbird.assistant.reading import Read
from bowerbird.core.database import Pool

THREADS = tomllib.loads((Path(__file__).parent / "threads.toml").read_text("utf-8"))["thread"]
TASKS: tuple[Task, ...] = ("explain", "summarise", "check", "answer")
BASE = "/api/bower/v1"
WAIT_S = 130


@dataclass(frozen=True)
class Result:
    """What came of one task."""

    task: str
    useful: bool
    cited: bool
    grounded: bool
    first_ms: int
    seconds: float
    by_model: bool
    plain_useful: bool


def holds(answer: str, wanted: list[str]) -> bool:
    """Whether an answer holds every wanted word; `a|b`: one of them."""
    said = answer.lower()
    return all(any(word in said for word in one.split("|")) for one in wanted)


async def _townsfolk(house: House) -> dict[str, httpx.Client]:
    """A client for each who writes, and one for the reader."""
    pool = Pool(house.database_url, 2)
    await pool.open()
    names = sorted({post.partition(":")[0] for thread in THREADS for post in thread["posts"]})
    clients: dict[str, httpx.Client] = {}
    for name in ["reader0", "reader1", "reader2", *names]:
        async with pool.transaction() as db:
            person = await people.create(db, f"{name}_", email=None, password=None)
            token = await tokens.create(db, person, ["read", "write"])
        clients[name] = httpx.Client(base_url=house.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    await pool.close()
    return clients


def _written(thread: dict[str, Any], clients: dict[str, httpx.Client]) -> list[dict[str, Any]]:
    """The thread as posts."""
    said: list[dict[str, Any]] = []
    for line in thread["posts"]:
        name, _, text = line.partition(": ")
        reply = {"in_reply_to_id": said[0]["id"]} if said else {}
        said.append(clients[name].post("/api/v1/statuses", json={"status": text, **reply}).raise_for_status().json())
    return said


def _asked(reader: httpx.Client, task: Task, thread: dict[str, Any], said: list[dict[str, Any]]) -> Result:
    wanted = {"task": task, "text": thread["question"] if task == "answer" else "", "aloud": False}
    under = said[0]["id"]
    if task == "answer":
        under = reader.post("/api/v1/statuses", json={"status": thread["question"]}).raise_for_status().json()["id"]
    asked = reader.post(f"{BASE}/posts/{under}/asked", json=wanted).raise_for_status().json()
    until = time.monotonic() + WAIT_S
    while asked["state"] in ("queued", "running") and time.monotonic() < until:
        time.sleep(0.05)
        asked = reader.get(f"{BASE}/asked/{asked['id']}").raise_for_status().json()
    reads = [Read(int(post["id"]), "", line, line.partition(": ")[2]) for post, line in zip(said, thread["posts"], strict=True)]
    plain = phrasing.quoted(task, reads, 1 if task != "answer" else 0)
    return Result(
        task, holds(asked["answer"], thread[task]), bool(asked["cited_ids"]), phrasing.grounded(asked["answer"], reads, thread["question"]),
        asked["first_ms"] or 0, asked["seconds"] or 0.0, asked["model"] is not None, holds(plain, thread[task]),
    )  # fmt: skip


def run(threads: int = len(THREADS)) -> list[Table]:
    """The tasks of so many threads, one after the other."""
    results: list[Result] = []
    with House() as house:
        clients = asyncio.run(_townsfolk(house))
        model = clients["reader0"].get(f"{BASE}/assistant").json()["tiers"][1]["model"]
        for number, thread in enumerate(THREADS[:threads]):
            said = _written(thread, clients)
            for task in TASKS:
                reader = clients[f"reader{(number * 4 + TASKS.index(task)) // 20}"]  # twenty questions an hour each
                results.append(_asked(reader, task, thread, said))
    table = Table(
        f"{len(results)} thread tasks by {model}",
        ["task", "useful", "of the posts alone", "cited", "grounded", "first words, median", "whole, median", "a model spoke"],
    )
    for task in TASKS:
        mine = [one for one in results if one.task == task]
        table.add(
            task, f"{sum(one.useful for one in mine)} of {len(mine)}", sum(one.plain_useful for one in mine), sum(one.cited for one in mine),
            sum(one.grounded for one in mine), f"{statistics.median(one.first_ms for one in mine):.0f} ms",
            f"{statistics.median(one.seconds for one in mine):.1f} s", sum(one.by_model for one in mine),
        )  # fmt: skip
    table.note = "Useful: every word the task names is in the answer. The embedded model is small; the posts it reads speak for themselves beside it."
    return [table]


def main() -> None:
    """From the command line."""
    parse = argparse.ArgumentParser(prog="python -m bench.threads")
    parse.add_argument("--few", action="store_true", help="three threads only")
    for table in run(3 if parse.parse_args().few else len(THREADS)):
        print(table.text())


if __name__ == "__main__":
    main()
