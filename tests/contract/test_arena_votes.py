"""What votes in the arena come to: standings, datasets, open votes; and that no worker, dead or stopped, loses a bout."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bowerbird.accounts.people import Person
from bowerbird.core import jobs
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Unavailable
from bowerbird.core.ids import before, new_id
from bowerbird.core.paging import Page
from bowerbird.core.settings import Settings, settings
from bowerbird.events import consent
from bowerbird.learning.arena import bouts, contestants, leaving, openly, playing, standings, votes
from bowerbird.learning.arena.contestants import Contestant, Kind
from bowerbird.learning.datasets import building, receipts
from tests.conftest import House, Member
from tests.contract.test_datasets import everything, somebody
from tests.contract.test_openai_elsewhere import Scripted
from tests.unit.talk_double import replies, stalls, talking_apart

New = Callable[..., Member]


async def entrants(db: Database, kind: Kind, *names: str) -> list[Contestant]:
    mark = secrets.token_hex(4)
    return [
        await db.one(
            Contestant,
            f"insert into learning.contestants (id, kind, key, name, version) values (%s, %s, %s, %s, %s) returning {contestants.COLUMNS}",
            new_id(), kind, f"{name} {mark}", name, "f" * 64,
        )
        for name in names
    ]  # fmt: skip


async def met(
    db: Database, me: Person, pair: list[Contestant], prompt: str = "What is a linocut?", kind: Kind = "answer", winner: str = ""
) -> int:
    """A bout of two, as the worker leaves it; voted on where a winner is named."""
    id_ = new_id()
    await bouts.begin(db, me, id_, kind, prompt, (pair[0], pair[1]))
    for side, text in (("a", "A print from a cut block of lino."), ("b", "A kind of soup.")):
        await db.execute("update learning.sides set text = %s, seconds = 1 where bout_id = %s and side = %s", text, id_, side)
    await db.execute("update learning.bouts set state = 'done' where id = %s", id_)
    if winner:
        await votes.vote(db, me, id_, winner)
    return id_


async def refreshed(db: Database) -> None:
    """What `standings.refresh` does, inside of one transaction."""
    for kind in contestants.KINDS:
        with suppress(Unavailable):
            await contestants.present(db, await contestants.look(kind))
        if (new := await standings.unread(db, kind)) is not None:
            await standings.keep(db, kind, new.mark, standings.worked_out(new.votes))


async def test_standings_of_enough_people(db: Database, newcomer: New) -> None:
    good, bad, new = await entrants(db, "answer", "good", "bad", "new")
    for number in range(12):
        voter = await somebody(db, f"voter_{number}_{secrets.token_hex(3)}")
        for _ in range(3):
            await met(db, voter, [good, bad], winner="a")
            await met(db, voter, [bad, good], winner="b")
    loud = await somebody(db, f"loud_{secrets.token_hex(3)}")
    seen = await met(db, loud, [bad, good], winner="a")
    named = await met(db, loud, [bad, good])
    await db.execute("update learning.bouts set named = true where id = %s", named)
    assert not (await votes.vote(db, loud, named, "a")).counts
    await votes.vote(db, loud, seen, "tie")  # after the names were shown
    await refreshed(db)
    table = await standings.read(db, "answer")
    of = {one.who.id: one for one in table.lines}
    assert (of[good.id].line.won, of[good.id].line.lost, of[good.id].line.played) == (72, 0, 72)
    assert (of[good.id].line.rank, of[bad.id].line.rank, of[new.id].line.rank) == (1, of[bad.id].line.rank, None)
    assert (of[bad.id].line.rank or 0) > 1
    assert of[good.id].who.gone_at is not None, "not here any more, and listed all the same"
    low = of[good.id].line.low
    assert low is not None
    assert low > (of[bad.id].line.high or 0)
    mark = await db.value("select at from learning.standings where kind = 'answer'")
    await refreshed(db)
    assert await db.value("select at from learning.standings where kind = 'answer'") == mark, "nothing new, nothing done"
    await votes.take_back(db, loud, seen)
    again = await met(db, loud, [good, new], winner="tie")
    assert again
    await refreshed(db)
    assert await db.value("select at from learning.standings where kind = 'answer'") != mark


async def test_no_connection_is_held_while_others_are_asked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def silent(_: asyncio.StreamReader, __: asyncio.StreamWriter) -> None:
        asked.set()
        await asyncio.sleep(60)

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    monkeypatch.setenv("BOWERBIRD_MODELS_FULL_URL", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")
    monkeypatch.setenv("BOWERBIRD_MODELS_FULL_MODEL", "silent")
    settings.cache_clear()
    own = Pool(house.database_url, 1)
    await own.open()
    try:
        refreshing = asyncio.create_task(standings.refresh(own))
        await asyncio.wait_for(asked.wait(), 10)
        async with asyncio.timeout(1), own.reading() as db:
            assert await db.value("select 1") == 1
        assert not refreshing.done()
        refreshing.cancel()  # before it says of this process's models that they were the house's
        await asyncio.gather(refreshing, return_exceptions=True)
    finally:
        await own.close()
        server.close()
        settings.cache_clear()


async def test_a_vote_teaches_only_where_that_is_allowed(db: Database, tmp_path: Path) -> None:
    where = Settings(data_dir=str(tmp_path))
    ines, noor = await somebody(db, f"ines_{secrets.token_hex(3)}"), await somebody(db, f"noor_{secrets.token_hex(3)}")
    pair = await entrants(db, "answer", "good", "bad")
    await consent.say(db, ines.id, {"train_assistant_feedback": True, "public_dataset": True})
    kept = await met(db, ines, pair, "Which lino cuts best?", winner="a")
    tie = await met(db, ines, pair, "Which ink dries last?", winner="tie")
    changed = await met(db, ines, pair, "Which paper is thinnest?", winner="a")
    await votes.vote(db, ines, changed, "b")
    back = await met(db, ines, pair, "Which brush for washes?", winner="a")
    await votes.take_back(db, ines, back)
    private = await met(db, ines, pair, "My number is +44 20 7946 0958, whose is it?", winner="a")
    await met(db, noor, pair, "Which knife?", winner="b")
    _, folder = await building.build(db, where)
    found = {row["prompt"][-1]["content"]: row for row in everything(folder) if row["source"] == "arena"}
    assert set(found) == {"Which lino cuts best?", "Which paper is thinnest?"}
    assert (found["Which lino cuts best?"]["chosen"], found["Which lino cuts best?"]["rejected"]) == (
        "A print from a cut block of lino.", "A kind of soup.",
    )  # fmt: skip
    assert found["Which paper is thinnest?"]["chosen"] == "A kind of soup.", "as it was changed"
    assert all(row["public"] for row in found.values())
    told = await receipts.of(db, ines.id, Page(limit=50))
    reasons = {(one.item_id, entry.reason) for one in told for entry in one.entries}
    assert {
        (kept, ""),
        (tie, "no_difference"),
        (changed, "changed"),
        (changed, ""),
        (back, "changed"),
        (private, "personal_data"),
    } <= reasons
    assert await receipts.of(db, noor.id, Page()) == []
    lines, following = await openly.votes(db)
    mine = {line["id"]: line for line in lines if int(line["id"]) in (kept, tie, changed, back, private)}
    assert (set(mine), following) == ({str(kept), str(tie), str(changed)}, None)
    assert mine[str(kept)] == {
        "id": str(kept), "kind": "answer", "prompt": "Which lino cuts best?", "winner": "a", "blind": True,
        "a": {"contestant": "good", "version": "f" * 64, "text": "A print from a cut block of lino."},
        "b": {"contestant": "bad", "version": "f" * 64, "text": "A kind of soup."},
    }  # fmt: skip
    assert mine[str(changed)]["blind"] is False
    receipt = next(one for one in told if one.item_id == kept)
    await receipts.withdraw(db, ines.id, receipt.id)
    _, folder = await building.build(db, where)
    assert "Which lino cuts best?" not in {row["prompt"][-1]["content"] for row in everything(folder) if row["source"] == "arena"}
    await consent.say(db, ines.id, {"public_dataset": False})
    assert [line for line in (await openly.votes(db))[0] if int(line["id"]) in (kept, tie, changed)] == []


async def test_a_worker_that_dies_loses_nothing(db: Database) -> None:
    me = await somebody(db, f"p{secrets.token_hex(4)}")
    pair = await entrants(db, "answer", "good", "bad")
    old = before(datetime.now(UTC) - timedelta(minutes=1))
    left, given_up, young = old + 1, old + 2, new_id()
    for id_, attempts in ((left, 1), (given_up, playing.ATTEMPTS_MAX), (young, 0)):
        await bouts.begin(db, me, id_, "answer", "Which knife?", (pair[0], pair[1]))
        await db.execute(
            """update learning.bouts set state = case when %s > 0 then 'running' else 'queued' end, attempts = %s,
               leased_until = now() - interval '1 s' where id = %s""",
            attempts, attempts, id_,
        )  # fmt: skip
    await playing.sweep(db)
    states = {one: (await bouts.own(db, me, one)).state for one in (left, given_up, young)}
    assert states == {left: "running", given_up: "failed", young: "queued"}
    assert await jobs.under_way(db, "learning:bout", bout_id=str(left))
    assert not await jobs.under_way(db, "learning:bout", bout_id=str(given_up))
    assert not await jobs.under_way(db, "learning:bout", bout_id=str(young)), "it has a job that waits"


async def test_what_nobody_votes_on_goes(db: Database) -> None:
    me = await somebody(db, f"p{secrets.token_hex(4)}")
    pair = await entrants(db, "answer", "good", "bad")
    old = before(datetime.now(UTC) - leaving.UNVOTED_KEPT) - 5
    for id_, winner in ((old, ""), (old + 1, "a")):
        await bouts.begin(db, me, id_, "answer", "Which knife?", (pair[0], pair[1]))
        await db.execute("update learning.bouts set state = 'done' where id = %s", id_)
        if winner:
            await votes.vote(db, me, id_, winner)
    assert await leaving.forget_old(db) >= 1
    assert [one.id for one in await bouts.of(db, me, Page())] == [old + 1]


async def test_a_worker_that_is_stopped_lets_go_and_the_next_one_goes_on(
    pool: Pool, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """This process is the worker here; the endpoint says nothing at first."""
    manner = Scripted()
    manner.now = stalls
    with talking_apart(manner) as endpoint:
        for name, value in (("DATA_DIR", str(tmp_path)), ("MODELS_FULL_URL", endpoint.url), ("MODELS_FULL_MODEL", "heron-9")):
            monkeypatch.setenv(f"BOWERBIRD_{name}", value)
        monkeypatch.setattr(playing, "RENEW_S", 0.1)
        settings.cache_clear()
        try:
            key, id_ = hashlib.sha256(f"{endpoint.url} heron-9".encode()).hexdigest(), new_id()
            async with pool.transaction() as db:
                me = await somebody(db, f"p{secrets.token_hex(4)}")
                [one] = await entrants(db, "answer", "heron-9")
                await db.execute("update learning.contestants set key = %s where id = %s", key, one.id)
                await bouts.begin(db, me, id_, "answer", "Which knife?", (one, one))
            working = asyncio.create_task(playing.play(pool, id_))
            await asyncio.sleep(1)
            async with pool.reading() as db:
                state = "select state, leased_until > now() from learning.bouts where id = %s"
                assert await db.rows(state, id_) == [("running", True)]
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            async with pool.reading() as db:
                assert await db.rows(state, id_) == [("running", False)]
            manner.now = replies(lambda _: "A short one.")
            await playing.play(pool, id_)
            await playing.play(pool, id_)  # twice does no harm
            async with pool.reading() as db:
                bout, sides = await bouts.see(db, me, id_)
            assert (bout.state, [side.text for side in sides]) == ("done", ["A short one."] * 2)
        finally:
            settings.cache_clear()
