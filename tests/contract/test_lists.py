"""Lists through the API: made, filled with those one follows, one's own."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from tests.conftest import House, Member

New = Callable[..., Member]


def program(house: House, member: Member) -> Mastodon:
    return Mastodon(access_token=member.token, api_base_url=house.url, version_check_mode="none")


def test_a_list_holds_those_one_follows(house: House, newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    mine = program(house, ines)
    made = mine.list_create("Painters", replies_policy="none", exclusive=True)
    assert (made.title, made.replies_policy, made.exclusive) == ("Painters", "none", True)
    assert mine.list_update(made.id, "Friends").title == "Friends"
    assert ines.client.put(f"/api/v1/lists/{made.id}", json={"exclusive": False}).json() == {
        "id": made.id, "title": "Friends", "replies_policy": "list", "exclusive": False,
    }  # fmt: skip
    with pytest.raises(MastodonNotFoundError):
        mine.list_accounts_add(made.id, [noor.id])
    for other in (noor, sam):
        ines.follow(other)
    mine.list_accounts_add(made.id, [noor.id, sam.id])
    with pytest.raises(MastodonAPIError):
        mine.list_accounts_add(made.id, [noor.id])
    assert {a.id for a in mine.list_accounts(made.id)} == {noor.id, sam.id}
    page = ines.client.get(f"/api/v1/lists/{made.id}/accounts", params={"limit": 1})
    assert (len(page.json()), 'rel="next"' in page.headers["link"]) == (1, True)
    assert len(ines.client.get(f"/api/v1/lists/{made.id}/accounts", params={"limit": 0}).json()) == 2
    assert [found.id for found in mine.account_lists(noor.id)] == [made.id]
    mine.list_accounts_delete(made.id, [sam.id])
    assert [a.id for a in mine.list_accounts(made.id)] == [noor.id]
    mine.account_unfollow(noor.id)
    assert mine.list_accounts(made.id) == []
    assert [found.id for found in mine.lists()] == ["1", made.id]
    mine.list_delete(made.id)
    assert [found.title for found in mine.lists()] == ["For You"]


def test_another_persons_list_is_not_there(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.follow(noor)
    made = ines.client.post("/api/v1/lists", data={"title": "mine"}).json()
    where = f"/api/v1/lists/{made['id']}"
    calls = [(method, path) for path in (where, f"{where}/accounts") for method in ("GET", "PUT", "POST", "DELETE")]
    calls = [(method, path) for method, path in calls if method != ("POST" if path == where else "PUT")]
    for method, path in calls:
        body = None if method == "GET" else {"title": "x", "account_ids": [noor.id]}
        assert noor.client.request(method, path, json=body).status_code == 404, (method, path)
    assert noor.client.get(f"/api/v1/accounts/{noor.id}/lists").json() == []
    assert [found["title"] for found in ines.client.get("/api/v1/lists").json()] == ["For You", "mine"]


@pytest.mark.parametrize("wrong", [{}, {"title": "  "}, {"title": "x" * 101}, {"title": "x", "replies_policy": "some"}])
def test_a_list_that_does_not_fit_is_refused(newcomer: New, wrong: dict[str, str]) -> None:
    assert newcomer().client.post("/api/v1/lists", json=wrong).status_code == 422


def test_lists_have_an_end(newcomer: New) -> None:
    ines = newcomer()
    codes = [ines.client.post("/api/v1/lists", json={"title": str(n)}).status_code for n in range(51)]
    assert codes == [200] * 50 + [422]


def test_for_you_is_a_list_for_every_program(house: House, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = [noor.post(f"kestrel {number} over the dunes")["id"] for number in range(25)]
    assert ines.client.put("/api/bower/v1/consents", json={"personalise": True}).is_success
    mine = program(house, ines)
    until = time.monotonic() + 20
    while not ines.client.get(f"/api/bower/v1/posts/{said[-1]}/why").json()["terms"]:
        assert time.monotonic() < until
        time.sleep(0.2)
    seen: list[str] = []
    page = mine.timeline_list("1", limit=10)
    for _ in range(200):
        seen += [str(status.id) for status in page]
        page = mine.fetch_next(page)
        if not page:
            break
    assert len(seen) == len(set(seen))
    assert len(seen) >= 10
    assert mine.list("1").title == "For You"
    assert mine.list_accounts("1") == []
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/accounts"), ("DELETE", "/accounts")):
        answer = ines.client.request(method, f"/api/v1/lists/1{path}", json={"title": "x", "account_ids": [noor.id]})
        assert answer.status_code == 403, (method, path)
