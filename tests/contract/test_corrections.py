"""People's corrections of the assistant's answers: who sees which, and who takes them away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from bowerbird.core.database import Pool
from tests.conftest import House, Member
from tests.contract.test_asked import BASE, ask, over
from tests.contract.test_asked_pages import HTMX, desk

New = Callable[..., Member]


def answered(ann: Member) -> str:
    """An answer of the assistant that everyone may see."""
    return over(ann, ask(ann, ann.post("The moon is nearer in winter."), "check", aloud=True))["answer_id"]


def corrected(member: Member, answer_id: str, note: str = "In the northern half.") -> dict[str, Any]:
    made = member.client.post(f"{BASE}/posts/{answer_id}/corrections", json={"kind": "wrong", "note": note})
    assert made.status_code == 200, made.text
    return made.json()


def said(client: httpx.Client, answer_id: str) -> list[str]:
    return [one["note"] for one in client.get(f"{BASE}/posts/{answer_id}/stamp").json()["corrections"]]


def page(client: httpx.Client, answer_id: str) -> str:
    return client.get(f"/posts/{answer_id}").text


async def test_what_nobody_agreed_with_is_for_people_who_have_not_blocked_each_other(
    newcomer: New, visitor: httpx.Client, pool: Pool
) -> None:
    ann, bea, carl = newcomer(), newcomer(), newcomer()
    answer_id = answered(ann)
    made = corrected(bea, answer_id)
    assert said(visitor, answer_id) == []
    assert "northern half" not in page(visitor, answer_id)
    assert said(carl.client, answer_id) == ["In the northern half."]
    carl.client.post(f"/api/v1/accounts/{bea.id}/block")
    assert said(carl.client, answer_id) == []
    assert carl.client.put(f"{BASE}/corrections/{made['id']}/agreement", json={"agrees": True}).status_code == 404
    bea.client.post(f"/api/v1/accounts/{ann.id}/block")
    assert said(ann.client, answer_id) == []
    async with pool.transaction() as db:
        await db.execute("update assistant.corrections set shown_at = now() where id = %s", int(made["id"]))
    assert said(visitor, answer_id) == ["In the northern half."]
    assert said(carl.client, answer_id) == []
    async with pool.transaction() as db:
        await db.execute("update accounts.people set deleted_at = now() where id = %s", int(bea.id))
    assert said(visitor, answer_id) == []


def test_one_withdraws_ones_own_and_moderators_any(newcomer: New, visitor: httpx.Client) -> None:
    ann, bea, carl, keeper = newcomer(), newcomer(), newcomer(), newcomer("moderator")
    answer_id = answered(ann)
    first, second = corrected(bea, answer_id, "One"), corrected(carl, answer_id, "Two")
    url = f"{BASE}/corrections"
    assert visitor.delete(f"{url}/{first['id']}").status_code == 401
    assert carl.client.delete(f"{url}/{first['id']}").status_code == 403
    assert bea.client.delete(f"{url}/{first['id']}").status_code == 204
    assert bea.client.delete(f"{url}/{first['id']}").status_code == 404
    assert said(ann.client, answer_id) == ["Two"]
    assert keeper.client.delete(f"{url}/{second['id']}").status_code == 204
    assert said(ann.client, answer_id) == []
    assert corrected(bea, answer_id, "Anew")["agree"] == 1


def test_the_page_has_a_button_for_it(house: House, newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    answer_id = answered(ann)
    mine, theirs = corrected(ann, answer_id, "Mine"), corrected(bea, answer_id, "Theirs")
    where = "/corrections/{}/withdraw"
    with desk(house, ann) as (browser, token):
        page = browser.get(f"/posts/{answer_id}").text
        assert where.format(mine["id"]) in page
        assert where.format(theirs["id"]) not in page
        data = {"csrf": token, "answer_id": answer_id}
        assert browser.post(where.format(mine["id"]), data={**data, "csrf": "0" * 64}).status_code == 403
        assert browser.post(where.format(theirs["id"]), data=data).status_code == 403
        assert browser.post(where.format(mine["id"]), data={"csrf": token}).status_code == 404
        left = browser.post(where.format(mine["id"]), data=data, headers=HTMX)
        assert left.status_code == 200
        assert "Mine" not in left.text
        assert "Theirs" in left.text
