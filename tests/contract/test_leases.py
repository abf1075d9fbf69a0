"""What a worker holds while a model thinks: renewed, given back, put off; told by the rows, not by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from bowerbird.assistant import answering, replying
from bowerbird.assistant.asked import COLUMNS, Asked
from bowerbird.core.database import Pool
from bowerbird.core.ids import new_id
from tests.conftest import Member

New = Callable[..., Member]


async def _left_s(pool: Pool, table: str, id_: int) -> float:
    async with pool.reading() as db:
        return float(await db.value(f"select extract(epoch from leased_until - now()) from assistant.{table} where id = %s", id_))


async def test_an_answer_keeps_its_lease_and_gives_it_back(newcomer: New, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, conversation, message = newcomer(), new_id(), new_id()
    async with pool.transaction() as db:
        await db.execute("insert into assistant.conversations (id, account_id) values (%s, %s)", conversation, int(ann.id))
        await db.execute(
            """insert into assistant.messages (id, conversation_id, role, state, attempts, leased_until)
               values (%s, %s, 'assistant', 'running', 1, now() + interval '2 seconds')""",
            message, conversation,
        )  # fmt: skip
    monkeypatch.setattr(answering, "RENEW_S", 0.05)
    over, writing = asyncio.Event(), asyncio.create_task(asyncio.sleep(60))
    keeper = asyncio.create_task(answering.keep(pool, message, over, writing))
    for _ in range(200):
        if await _left_s(pool, "messages", message) > 10:
            break
        await asyncio.sleep(0.02)
    assert await _left_s(pool, "messages", message) > 10
    async with pool.transaction() as db:
        await db.execute("update assistant.messages set state = 'stopped' where id = %s", message)
    with pytest.raises(asyncio.CancelledError):
        await writing
    await keeper
    async with pool.transaction() as db:
        await db.execute("update assistant.messages set state = 'running' where id = %s", message)
    await answering.let_go(pool, message)
    assert await _left_s(pool, "messages", message) <= 0
    async with pool.transaction() as db:
        await db.execute("delete from assistant.conversations where id = %s", conversation)


async def test_a_question_keeps_its_lease_and_is_put_off(newcomer: New, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    ann, id_ = newcomer(), new_id()
    post = int(ann.post("something")["id"])
    async with pool.transaction() as db:
        one = await db.one(
            Asked,
            f"""insert into assistant.asked (id, asker_id, post_id, thread_id, task, aloud, state, attempts, leased_until)
                values (%s, %s, %s, %s, 'check', false, 'running', 1, now() + interval '2 seconds') returning {COLUMNS}""",
            id_, int(ann.id), post, post,
        )  # fmt: skip
    monkeypatch.setattr(replying, "RENEW_S", 0.05)
    over = asyncio.Event()
    keeper = asyncio.create_task(replying.keep(pool, one, over))
    for _ in range(200):
        if await _left_s(pool, "asked", id_) > 10:
            break
        await asyncio.sleep(0.02)
    over.set()
    await keeper
    assert await _left_s(pool, "asked", id_) > 10
    await replying.again(pool, one, "The model is away.")
    async with pool.reading() as db:
        assert await db.value("select state from assistant.asked where id = %s", id_) == "queued"
    async with pool.transaction() as db:
        await db.execute("delete from assistant.asked where id = %s", id_)
