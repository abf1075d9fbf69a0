"""Consents where they come up: a conversation's own word, the question that is asked once, what a file reserves, who is under 18."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import c2pa
import httpx
import psycopg
import pytest
from PIL import Image, PngImagePlugin

from bowerbird.accounts import people
from bowerbird.assistant import messages, reading
from bowerbird.assistant.reading import Eyes
from bowerbird.core.database import Database, Pool
from bowerbird.core.paging import Page
from bowerbird.core.settings import Settings, load
from bowerbird.events import consent, minors, questions
from bowerbird.learning.datasets import building, receipts
from bowerbird.media.provenance import certificate
from tests.conftest import House, Member, picture_of
from tests.contract.test_chat_pages import post, seated
from tests.contract.test_conversations_private import BASE, begin, over
from tests.contract.test_datasets import answered, everything, somebody
from tests.contract.test_people import csrf
from tests.contract.test_provenance import uploaded
from tests.unit.test_media import encoded

New = Callable[..., Member]
FEEDBACK = "train_assistant_feedback"
PICKS = "train_picture_picks"
CAPTURE = "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


def test_a_conversation_has_a_word_of_its_own_that_is_only_its_persons(newcomer: New, visitor: httpx.Client) -> None:
    ann, noor, reader = newcomer(), newcomer(), newcomer(scopes="read")
    conversation, _ = begin(ann, "/trends")
    path = f"{BASE}/conversations/{conversation['id']}/consents"
    unsaid = {FEEDBACK: None, "train_assistant_conversations": None, "public_dataset": None}
    assert ann.client.get(path).json() == unsaid
    assert ann.client.put(path, json={FEEDBACK: True}).json() == unsaid | {FEEDBACK: True}
    assert ann.client.put(path, json={FEEDBACK: None, "public_dataset": False}).json() == unsaid | {"public_dataset": False}
    assert ann.client.put(path, json={"train_pictures": True}).status_code == 422
    assert ann.client.put(path, json={FEEDBACK: "yes"}).status_code == 422
    for client in (noor.client, reader.client):
        assert client.get(path).status_code == 404
    assert noor.client.put(path, json={FEEDBACK: True}).status_code == 404
    assert reader.client.put(path, json={FEEDBACK: True}).status_code == 403
    assert visitor.get(path).status_code == 401
    assert visitor.put(path, json={FEEDBACK: True}).status_code == 401
    assert ann.client.get(path).json() == unsaid | {"public_dataset": False}


async def test_a_dataset_follows_what_is_said_of_a_conversation(db: Database, where: Settings) -> None:
    ines = await somebody(db, "ines_one_talk")
    open_talk, (first,) = await answered(db, ines, "Which ink is waterproof?", "Iron gall.")
    _, (second,) = await answered(db, ines, "Which ink fades?", "Most dyes.")
    await consent.say_of_item(db, ines.id, "conversation", open_talk, {FEEDBACK: True})
    for answer in (first, second):
        await messages.rate(db, ines, answer, 1)
    _, folder = await building.build(db, where)
    own = [row["chosen"] for row in everything(folder) if row["chosen"] in ("Iron gall.", "Most dyes.")]
    assert own == ["Iron gall."], "the account said nothing, one conversation yes"
    await consent.say_of_item(db, ines.id, "conversation", open_talk, {FEEDBACK: None})
    _, folder = await building.build(db, where)
    assert not any(row["chosen"] == "Iron gall." for row in everything(folder))


def test_the_page_of_a_conversation_asks_whether_it_may_teach(house: House, newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    with seated(house, ann.name) as browser:
        where = f"/chat/{conversation['id']}"
        assert "As my account says (no)" in browser.get(where).text
        assert post(browser, f"{where}/teach", **{FEEDBACK: "yes", "train_assistant_conversations": "no"}).status_code == 303
        said = ann.client.get(f"{BASE}/conversations/{conversation['id']}/consents").json()
        assert said == {FEEDBACK: True, "train_assistant_conversations": False, "public_dataset": None}


def test_the_first_thumb_asks_once_and_never_again(house: House, newcomer: New) -> None:
    ann, sentence = newcomer(), "May your ratings teach the assistant here?"
    (one, first), (two, second) = begin(ann, "/trends"), begin(ann, "/trends")
    for answer in (first, second):
        over(ann.client, answer["id"])
    with seated(house, ann.name) as browser:
        at, other = f"/chat/{one['id']}", f"/chat/{two['id']}"
        assert sentence not in browser.get(at).text
        post(browser, f"/chat/messages/{first['id']}/rate", thumb="1")
        assert browser.get(at).text.count(sentence) == 1
        post(browser, f"/chat/messages/{second['id']}/rate", thumb="1")
        assert sentence not in browser.get(other).text, "it stands beside the first"
        assert post(browser, "/learning/questions/train_pictures", answer="yes").status_code == 404
        gone = post(browser, f"/learning/questions/{FEEDBACK}", answer="", back=at)
        assert gone.headers["location"] == at
        assert sentence not in browser.get(at).text
        assert ann.client.get(f"{BASE}/consents").json()[FEEDBACK] is None, "waved away is no answer"
        post(browser, f"/chat/messages/{first['id']}/rate", thumb="0")
        post(browser, f"/chat/messages/{first['id']}/rate", thumb="-1")
        assert sentence not in browser.get(at).text
        assert (
            post(browser, f"/learning/questions/{FEEDBACK}", answer="no", back="//elsewhere.example").headers["location"] == "/"
        )


def test_yes_beside_a_thumb_is_that_purpose_and_no_other(house: House, newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    with seated(house, ann.name) as browser:
        post(browser, f"/chat/messages/{answer['id']}/rate", thumb="-1")
        post(browser, f"/learning/questions/{FEEDBACK}", answer="yes", back=f"/chat/{conversation['id']}")
        said = ann.client.get(f"{BASE}/consents").json()
        assert {purpose for purpose, word in said.items() if word is not None} == {FEEDBACK}
        assert said[FEEDBACK] is True
        assert "May your ratings" not in browser.get(f"/chat/{conversation['id']}").text


def test_who_spoke_of_it_before_is_not_asked(house: House, newcomer: New) -> None:
    ann = newcomer()
    ann.client.put(f"{BASE}/consents", json={FEEDBACK: False})
    conversation, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    with seated(house, ann.name) as browser:
        post(browser, f"/chat/messages/{answer['id']}/rate", thumb="1")
        assert "May your ratings" not in browser.get(f"/chat/{conversation['id']}").text


def test_the_first_pick_asks_once(house: House, newcomer: New) -> None:
    ann, sentence = newcomer(), "May your picks teach the picture model here?"
    made = picture_of(ann, count=2)
    with seated(house, ann.name) as browser:
        assert sentence not in browser.get("/studio").text
        kept = browser.post(
            f"/studio/generations/{made['id']}/show",
            data={
                "csrf": csrf(browser, "/studio"),
                "candidate_id": made["candidates"][0]["id"],
                "caption": "",
                "visibility": "public",
            },
        )
        shown = kept.headers["location"]
        assert sentence in browser.get(shown).text
        assert sentence in browser.get("/studio").text
        post(browser, f"/learning/questions/{PICKS}", answer="yes", back="/studio")
        assert sentence not in browser.get("/studio").text
        assert ann.client.get(f"{BASE}/consents").json()[PICKS] is True


def reserving(tmp: Path, label: str, entries: dict[str, Any]) -> bytes:
    """A JPEG that somebody signed with a word on learning from it."""
    there = load({"BOWERBIRD_DATA_DIR": str(tmp), "BOWERBIRD_URL": "https://elsewhere.example"})
    ours, out = certificate.of(there), io.BytesIO()
    manifest = {
        "claim_generator_info": [{"name": "A camera", "version": "1"}], "title": "x",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": CAPTURE}]}},
            {"label": label, "data": {"entries": entries}},
        ],
    }  # fmt: skip
    info = c2pa.C2paSignerInfo(ours.algorithm.encode(), ours.chain, ours.key, None)  # type: ignore[arg-type]
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(manifest)) as builder:
        builder.sign(signer, "image/jpeg", io.BytesIO(encoded("JPEG", (320, 320))), out)
    return out.getvalue()


def origin(house: House, media_id: str) -> str:
    with psycopg.connect(house.database_url) as connection:
        row = connection.execute("select reserved from media.origins where media_id = %s", (int(media_id),)).fetchone()
    return row[0] if row else ""


@pytest.mark.parametrize(
    ("label", "entries", "says"),
    [
        ("cawg.training-mining", {"cawg.ai_generative_training": {"use": "notAllowed"}}, "credentials"),
        ("c2pa.training-mining", {"c2pa.ai_training": {"use": "constrained", "constraint_info": "ask me"}}, "credentials"),
        ("cawg.training-mining", {"cawg.ai_inference": {"use": "notAllowed"}, "cawg.ai_training": {"use": "allowed"}}, ""),
    ],
)
def test_what_credentials_reserve_is_kept(
    house: House, newcomer: New, tmp_path: Path, label: str, entries: dict[str, Any], says: str
) -> None:
    ann = newcomer()
    ann.client.put(f"{BASE}/consents", json={"train_pictures": True, PICKS: True})
    media = uploaded(ann, reserving(tmp_path, label, entries))
    assert origin(house, media["id"]) == says
    said = ann.post("from elsewhere", media_ids=[media["id"]])
    answer = ann.client.put(f"{BASE}/posts/{said['id']}/consents", json={"train_pictures": True})
    assert answer.status_code == (422 if says else 200)
    if says:
        assert "no model may learn from it" in answer.json()["detail"]
        kept = ann.client.put(
            f"{BASE}/posts/{said['id']}/consents", json={"train_pictures": None, "train_assistant_posts": True}
        ).json()
        assert (kept["train_pictures"], kept[PICKS], kept["train_assistant_posts"]) == (False, False, True)
    with seated(house, ann.name) as browser:
        assert ("no model may learn from it" in browser.get(f"/posts/{said['id']}").text) == bool(says)
        assert "no model may learn from it" not in httpx.get(f"{house.url}/posts/{said['id']}").text
        assert browser.get(f"/posts/{said['id']}/edit").status_code == 200


XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description
 xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/" {}/></rdf:RDF></x:xmpmeta>"""


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("JPEG", "DMI-PROHIBITED-GENAIMLTRAINING", "metadata"), ("WEBP", "DMI-PROHIBITED", "metadata"), ("PNG", "DMI-PROHIBITED", "metadata"),
        ("JPEG", "DMI-ALLOWED", ""),
    ],
)  # fmt: skip
def test_what_metadata_reserves_is_kept_and_stays_with_what_is_made_from_it(
    house: House, newcomer: New, kind: str, value: str, says: str
) -> None:
    ann = newcomer()
    packet = XMP.format(f'plus:DataMining="http://ns.useplus.org/ldf/vocab/{value}"')
    if kind == "PNG":
        more, out = PngImagePlugin.PngInfo(), io.BytesIO()
        more.add_itxt("XML:com.adobe.xmp", packet, zip=True)
        Image.open(io.BytesIO(encoded("PNG"))).save(out, "PNG", pnginfo=more)
        data = out.getvalue()
        assert b"DataMining" not in data
    else:
        data = encoded(kind, xmp=packet.encode())
    media = uploaded(ann, data, f"a.{kind.lower()}")
    assert origin(house, media["id"]) == says
    if kind != "WEBP":
        return
    ann.client.put(f"{BASE}/consents", json={PICKS: True})
    ann.post("mine", media_ids=[media["id"]])
    source = ann.client.put(f"{BASE}/media/{media['id']}/permissions", json={"remix": "everyone"}).json()
    made = picture_of(ann, "a boat", source_picture_id=source["id"])
    again = picture_of(ann, "a red boat", source_picture_id=made["candidates"][0]["picture_id"])
    assert origin(house, again["candidates"][0]["media_id"]) == "metadata"


