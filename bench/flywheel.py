"""A simulated community that teaches its assistant: `python -m bench.flywheel [--adapter]`.

Scripted people sign up, agree (some do not), ask the embedded model, ask again, and rate both answers by a taste planted in them: all of it through
the HTTP API, no stub anywhere. Then the house walks from their signals to versions, and what came of it is measured on people it has never seen."""

from __future__ import annotations

import asyncio
import random
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec
import numpy as np

from bench.house import House
from bench.learning import Spent, command
from bench.report import Table
from bowerbird.core.settings import settings
from bowerbird.inference.runner import embedder
from bowerbird.learning.assistant import exam, head, pair
from bowerbird.learning.assistant.pair import Pair
from bowerbird.learning.datasets import files

AGREE, REFUSE = 60, 4  # people
EACH = 7  # questions of each
SURE = 0.9  # how often somebody says what they think
AT_ONCE = 4  # answers: as many as the model has places
ROUNDS = 40  # of votes without meaning
TRIAL_S = 600  # at most, until one that is hurried is over: it is looked at every minute
BASE = "/api/bower/v1"
SUBJECTS = ("fox", "lighthouse", "sea", "lantern", "owl", "castle", "boat", "dragon", "garden", "moon", "bridge", "harbour")
KINDS = ("a small", "an old", "a blue", "a quiet", "a golden", "a paper", "a broken", "a giant", "a hidden", "a lonely")
PLACES = (
    "at night",
    "in the rain",
    "in autumn",
    "by the shore",
    "in a dream",
    "under snow",
    "on a hill",
    "at noon",
    "in fog",
    "in spring",
)
ASKING = (
    "Why do people like {}?",
    "Which colours go well with {}?",
    "What is {}?",
    "Is it hard to paint {}?",
    "How do I draw {}?",
)
OPEN = {
    "asks_per_minute_max": "1000", "answers_waiting_max": "50", "sign_ups_per_hour_max": "10000", "learn_hour": "-1", "learn_trial_hours": "0",
    "models_tokens_per_day_max": "100000000", "sign_in_attempts_max": "1000", "assistant_answers": "3", "learn_cpu_minutes": "60",
}  # fmt: skip


