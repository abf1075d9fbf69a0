"""A house whose pictures come from another's endpoint, from its setting to its page."""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import House, Member, finished, picture_of
from tests.unit.double import Double, answers, double, refuses, streams


async def _by_the_words(one: Double, asked: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    if "refuse" in asked["prompt"]:
        await refuses(401, "Incorrect API key provided: sk-abc")(one, asked, writer)
    elif "silent" in asked["prompt"]:
        await asyncio.sleep(60)
    elif "nonsense" in asked["prompt"]:
        await answers(json.dumps({"data": [{"b64_json": base64.b64encode(b"no picture").decode()}]}).encode())(one, asked, writer)
    else:
        await streams(one, asked, writer)


def _asks(member: Member, prompt: str) -> dict[str, Any]:
    answer = member.client.post("/api/bower/v1/generations", json={"prompt": prompt, "count": 2})
    assert answer.status_code == 202, answer.text
    return finished(member, answer.json()["id"], within_s=30)


def _live_there(house: House) -> None:
    """What someone sees whose house asks a stranger for pictures."""
    made = house.command("admin", "account", "create", "ines", "--email", "ines@example.org")
    token = house.command("admin", "token", "create", "ines")["access_token"]
    with house.client(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        ines = Member(made["id"], "ines", token, client)
        done = picture_of(ines, "a red fox")
        candidate = done["candidates"][0]
        assert (done["state"], candidate["engine"], candidate["reading"]) == ("done", "dreamer-9 at 127.0.0.1", [])
        said = ines.post("by a stranger", media_ids=[candidate["media_id"]])
        recipe = said["media_attachments"][0]["bower"]
        assert (recipe["engine"], recipe["model"]) == ("dreamer-9 at 127.0.0.1", "dreamer-9")
        page = client.get(f"/pictures/{candidate['picture_id']}").text
        assert "dreamer-9" in page
        assert "Illustrator" not in page
        assert client.get(candidate["url"]).content[8:12] == b"WEBP"
        for words, sentence in [
            ("refuse this", "The picture model does not let this house in (401)."),
            ("stay silent", "The picture model said nothing for 1 seconds."),
            ("talk nonsense", "The picture model sent something that is no picture."),
        ]:
            failed = _asks(ines, words)
            assert (failed["state"], failed["error"]) == ("failed", sentence)
            assert [c["state"] for c in failed["candidates"]] == ["failed", "failed"]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A place that the embedded PostgreSQL can reach too: it runs as a user of its own when we are root."""
    with tempfile.TemporaryDirectory(prefix="bower-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)


async def test_a_house_that_asks_a_stranger(folder: Path) -> None:
    async with double(_by_the_words) as one:
        house = House(folder, {
            "BOWERBIRD_MODELS_PICTURES_URL": one.url, "BOWERBIRD_MODELS_PICTURES_MODEL": "dreamer-9",
            "BOWERBIRD_MODELS_PICTURES_TIMEOUT_S": "1",
        })  # fmt: skip
        await asyncio.to_thread(house.start)
        try:
            await asyncio.to_thread(_live_there, house)
        finally:
            assert await asyncio.to_thread(house.stop) == 0
