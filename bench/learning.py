"""From votes to a version: what each stage costs, and how long it is from the thousandth vote to a release or a rejection:
`python -m bench.learning`.

The votes are planted: scripted people with a taste for clear answers, some of whom err. They are written by the house's own verbs; the language
model is not asked, for a thousand answers of it would take an hour."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from bench.house import House
from bench.report import Table
from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations, messages
from bowerbird.core.database import Database, Pool
from bowerbird.core.ids import new_id
from bowerbird.events import consent, kinds, log

PEOPLE, EACH = 100, 10
SUBJECTS = (
    "linocut", "a wash", "gesso", "perspective", "golden hour", "charcoal", "glazing", "negative space", "hatching", "a palette knife",
    "a sketchbook", "masking fluid",
)  # fmt: skip
CLEAR = (
    "{} is used in layers; begin with the lightest and let each dry.",
    "With {}, plan the dark places first, then work towards the light.",
)
EMPTY = (
    "I am sorry, but I cannot help with that at this time.",
    "That is a very interesting question, and there are many views on it!",
)


@dataclass(frozen=True)
class Spent:
    """What a command said and took: wall and CPU seconds, and the most memory, in MB."""

    said: dict[str, object]
    wall_s: float
    cpu_s: float
    memory_mb: float


async def voted(pool: Pool, name: str, right: float) -> None:
    """PEOPLE vote EACH; `right` is how often for the clear answer."""
    chance = random.Random(name)
    for number in range(PEOPLE):
        async with pool.transaction() as db:
            me = await people.create(db, f"{name}{number}", email=None, password=None)
            await consent.say(db, me.id, {"train_assistant_feedback": True})
            for turn in range(EACH):
                await _vote(db, me, chance, f"{name}{number}, {turn}", right)


async def _vote(db: Database, me: Person, chance: random.Random, mark: str, right: float) -> None:
    subject, asked = chance.choice(SUBJECTS), new_id()
    conversation = await conversations.begin(db, me, "")
    await db.execute(
        "insert into assistant.messages (id, conversation_id, role, text) values (%s, %s, 'user', %s)",
        asked, conversation.id, f"How do I begin with {subject}? ({mark})",
    )  # fmt: skip
    answers: list[int] = []
    for text in (chance.choice(CLEAR).format(subject), chance.choice(EMPTY)):
        answers.append(new_id())
        await db.execute(
            """insert into assistant.messages (id, conversation_id, parent_id, role, text, state, tier, model)
               values (%s, %s, %s, 'assistant', %s, 'done', 'mini', 'planted')""",
            answers[-1], conversation.id, asked, text,
        )  # fmt: skip
        given = kinds.AnswerGiven(
            actor_id=me.id, item_id=conversation.id, message_id=asked, answer_id=answers[-1], tier="mini", model="planted"
        )
        await log.record(db, given)
    liked, disliked = answers if chance.random() < right else answers[::-1]
    await messages.rate(db, me, liked, 1)
    await messages.rate(db, me, disliked, -1)


def command(*words: str) -> Spent:
    """One `bowerbird learn …` in a process of its own."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-m", "bowerbird.learning", *words, "--json"], stdout=out)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(words)} ended with {process.returncode}")
        out.seek(0)
        said = json.loads(out.read().splitlines()[-1])
    return Spent(said, time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


async def filled(house: House, name: str, right: float) -> None:
    """Votes of one kind."""
    pool = Pool(house.database_url, 2)
    await pool.open()
    await voted(pool, name, right)
    await pool.close()


def run() -> list[Table]:
    """Meaningless votes in one house, planted ones in another."""
    table = Table(
        f"Learning: from {PEOPLE * EACH:,} votes to a version",
        ["votes", "stage", "what came of it", "wall s", "CPU-s", "CPU-s per 100 votes", "MB at most"]
    )  # fmt: skip
    for title, name, right in (("without meaning", "coin", 0.5), ("nine in ten for the clear answer", "taste", 0.9)):
        with House() as house:
            asyncio.run(filled(house, name, right))
            house.rest()
            for stage, words in (
                ("dataset", ("dataset", "assistant")),
                ("dataset, head, gate", ("assistant",)),
                ("the same again", ("assistant",)),
            ):
                spent = command(*words)
                state = spent.said.get("state", f"{spent.said['items']} items of {spent.said['people']} people")
                table.add(
                    title, stage, str(state).replace("_", " "), f"{spent.wall_s:.1f}", f"{spent.cpu_s:.1f}",
                    f"{100 * spent.cpu_s / (PEOPLE * EACH):.2f}", f"{spent.memory_mb:.0f}",
                )  # fmt: skip
    table.note = (
        "A process of its own each time, start and reading of the embedding model in it; a vote is two thumbs, which come to three items. From the "
        "thousandth vote to a version is the second row of each: what comes before it in a night is only the wait for its hour."
    )
    return [table]


if __name__ == "__main__":
    for one in run():
        print(one.text())
