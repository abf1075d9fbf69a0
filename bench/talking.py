"""Words a second and time to the first word through the whole house, against the bare model: `python -m bench.talking [--rounds 3]`.

The house is asked at /v1/chat/completions with a personal token, as somebody's own program would; the bare model is the same weights with
the same settings in a process of its own, called without HTTP. Both answer the same questions in turns, so that what else this machine
does weighs on both alike."""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.house import House
from bench.report import Table
from bowerbird.accounts import people, tokens
from bowerbird.core.assets import assets_dir
from bowerbird.core.database import Pool
from bowerbird.inference.runner import chat as runner

TOGETHER = (1, 4, 8)
ROUNDS, TOKENS = 3, 96
SYSTEM = (
    "You are Bower, the assistant of a small network for pictures and words. You answer in plain sentences, you say when you do not "
    "know something, and you never invent what people have written. " * 4
)
ASKED = (
    "Tell a story about a heron.", "Describe a harbour at dusk.", "How does bread rise?", "Why is the sky blue?", "Tell of a winter night.",
    "What does a bowerbird build?", "Describe an old library.", "How do bees find flowers?",
)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """What so many people got at once. `firsts_s`: until each one's first word."""

    tokens: int
    seconds: float
    firsts_s: list[float]

    @property
    def per_second(self) -> float:
        """Tokens a second, all people together."""
        return self.tokens / self.seconds


def _body(number: int, tokens_max: int) -> dict[str, Any]:
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": ASKED[number % len(ASKED)]}]
    return {
        "messages": messages,
        "max_tokens": tokens_max,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def _spoken(chunk: dict[str, Any]) -> bool:
    return any(choice.get("delta", {}).get("content") for choice in chunk.get("choices", []))


def bare() -> None:
    """The bare model's own process: a line with (people, tokens) in, a line with a round out."""
    server: Any = runner.Chat("bench", Path()).bare()

    def ask(number: int, tokens_max: int, firsts: list[float], counts: list[int]) -> None:
        began, said = time.perf_counter(), list[float]()

        def heard(answer: Any) -> bool:
            for chunk in answer if isinstance(answer, list) else [answer]:
                if not said and _spoken(chunk):
                    said.append(time.perf_counter() - began)
                if chunk.get("usage"):
                    counts.append(chunk["usage"]["completion_tokens"])
            return False

        server.handle_chat_completions(_body(number, tokens_max), heard)
        firsts.extend(said)

    print("ready", flush=True)
    for line in sys.stdin:
        together, tokens_max = json.loads(line)
        firsts, counts = list[float](), list[int]()
        began = time.perf_counter()
        askers = [threading.Thread(target=ask, args=(number, tokens_max, firsts, counts)) for number in range(together)]
        for one in askers:
            one.start()
        for one in askers:
            one.join()
        print(json.dumps(asdict(Round(sum(counts), time.perf_counter() - began, firsts))), flush=True)


async def _asked(client: httpx.AsyncClient, head: dict[str, str], number: int, tokens_max: int) -> tuple[int, float]:
    """(tokens, seconds until the first word) of one answer of the house."""
    began, first, count = time.perf_counter(), 0.0, 0
    body = {"model": "bower-mini", **_body(number, tokens_max)}
    async with client.stream("POST", "/v1/chat/completions", json=body, headers=head) as answer:
        if answer.status_code != 200:
            raise SystemExit(f"The house answered {answer.status_code}: {(await answer.aread())[:300]!r}")
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                chunk = json.loads(line[6:])
                first = first or (time.perf_counter() - began if _spoken(chunk) else 0.0)
                count = (chunk.get("usage") or {}).get("completion_tokens", count)
    return count, first


async def _house(client: httpx.AsyncClient, heads: list[dict[str, str]], together: int, tokens_max: int) -> Round:
    began = time.perf_counter()
    answers = await asyncio.gather(*(_asked(client, heads[number], number, tokens_max) for number in range(together)))
    return Round(sum(count for count, _ in answers), time.perf_counter() - began, [first for _, first in answers])


async def _heads(house: House) -> list[dict[str, str]]:
    """What each of so many people sends along: one person may not have many requests under way."""
    pool = Pool(house.database_url, 2)
    await pool.open()
    try:
        async with pool.transaction() as db:
            made = [await people.create(db, f"talker{number}", email=None, password=None) for number in range(max(TOGETHER))]
            return [{"Authorization": f"Bearer {await tokens.create(db, one, ['models'], 'bench')}"} for one in made]
    finally:
        await pool.close()


async def _measure(house: House, model: subprocess.Popen[str], rounds: int, tokens_max: int) -> Table:
    assert model.stdin
    assert model.stdout
    note = (
        f"{rounds} rounds of up to {tokens_max} tokens each after one to warm up, in turns; medians. Bare: the same weights, "
        f"{runner.SLOTS} slots, one thread, called in its own process without HTTP."
    )
    columns = ["people", "bare tokens/s", "house tokens/s", "of bare", "bare first word ms", "house first word ms"]
    table = Table("Talking: the whole house against the bare model", columns, note=note)

    def ask_bare(together: int, most: int) -> Round:
        assert model.stdin
        assert model.stdout
        model.stdin.write(json.dumps([together, most]) + "\n")
        model.stdin.flush()
        return Round(**json.loads(model.stdout.readline()))

    heads = await _heads(house)
    async with httpx.AsyncClient(base_url=house.url, timeout=600) as client:
        ask_bare(max(TOGETHER), 8)
        await _house(client, heads, max(TOGETHER), 8)
        for together in TOGETHER:
            found: list[tuple[Round, Round]] = []
            for _ in range(rounds):
                found.append(
                    (await asyncio.to_thread(ask_bare, together, tokens_max), await _house(client, heads, together, tokens_max))
                )
            speed = [statistics.median(one.per_second for one in side) for side in zip(*found, strict=True)]
            first = [statistics.median(s for one in side for s in one.firsts_s) * 1000 for side in zip(*found, strict=True)]
            table.add(
                together, f"{speed[0]:.1f}", f"{speed[1]:.1f}", f"{speed[1] / speed[0]:.0%}", f"{first[0]:.0f}", f"{first[1]:.0f}"
            )
    return table


def run(rounds: int = ROUNDS, tokens_max: int = TOKENS) -> list[Table]:
    """The table; where the language model's weights are not here, none."""
    if not (assets_dir() / "models" / runner.GGUF).exists():
        return []
    words = [sys.executable, "-m", "bench.talking", "--bare"]
    with House(models_requests_per_minute_max="100000", models_tokens_per_day_max="1000000000") as house:
        house.rest()
        model = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        try:
            assert model.stdout
            while "ready" not in (line := model.stdout.readline()):
                if not line:
                    raise SystemExit("The bare model did not start.")
            return [asyncio.run(_measure(house, model, rounds, tokens_max))]
        finally:
            model.kill()
            model.wait(20)


if __name__ == "__main__":
    parse = argparse.ArgumentParser(prog="python -m bench.talking")
    parse.add_argument("--rounds", type=int, default=ROUNDS)
    parse.add_argument("--tokens", type=int, default=TOKENS)
    parse.add_argument("--bare", action="store_true", help="be the bare model (used by the above)")
    args = parse.parse_args()
    if args.bare:
        bare()
    else:
        for made in run(args.rounds, args.tokens):
            print(made.text())
