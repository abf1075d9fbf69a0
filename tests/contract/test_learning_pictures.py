"""What people teach the picture models, from their consent to the file it was learned into."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bowerbird.core.settings import Settings
from bowerbird.learning import serving
from bowerbird.learning.pictures import reward
from bowerbird.learning.pictures.reward import Choice
from tests.conftest import House, Member, picture_of
from tests.contract import walks

API = "/api/bower/v1"
New = Callable[..., Member]


def learn(house: House, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bowerbird.cli", "learn", *words], env=house.env, capture_output=True, text=True, timeout=300
    )


def pick(who: Member, prompt: str) -> None:
    made = picture_of(who, prompt, count=4)
    chosen = next(c for c in made["candidates"] if c["state"] == "done")
    assert who.client.post(f"{API}/generations/{made['id']}/choice", json={"candidate_id": chosen["id"]}).status_code == 200


def show(who: Member, prompt: str, source_picture_id: str | None = None, **fields: Any) -> dict[str, Any]:
    made = picture_of(who, prompt, **({"source_picture_id": source_picture_id} if source_picture_id else {}))
    return who.post("look", media_ids=[made["candidates"][0]["media_id"]], **fields)


@pytest.fixture
def reward_file(house: House) -> Any:
    file = house.folder / "data" / "models" / "picture-reward.json"
    file.unlink(missing_ok=True)
    yield file
    file.unlink(missing_ok=True)


def test_picks_teach_only_where_people_agreed(newcomer: New, house: House, reward_file: Path) -> None:
    silent, willing = newcomer(), newcomer()
    pick(silent, "a fox in the snow")
    willing.client.put(f"{API}/consents", json={"train_picture_picks": True})
    for prompt in ("a fox", "a castle", "an owl at night", "a boat", "two cats", "a house", "a piano"):
        pick(willing, prompt)
    said = json.loads(learn(house, "dataset", "pictures", "--json").stdout)
    assert set(said) >= {"dataset", "items", "people", "excluded"}
    told = willing.client.get(f"{API}/receipts").json()["receipts"]
    assert [(one["event"], [entry["model"] for entry in one["datasets"]]) for one in told] == [
        ("CandidatePicked", ["pictures"])
    ] * 7
    assert silent.client.get(f"{API}/receipts").json()["receipts"] == []
    walked = json.loads(learn(house, "reward", "--json").stdout)
    assert walked["dataset"] == said["dataset"]
    assert walked["state"] in ("held", "nothing"), "seven picks of one person pass no gate"
    assert not reward_file.exists()
    willing.client.put(f"{API}/consents", json={"train_picture_picks": None})
    after = json.loads(learn(house, "dataset", "pictures", "--json").stdout)
    assert after["items"] == said["items"] - 7, "what was taken back teaches no more"


def test_a_head_in_service_orders_the_tries(newcomer: New, house: House) -> None:
    dice = np.random.default_rng(1)
    tries = [dice.normal(size=(4, 64)).astype(np.float32) for _ in range(20)]
    taught = [Choice("a", four[0], four[1:]) for four in tries]
    head = reward.learn(taught)
    assert head
    with walks.in_use(house, "pictures") as file:
        head.write(file)
        serving.put(Settings(data_dir=str(house.folder / "data")), "pictures", 900)
        made = picture_of(newcomer(), "a lion in the desert", count=4)
    scores = [c["reward"] for c in made["candidates"]]
    assert all(isinstance(score, float) for score in scores)
    assert [c["id"] for c in made["candidates"]] == [c["id"] for c in sorted(made["candidates"], key=lambda c: -c["reward"])]


def test_liked_pictures_teach_only_where_their_makers_agreed(newcomer: New, house: House, tmp_path: Path) -> None:
    willing, silent, fan = newcomer(), newcomer(), newcomer()
    willing.client.put(f"{API}/consents", json={"train_pictures": True})
    liked = show(willing, "a lighthouse at dusk, test of teaching")
    alone = show(willing, "a windmill nobody liked")
    followers = show(willing, "a teacup for followers", visibility="private")
    unasked = show(silent, "a dragon of someone who never agreed")
    theirs = picture_of(silent, "an octopus of someone who never agreed")
    silent.post("mine", media_ids=[theirs["candidates"][0]["media_id"]])
    remixed = show(willing, "an octopus remixed by who agreed", source_picture_id=theirs["candidates"][0]["picture_id"])
    fan.follow(willing)
    for post, who in ((liked, fan), (unasked, fan), (alone, willing), (followers, fan), (remixed, fan)):
        assert who.client.post(f"/api/v1/statuses/{post['id']}/favourite").status_code == 200
    folder = tmp_path / "liked"
    done = learn(house, "liked", str(folder))
    assert done.returncode == 0, done.stderr
    told = [line for file in folder.glob("*.json") for line in json.loads(file.read_text())]
    words = " ".join(caption for line in told for caption in line["captions"])
    assert "test of teaching" in words
    for never in ("nobody liked", "for followers", "never agreed", "remixed by who agreed"):
        assert never not in words
    assert "not empty" in learn(house, "liked", str(folder)).stderr, "what was withdrawn since would stay in it"