async def test_a_generation_from_a_reserved_picture_teaches_nothing(house: House, newcomer: New, pool: Pool) -> None:
    ann = newcomer()
    packet = XMP.format('plus:DataMining="http://ns.useplus.org/ldf/vocab/DMI-PROHIBITED"')
    ann.client.put(f"{BASE}/consents", json={PICKS: True})
    media = uploaded(ann, encoded("WEBP", xmp=packet.encode()), "a.webp")
    ann.post("mine", media_ids=[media["id"]])
    source = ann.client.put(f"{BASE}/media/{media['id']}/permissions", json={"remix": "everyone"}).json()
    made = picture_of(ann, "a boat", count=2, source_picture_id=source["id"])
    assert ann.client.post(f"{BASE}/candidates/{made['candidates'][0]['id']}/choice").status_code < 500
    async with pool.reading() as db:
        assert (await consent.of_item(db, "generation", int(made["id"])))[PICKS] is False
        assert await consent.reserved(db, "generation", int(made["id"])) == set(consent.RESERVES)


async def test_nothing_of_who_is_under_18_is_learned(db: Database, where: Settings) -> None:
    ines = await somebody(db, "ines_is_fifteen")
    await consent.say(db, ines.id, {FEEDBACK: True, "public_dataset": True})
    talk, (good,) = await answered(db, ines, "Which brush for gouache?", "A flat one.")
    await consent.say_of_item(db, ines.id, "conversation", talk, {FEEDBACK: True})
    await messages.rate(db, ines, good, 1)
    _, folder = await building.build(db, where)
    assert any(row["chosen"] == "A flat one." for row in everything(folder))
    await minors.say(db, ines.id, ines.id)
    assert set((await consent.of(db, ines.id)).values()) == {False}
    assert (await receipts.part(db, ines.id)).leaving == 1
    built, folder = await building.build(db, where)
    assert not any(row["chosen"] == "A flat one." for row in everything(folder))
    told = await receipts.of(db, ines.id, Page())
    assert {entry.reason for one in told for entry in one.entries if entry.dataset_id == built.id} == {"withdrawn"}
    await minors.unsay(db, ines.id, ines.id)
    await minors.unsay(db, ines.id, ines.id)
    assert set((await consent.of(db, ines.id)).values()) == {False}, "what was switched off stays off"
    _, folder = await building.build(db, where)
    assert not any(row["chosen"] == "A flat one." for row in everything(folder))


