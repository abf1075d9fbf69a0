"""Who may remix: everyone, followers, no one; binding from then on; never across a block; uploads only where their owner says so."""

from __future__ import annotations

from typing import Any

import httpx
import psycopg
import pytest

from bowerbird.inference.images import WORDS_ONLY
from tests.conftest import House, Member, finished, picture_of
from tests.contract.contests import API, New, upload
from tests.contract.test_studio import shown

SMALL = {"prompt": "at dawn", "count": 1, "width": 256, "height": 256}


def ask(member: Member, picture: str) -> httpx.Response:
    return member.client.post(f"{API}/generations", json={**SMALL, "source_picture_id": picture})


def permit(member: Member, picture: str, remix: str | None) -> dict[str, Any]:
    answer = member.client.put(f"{API}/pictures/{picture}/permissions", json={"remix": remix})
    assert answer.status_code == 200, answer.text
    return answer.json()["permissions"]


def said(member: Member | httpx.Client, picture: str) -> dict[str, Any]:
    client = member.client if isinstance(member, Member) else member
    return client.get(f"{API}/pictures/{picture}").json()["permissions"]


def test_a_change_binds_from_then_on(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    picture, _ = shown(ines)
    child, status = shown(noor, "at night", source_picture_id=picture)
    begun = ask(noor, picture).json()
    permit(ines, picture, "no_one")
    refused = ask(noor, picture)
    assert (refused.status_code, refused.json()["detail"]) == (403, "Its author keeps this one as it is.")
    assert finished(noor, begun["id"])["state"] == "done"  # queued before, painted after
    lineage = noor.client.get(f"{API}/pictures/{child}/lineage").json()
    assert [one["picture_id"] for one in lineage["ancestors"]] == [picture]
    assert noor.client.get(f"/api/v1/statuses/{status}").json()["media_attachments"][0]["bower"]["parent"]["by"] == ines.name
    assert ask(ines, picture).status_code == 202  # oneself always
    permit(ines, picture, "everyone")
    assert ask(noor, picture).status_code == 202


def test_the_account_says_where_the_picture_does_not(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    plain, _ = shown(ines)
    own, _ = shown(ines)
    permit(ines, own, "everyone")
    assert ines.client.put(f"{API}/permissions", json={"remix": "no_one"}).json()["remix"] == "no_one"
    assert (ask(noor, plain).status_code, ask(noor, own).status_code) == (403, 202)
    assert said(noor, plain) == {"remix": "no_one", "you_may_remix": False, "why_not": "Its author keeps this one as it is."}
    permit(ines, own, None)
    assert ask(noor, own).status_code == 403


def test_followers_means_followers_and_no_longer_when_they_stop(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    picture, _ = shown(ines)
    permit(ines, picture, "followers")
    assert ask(noor, picture).json()["detail"] == "Its author lets followers remix it."
    noor.follow(ines)
    assert said(noor, picture)["you_may_remix"] is True
    assert ask(noor, picture).status_code == 202
    noor.client.post(f"/api/v1/accounts/{ines.id}/unfollow")
    assert ask(noor, picture).status_code == 403
    ines.follow(noor)  # the other way round is not it
    assert ask(noor, picture).status_code == 403


@pytest.mark.parametrize("way", ["author blocks", "remixer blocks"])
def test_nothing_is_remixed_across_a_block(newcomer: New, way: str) -> None:
    ines, noor = newcomer(), newcomer()
    picture, _ = shown(ines)
    one, other = (ines, noor) if way == "author blocks" else (noor, ines)
    one.client.post(f"/api/v1/accounts/{other.id}/block")
    assert ask(noor, picture).status_code == 404
    assert noor.client.get(f"{API}/pictures/{picture}").status_code == 404
    assert noor.client.get(f"{API}/pictures/{picture}/lineage").status_code == 404


def test_only_its_author_says_who_may(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    picture, _ = shown(ines)
    where = f"{API}/pictures/{picture}/permissions"
    assert noor.client.put(where, json={"remix": "no_one"}).status_code == 404
    assert visitor.put(where, json={"remix": "no_one"}).status_code == 401
    assert ines.client.put(where, json={"remix": "friends"}).status_code == 422
    media = upload(ines)
    assert noor.client.put(f"{API}/media/{media}/permissions", json={"remix": "everyone"}).status_code == 422
    assert visitor.put(f"{API}/media/{media}/permissions", json={"remix": "everyone"}).status_code == 401
    assert said(visitor, picture)["you_may_remix"] is False


def test_an_upload_is_remixed_only_where_its_owner_says_so(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    media = upload(ines, seed=7, alt="A painted boat")
    status = ines.post("my boat", media_ids=[media])
    assert status["media_attachments"][0]["bower"] is None  # nothing by default, whatever the account says of its pictures
    offered = ines.client.put(f"{API}/media/{media}/permissions", json={"remix": "everyone"}).json()
    picture = offered["id"]
    shown_now = noor.client.get(f"/api/v1/statuses/{status['id']}").json()["media_attachments"][0]
    assert (shown_now["bower"]["picture_id"], shown_now["bower"]["uploaded"]) == (picture, True)
    assert "AI-made" not in shown_now["description"]
    made = picture_of(noor, "a painted boat at night", source_picture_id=picture)["candidates"][0]
    assert WORDS_ONLY in made["notes"]  # the Illustrator goes on from scenes, and says so
    child = noor.post("after yours", media_ids=[made["media_id"]])["media_attachments"][0]["bower"]
    assert child["parent"]["by"] == ines.name
    lineage = noor.client.get(f"{API}/pictures/{child['picture_id']}/lineage").json()
    assert lineage["credit_lines"] == [f"Remixed from a picture by @{ines.name}"]
    ines.client.put(f"{API}/media/{media}/permissions", json={"remix": "no_one"})
    assert ask(noor, picture).status_code == 403
    assert permit(ines, picture, None)["remix"] == "no_one"  # the account's default never opens an upload
    assert ask(noor, picture).status_code == 403
    assert noor.client.get(f"{API}/pictures/{child['picture_id']}/lineage").json()["ancestors"][0]["by"] == ines.name


def test_an_upload_that_is_not_shown_is_nobodys_source(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    media = upload(ines, seed=3)
    picture = ines.client.put(f"{API}/media/{media}/permissions", json={"remix": "everyone"}).json()["id"]
    assert ask(noor, picture).status_code == 404
    ines.post("now", media_ids=[media])
    assert ask(noor, picture).status_code == 202
    made, _ = shown(ines)
    generated = ines.client.get(f"{API}/pictures/{made}").json()
    assert ines.client.put(f"{API}/media/{generated['id']}/permissions", json={"remix": "everyone"}).status_code == 422


def test_the_switch_of_generated_pictures_stands_on_their_own_page(newcomer: New) -> None:
    ines = newcomer()
    made = picture_of(ines)["candidates"][0]
    answer = ines.client.put(f"{API}/media/{made['media_id']}/permissions", json={"remix": "everyone"})
    assert (answer.status_code, "own page" in answer.json()["detail"]) == (409, True)


def test_credit_goes_all_the_way_up_and_says_nothing_of_what_is_hidden(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    first, _ = shown(ines)
    second, _ = shown(noor, "at night", source_picture_id=first)
    third, _ = shown(sam, "in the rain", source_picture_id=second)
    told = visitor.get(f"{API}/pictures/{third}/lineage").json()
    assert told["credit"] == f"Remixed from a picture by @{noor.name}, which came from a picture by @{ines.name}."
    page = visitor.get(f"/pictures/{third}").text
    assert f"one by @{noor.name}" in page
    assert f"one by @{ines.name}" in page
    noor.client.delete(f"{API}/pictures/{second}")
    told = visitor.get(f"{API}/pictures/{third}/lineage").json()
    assert told["credit_lines"] == [
        "Remixed from a picture that its author took down", f"which came from a picture by @{ines.name}",
    ]  # fmt: skip
    tree = visitor.get(f"/pictures/{third}/tree").text
    assert "taken down by its author" in tree
    assert noor.name not in tree


def test_a_remix_of_ones_own_private_picture_does_not_say_that_it_was_taken_down(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    draft = picture_of(ines, "a harbour")["candidates"][0]
    remix = picture_of(ines, "a harbour at night", source_picture_id=draft["picture_id"])["candidates"][0]

    def credit() -> list[str]:
        return ines.client.get(f"{API}/pictures/{remix['picture_id']}/lineage").json()["credit_lines"]

    assert credit() == ["Remixed from a picture that is not shown to everyone"]
    ines.client.delete(f"{API}/pictures/{draft['picture_id']}")
    assert credit() == ["Remixed from a picture that its author took down"]


def test_the_tree_hides_what_one_may_not_see_and_what_was_said_in_it(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    first, _ = shown(ines, "a quiet harbour")
    made = picture_of(noor, "a secret harbour at midnight", source_picture_id=first)["candidates"][0]
    noor.post("for few", media_ids=[made["media_id"]], visibility="private")
    draft = picture_of(sam, "an unseen draft", source_picture_id=first)["candidates"][0]
    open_tree = visitor.get(f"/pictures/{first}/tree").text
    assert "A picture not shown to you" in open_tree
    for secret in ("secret", "midnight", noor.name, "draft", sam.name, made["picture_id"], draft["picture_id"]):
        assert secret not in open_tree
    assert visitor.get(f"/pictures/{made['picture_id']}/tree").status_code == 404
    assert visitor.get("/pictures/12/tree").status_code == 404
    assert visitor.get(f"/pictures/{first}/tree?open=12&open=abc&open={first}&view=outline").status_code == 200


def test_a_stranger_is_led_through_signing_up_into_the_studio(newcomer: New, house: House, visitor: httpx.Client) -> None:
    ines = newcomer()
    picture, status = shown(ines, "a red fox in the snow")
    for path in (f"/pictures/{picture}", f"/posts/{status}"):
        assert f'href="/signup?next=/studio%3Fremix%3D{picture}"' in visitor.get(path).text
    page = visitor.get("/signup", params={"next": f"/studio?remix={picture}"})
    token = page.text.split('name="csrf" value="')[1].split('"')[0]
    name = f"came_{picture[-8:]}"
    form = {
        "csrf": token,
        "username": name,
        "email": f"{name}@example.org",
        "password": "a nest of blue glass",
        "next": f"/studio?remix={picture}",
    }
    joined = visitor.post("/signup", data=form)
    assert (joined.status_code, joined.headers["location"]) == (303, f"/studio?remix={picture}")
    studio = visitor.get(joined.headers["location"])
    assert "a red fox in the snow" in studio.text
    assert f'name="remix" value="{picture}"' in studio.text
    permit(ines, picture, "no_one")
    with house.client(timeout=30) as other:
        assert "Make your version" not in other.get(f"/pictures/{picture}").text


@pytest.mark.parametrize(
    "where", ["https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)", ""]
)
def test_nobody_is_led_elsewhere(house: House, where: str) -> None:
    with house.client(timeout=30) as stranger:
        token = stranger.get("/signup", params={"next": where}).text.split('name="csrf" value="')[1].split('"')[0]
        name = f"went_{abs(hash(where)) % 10**8}"
        form = {
            "csrf": token,
            "username": name,
            "email": f"{name}@example.org",
            "password": "a nest of blue glass",
            "next": where,
        }
        assert stranger.post("/signup", data=form).headers["location"] == "/local"


def test_pictures_of_an_upload_go_with_it(newcomer: New, house: House) -> None:
    ines = newcomer()
    media = upload(ines, seed=11)
    picture = ines.client.put(f"{API}/media/{media}/permissions", json={"remix": "everyone"}).json()["id"]
    assert ines.client.delete(f"/api/v1/media/{media}").status_code == 200
    assert ines.client.get(f"/pictures/{picture}").status_code in (404, 410)
    with psycopg.connect(house.database_url) as connection:
        left = connection.execute("select media_id from studio.pictures where id = %s", (int(picture),)).fetchone()
    assert left in (None, (None,))
