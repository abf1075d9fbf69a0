"""The arena over answers, in a house whose full tier is a scripted endpoint: it meets the embedded model, and nobody can tell them apart before
they have voted."""

from __future__ import annotations

import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from tests.conftest import House
from tests.contract.test_openai_elsewhere import Scripted
from tests.unit.talk_double import TalkDouble, refuses, replies, talking_apart

API = "/api/bower/v1/arena"
MODEL, HOST = "heron-large-9", "127.0.0.1"
HERS = "A linocut is a print from a block of lino. <b>Bold</b> words, and a [link](https://evil.example/x)."


@pytest.fixture(scope="module")
def script() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def endpoint(script: Scripted) -> Generator[TalkDouble]:
    with talking_apart(script) as one:
        yield one


@pytest.fixture(scope="module")
def elsewhere(endpoint: TalkDouble, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    folder: Path = tmp_path_factory.mktemp("arena")
    folder.chmod(0o755)
    one = House(folder, {"BOWERBIRD_MODELS_FULL_URL": endpoint.url, "BOWERBIRD_MODELS_FULL_MODEL": MODEL}).start()
    yield one
    assert one.stop() == 0


@pytest.fixture(scope="module")
def member(elsewhere: House) -> Generator[httpx.Client]:
    elsewhere.command("admin", "account", "create", "ines", "--email", "ines@example.org", "--password", "a nest of blue glass")
    token = elsewhere.command("admin", "token", "create", "ines", "--scopes", "read write")["access_token"]
    with elsewhere.client(headers={"Authorization": f"Bearer {token}"}) as one:
        yield one


def met(member: httpx.Client, prompt: str = "Say hi.") -> dict[str, Any]:
    answer = member.post(f"{API}/bouts", json={"kind": "answer", "prompt": prompt})
    assert answer.status_code == 202, answer.text
    for _ in range(600):
        now = member.get(f"{API}/bouts/{answer.json()['id']}").json()
        if now["state"] not in ("queued", "running"):
            return now
        assert all(side["text"] is None for side in now["sides"]), "nothing of either before both are ready"
        time.sleep(0.1)
    raise AssertionError(f"never ended: {now}")


def test_two_answer_without_names_and_have_them_back_with_the_vote(
    member: httpx.Client, elsewhere: House, endpoint: TalkDouble, script: Scripted
) -> None:
    script.now = replies(lambda _: HERS)
    done = met(member)
    assert done["state"] == "done"
    told = str(done) + member.get(f"{API}/bouts").text
    assert not any(name in told.lower() for name in ("heron", "smollm", HOST, "full", "mini"))
    [hers] = [side for side in done["sides"] if side["text"].startswith("A linocut is a print")]
    assert "evil.example" not in hers["text"]
    assert "<b>" not in hers["text"]
    sent = endpoint.asked[-1]
    assert [one["role"] for one in sent["messages"]] == ["system", "user"]
    assert sent["messages"][1]["content"] == "Say hi."
    assert "tools" not in sent
    voted = member.put(f"{API}/bouts/{done['id']}/vote", json={"winner": hers["side"]}).json()
    names = {side["side"]: side["contestant"]["name"] for side in voted["sides"]}
    assert names == {hers["side"]: MODEL, "b" if hers["side"] == "a" else "a": "smollm2-135m-instruct"}
    assert voted["counts"] is True
    lines = {one["name"]: one for one in member.get(f"{API}/standings?kind=answer").json()["standings"]}
    assert {MODEL, "smollm2-135m-instruct"} <= set(lines)


def test_who_says_who_they_are_does_not_count(member: httpx.Client, script: Scripted) -> None:
    script.now = replies(lambda _: "I am Heron, the largest of them all.")
    done = met(member, "Say hi, and your name.")
    assert member.put(f"{API}/bouts/{done['id']}/vote", json={"winner": "a"}).json()["counts"] is False


def test_one_that_fails_is_not_named(member: httpx.Client, script: Scripted) -> None:
    script.now = refuses(400, "heron-large-9 is out of order")
    done = met(member, "What is a woodcut?")
    assert (done["state"], [side["contestant"] for side in done["sides"]]) == ("failed", [None, None])
    assert "heron" not in str(done).lower()
    assert member.put(f"{API}/bouts/{done['id']}/vote", json={"winner": "a"}).status_code == 409


def test_sides_are_thrown(member: httpx.Client, elsewhere: House, script: Scripted) -> None:
    with psycopg.connect(elsewhere.database_url) as db:
        rows = db.execute(
            "select count(*), count(distinct s.contestant_id) from learning.sides s join learning.bouts b on b.id = s.bout_id"
        )
        assert rows.fetchone() == (6, 2)