async def test_the_gate_itself_knows_who_is_under_18(db: Database) -> None:
    ines = await somebody(db, "ines_is_twelve")
    await db.execute("insert into events.minors (account_id) values (%s)", ines.id)
    await db.execute("insert into events.consents (account_id, purpose, granted) values (%s, %s, true)", ines.id, FEEDBACK)
    _, (good,) = await answered(db, ines, "Which brush?", "A round one.")
    await messages.rate(db, ines, good, 1)
    assert await db.values("select distinct consents from events.log where actor_id = %s", ines.id) == [[]]
    gate = consent.learnable(FEEDBACK)
    await db.execute("update events.log set consents = array[%s] where actor_id = %s", FEEDBACK, ines.id)
    assert not await db.values(f"select id from events.log l where l.actor_id = %s and {gate.sql}", ines.id, *gate.args)
    await questions.ask(db, ines.id, PICKS, 12)
    assert await questions.open_(db, ines.id, PICKS) is None


def test_under_18_is_switched_in_the_settings_and_closes_every_purpose(house: House, newcomer: New) -> None:
    ann, noor = newcomer(), newcomer()
    ann.client.put(f"{BASE}/consents", json={"train_pictures": True, "personalise": True})
    with seated(house, ann.name) as browser:
        assert post(browser, "/learning/minor", minor="yes").status_code == 303
        assert "nothing is learned from you and all of this stays off" in browser.get("/settings/learning").text
    assert ann.client.get(f"{BASE}/minor").json() == {"minor": True}
    assert set(ann.client.get(f"{BASE}/consents").json().values()) == {False}
    refused = ann.client.put(f"{BASE}/consents", json={"personalise": True})
    assert (refused.status_code, refused.json()["detail"]) == (422, "Nothing is learned from people under 18, so this stays off.")
    said = ann.post("mine")
    assert ann.client.put(f"{BASE}/posts/{said['id']}/consents", json={"train_assistant_posts": True}).status_code == 422
    assert ann.client.put(f"{BASE}/minor", json={"minor": False}).json() == {"minor": False}
    assert ann.client.put(f"{BASE}/consents", json={"personalise": True}).json()["personalise"] is True
    assert house.command("admin", "account", "minor", ann.name) == {"id": ann.id, "minor": True}
    assert ann.client.put(f"{BASE}/minor", json={"minor": False}).status_code == 403, (
        "what a keeper said is not theirs to take back"
    )
    assert ann.client.get(f"{BASE}/consents").json()["personalise"] is False
    house.command("admin", "account", "minor", ann.name, "--off")
    assert ann.client.get(f"{BASE}/minor").json() == {"minor": False}
    assert noor.client.get(f"{BASE}/minor").json() == {"minor": False}