@dataclass
class Member:
    """Somebody with a program of their own. `said`: words of each answer, as they came."""

    client: httpx.AsyncClient
    chance: random.Random
    said: list[tuple[str, str | None]] = field(default_factory=list[tuple[str, str | None]])

    async def consents(self, given: dict[str, bool]) -> None:
        """Say what one's doings may be used for."""
        (await self.client.put(f"{BASE}/consents", json=given)).raise_for_status()

    async def asks(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Ask something, and for another answer to it: both, finished."""
        subject = f"{self.chance.choice(KINDS)} {self.chance.choice(SUBJECTS)} {self.chance.choice(PLACES)}"
        question = f"{self.chance.choice(ASKING).format(subject)} Answer in one short sentence."
        begun = await self.client.post(f"{BASE}/conversations", json={"text": question})
        first = await self._finished(begun.raise_for_status().json()["messages"][1]["id"])
        again = await self.client.post(f"{BASE}/messages/{first['id']}/sibling", json={})
        return first, await self._finished(_answer_of(again.raise_for_status().json()))

    async def rates(self, better: dict[str, Any], worse: dict[str, Any]) -> None:
        """A thumb up and one down."""
        for answer, thumb in ((better, 1), (worse, -1)):
            (await self.client.put(f"{BASE}/messages/{answer['id']}/rating", json={"thumb": thumb})).raise_for_status()

    async def _finished(self, id_: str) -> dict[str, Any]:
        for _ in range(600):
            told = (await self.client.get(f"{BASE}/messages/{id_}")).raise_for_status().json()
            if told["state"] in ("done", "stopped", "failed"):
                self.said.append((told["text"], told["release"]))
                return told
            await asyncio.sleep(0.2)
        raise SystemExit("An answer was never finished.")


def _answer_of(told: Any) -> str:
    """The id of the answer in what asking again says."""
    shown = told["messages"] if isinstance(told, dict) and "messages" in told else [told]
    return shown[-1]["id"]


async def joins(house: House, program: str, number: int) -> Member:
    """Sign up."""
    async with httpx.AsyncClient(base_url=house.url, headers={"Authorization": f"Bearer {program}"}, timeout=60) as door:
        name = f"member{number}_{secrets.token_hex(3)}"
        answer = await door.post(
            "/api/v1/accounts",
            json={
                "username": name,
                "email": f"{name}@example.org",
                "password": secrets.token_hex(12),
                "agreement": True,
                "locale": "en",
            },
        )
        token = answer.raise_for_status().json()["access_token"]
    client = httpx.AsyncClient(
        base_url=house.url, headers={"Authorization": f"Bearer {token}", "X-Number": str(number)}, timeout=120
    )
    return Member(client, random.Random(number))


async def program(house: House) -> str:
    """A program's own token, to sign people up with."""
    async with httpx.AsyncClient(base_url=house.url, timeout=60) as door:
        made = {"client_name": "members", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": "read write"}
        app = (await door.post("/api/v1/apps", data=made)).raise_for_status().json()
        asked = {"grant_type": "client_credentials", "scope": "read write"} | {
            name: app[name] for name in ("client_id", "client_secret")
        }
        return (await door.post("/oauth/token", data=asked)).raise_for_status().json()["access_token"]


def shorter(first: dict[str, Any], second: dict[str, Any]) -> bool:
    """The planted taste: whether the first answer says it in fewer words."""
    return len(first["text"].split()) < len(second["text"].split())


async def lives(member: Member, agrees: bool, places: asyncio.Semaphore) -> None:
    """Ask, ask again, rate by one's taste."""
    if agrees:
        await member.consents({"train_assistant_feedback": True})
    for _ in range(EACH):
        async with places:
            first, second = await member.asks()
        told(f"{member.client.headers['X-Number']}: {len(first['text'].split())} and {len(second['text'].split())} words")
        if first["text"] == second["text"]:
            continue
        liked = (first, second) if shorter(first, second) == (member.chance.random() < SURE) else (second, first)
        await member.rates(*liked)


async def community(house: House) -> list[Member]:
    """Everybody lives for a while; the last REFUSE of them agreed to nothing."""
    own, places = await program(house), asyncio.Semaphore(AT_ONCE)
    members = [await joins(house, own, number) for number in range(AGREE + REFUSE)]
    await asyncio.gather(*(lives(one, number < AGREE, places) for number, one in enumerate(members)))
    return members


async def receipts(members: Sequence[Member]) -> int:
    """How many signals of theirs the house says it has in a dataset."""
    told = [(await one.client.get(f"{BASE}/receipts")).raise_for_status().json() for one in members]
    return sum(bool(receipt["datasets"]) for one in told for receipt in one["receipts"])


def promoted_by_chance(rounds: int) -> tuple[int, int]:
    """(how many of so many versions, learned from the same answers with votes by a coin, the gate would have let through; of how many votes)."""
    folder = next(files.home(settings(), "assistant").iterdir())
    votes = {split: pair.of_rows(files.read(folder, split)) for split in files.SPLITS}
    read, passed = dict[str, Any](), 0

    def embed(texts: list[str]) -> Any:
        """The same texts come again every round."""
        for text in texts:
            if text not in read:
                read[text] = embedder.shared().embed([text])[0]
        return np.stack([read[text] for text in texts])

    for number in range(rounds):
        coin = random.Random(number)
        tossed = {split: [_either(one, coin) for one in some] for split, some in votes.items()}
        candidate = head.learn(embed, tossed["train"])
        passed += candidate is not None and exam.examine(embed, candidate, None, tossed["held_out"], number + 1).passed
    return passed, sum(map(len, votes.values()))


def _either(one: Pair, coin: random.Random) -> Pair:
    return one if coin.random() < 0.5 else Pair(one.question, one.rejected, one.chosen, one.group)


async def tried(house: House) -> list[Member]:
    """New people, who ask the same kind of thing of the version that is in use by then."""
    own, places = await program(house), asyncio.Semaphore(AT_ONCE)
    members = [await joins(house, own, 1_000 + number) for number in range(AT_ONCE)]

    async def asks(one: Member) -> None:
        for _ in range(EACH):
            async with places:
                await one.asks()

    await asyncio.gather(*(asks(one) for one in members))
    return members


def words(members: Sequence[Member]) -> float:
    """Of an answer, in the middle."""
    return float(np.median([len(text.split()) for one in members for text, _ in one.said]))


def told(what: str) -> None:
    """How far it is."""
    print(what, file=sys.stderr, flush=True)


def came_to(spent: Spent) -> str:
    """What a walk came to, in a line."""
    said = spent.said
    return str(said.get("release") or said.get("reason") or said)[:120] + (f" ({said['state']})" if said.get("release") else "")


def run(*, adapter: bool = False) -> list[Table]:
    """The whole loop in one house; with `adapter`, which takes a quarter of an hour more, to the language model itself."""
    with House(**OPEN) as house:
        return [asyncio.run(lived(house, adapter=adapter))]


async def lived(house: House, *, adapter: bool) -> Table:
    """From the first sign-up to what people who come later have of it."""
    table = Table(
        f"A community of {AGREE + REFUSE}, {EACH} questions each, asked twice, through the HTTP API", ["what", "figure"],
        note=f"Their taste: the shorter of two answers, {SURE:.0%} of the time. {REFUSE} of them agreed to nothing.",
    )  # fmt: skip
    members = await community(house)
    table.add(
        "answers of the embedded model", f"{sum(len(one.said) for one in members)}, {words(members):.0f} words in the middle"
    )
    built = (await asyncio.to_thread(command, "dataset", "assistant")).said
    table.add("dataset", f"{built['items']} items of {built['people']} people, {built['excluded']} signals left out")
    table.add("signals of who agreed to nothing in it", str(await receipts(members[AGREE:])))
    walked = await asyncio.to_thread(command, "assistant")
    table.add("reward head", came_to(walked))
    _checks(table, walked)
    passed, votes = await asyncio.to_thread(promoted_by_chance, ROUNDS)
    table.add(f"of {ROUNDS} versions by a coin on the same {votes} votes, passed", str(passed))
    table.add("new people, best of three by what was learned", f"{words(await tried(house)):.0f} words in the middle")
    if adapter:
        walked = await asyncio.to_thread(command, "adapter")
        table.add("adapter of the language model", f"{came_to(walked)}, {walked.cpu_s:.0f} CPU-s, {walked.memory_mb:.0f} MB")
        _checks(table, walked)
        if walked.said.get("release"):
            await _spoken(house, table, walked.said["release"])
    return table


async def _spoken(house: House, table: Table, version: str) -> None:
    """What comes of a version that passed or did not: its trial, hurried, and what new people hear of it."""
    for _ in range(TRIAL_S):
        state, reason = await _stands(house, version)
        if state != "trial":
            break
        await asyncio.sleep(1)
    table.add(f"{version}, after its trial", f"{state.replace('_', ' ')} {reason}".strip())
    members = await tried(house)
    spoken = [release == version for one in members for _, release in one.said]
    table.add("new people, answers it spoke", f"{sum(spoken)} of {len(spoken)}, {words(members):.0f} words in the middle")


async def _stands(house: House, version: str) -> tuple[str, str]:
    """(state, reason), as everybody is told."""
    async with httpx.AsyncClient(base_url=house.url, timeout=60) as door:
        told = (await door.get(f"{BASE}/learning/releases")).raise_for_status().json()["releases"]
    (one,) = [one for one in told if one["name"] == version]
    return one["state"], one["reason"]


def _checks(table: Table, walked: Spent) -> None:
    """What the gate found, a row each."""
    report = msgspec.convert(walked.said.get("report") or {"checks": []}, dict[str, Any])
    for check in report["checks"]:
        table.add(f"· {check['text']}", _figure(check))


def _figure(check: dict[str, Any]) -> str:
    interval = f" [{check['low']:.3f}, {check['high']:.3f}]" if check.get("low") is not None else ""
    before = f" beside {check['before']:.3f}" if check.get("before") is not None else ""
    return f"{check['value']:.3f}{interval}{before}: {'passed' if check['passed'] else 'not passed'}"


if __name__ == "__main__":
    for one in run(adapter="--adapter" in sys.argv):
        print(one.text())