async def test_who_lets_the_assistant_read_nothing_is_left_out_but_for_themselves(newcomer: New, pool: Pool) -> None:
    ann, noor = newcomer(), newcomer()
    word = f"quillwort{ann.id[-6:]}"
    hers, theirs = ann.post(f"The {word} grows under water."), noor.post(f"I saw a {word} once.")
    assert ann.client.get(f"{BASE}/permissions").json()["ai_read"] == "everyone"
    assert ann.client.put(f"{BASE}/permissions", json={"ai_read": "followers"}).status_code == 422
    assert ann.client.put(f"{BASE}/permissions", json={"ai_read": "no_one"}).json()["ai_read"] == "no_one"
    assert ann.client.get(f"{BASE}/permissions").json()["ai_reply"] == "everyone"

    def sources(member: Member) -> set[str]:
        _, answer = begin(member, f"/search {word}")
        return {one["id"] for one in over(member.client, answer["id"])["sources"]}

    told = await asyncio.to_thread(sources, noor)  # in a full house others come behind it, by their meaning
    assert theirs["id"] in told
    assert hers["id"] not in told
    assert {hers["id"], theirs["id"]} <= await asyncio.to_thread(sources, ann)
    async with pool.reading() as db:
        for member, seen in ((noor, set[int]()), (ann, {int(hers["id"])})):
            for aloud in (False, True):
                eyes = Eyes(await people.by_id(db, int(member.id)), aloud=aloud)
                found = await reading.read(db, eyes, [await reading.one(db, eyes, int(hers["id"]))])
                assert {one.id for one in found} == seen
    assert ann.client.put(f"{BASE}/permissions", json={"ai_read": "everyone"}).json()["ai_read"] == "everyone"
    assert {hers["id"], theirs["id"]} <= await asyncio.to_thread(sources, noor)


def test_a_moderator_says_it_of_somebody_and_nobody_else_may(house: House, newcomer: New) -> None:
    ann, keeper, noor = newcomer(), newcomer(role="moderator"), newcomer()
    ann.client.put(f"{BASE}/consents", json={"train_pictures": True})
    with seated(house, noor.name) as browser:
        assert "Is under 18" not in browser.get(f"/@{ann.name}").text
        for step in ("minor", "of-age"):
            assert post(browser, f"/@{ann.name}/{step}").status_code == 403
    assert ann.client.get(f"{BASE}/minor").json() == {"minor": False}
    with seated(house, keeper.name) as browser:
        assert "Is under 18" in browser.get(f"/@{ann.name}").text
        assert post(browser, f"/@{ann.name}/minor").status_code == 303
        assert "Is not under 18" in browser.get(f"/@{ann.name}").text
        assert ann.client.get(f"{BASE}/consents").json()["train_pictures"] is False
        assert ann.client.put(f"{BASE}/minor", json={"minor": False}).status_code == 403
        with seated(house, ann.name) as own:
            assert "Those who keep this house were told that you are under 18" in own.get("/settings/learning").text
        assert post(browser, f"/@{ann.name}/of-age").status_code == 303
    assert ann.client.get(f"{BASE}/minor").json() == {"minor": False}
