"""Private exchanges through the API: a row for each participant, read or not, with what was said last."""

from __future__ import annotations

from collections.abc import Callable

from mastodon import Mastodon

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.social import conversations
from tests.conftest import House, Member

New = Callable[..., Member]


def program(house: House, member: Member) -> Mastodon:
    return Mastodon(access_token=member.token, api_base_url=house.url, version_check_mode="none")


def test_an_exchange_stands_with_everyone_in_it(house: House, newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    first = ines.post(f"just us @{noor.name}", visibility="direct")
    mine, theirs = program(house, ines).conversations(), program(house, noor).conversations()
    assert [([a.id for a in c.accounts], c.unread, c.last_status.id) for c in mine] == [([noor.id], False, first["id"])]
    assert [([a.id for a in c.accounts], c.unread, c.last_status.id) for c in theirs] == [([ines.id], True, first["id"])]
    assert program(house, sam).conversations() == []
    assert program(house, noor).conversations_read(theirs[0].id).unread is False
    assert noor.client.post(f"/api/v1/conversations/{theirs[0].id}/unread").json()["unread"] is True
    answer = noor.post(f"@{ines.name} yes", visibility="direct", in_reply_to_id=first["id"])
    again = ines.client.get("/api/v1/conversations").json()
    assert [(c["id"], c["unread"], c["last_status"]["id"]) for c in again] == [(mine[0].id, True, answer["id"])]
    noor.client.delete(f"/api/v1/statuses/{answer['id']}")
    assert ines.client.get("/api/v1/conversations").json()[0]["last_status"]["id"] == first["id"]


def test_others_in_it_make_another_exchange_and_pages_go_on(house: House, newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    first = ines.post(f"@{noor.name} one", visibility="direct")
    both = ines.post(f"@{noor.name} @{sam.name} two", visibility="direct", in_reply_to_id=first["id"])
    page = program(house, ines).conversations(limit=1)
    assert [sorted(a.id for a in c.accounts) for c in page] == [sorted([noor.id, sam.id])]
    rest = program(house, ines).fetch_next(page)
    assert [c.last_status.id for c in rest] == [first["id"]]
    assert [c["last_status"]["id"] for c in sam.client.get("/api/v1/conversations").json()] == [both["id"]]


def test_a_conversation_is_ones_own(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.post(f"@{noor.name} psst", visibility="direct")
    own = ines.client.get("/api/v1/conversations").json()[0]["id"]
    for step in ("read", "unread"):
        assert noor.client.post(f"/api/v1/conversations/{own}/{step}").status_code == 404
    assert noor.client.delete(f"/api/v1/conversations/{own}").status_code == 404
    assert ines.client.post(f"/api/v1/conversations/{own}/forget").status_code == 422
    assert ines.client.delete(f"/api/v1/conversations/{own}").json() == {}
    assert ines.client.get("/api/v1/conversations").json() == []
    assert len(noor.client.get("/api/v1/conversations").json()) == 1


async def test_a_block_keeps_an_exchange_away_and_one_with_oneself_names_oneself(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    noor.client.post(f"/api/v1/accounts/{ines.id}/block")
    ines.post(f"@{noor.name} hello?", visibility="direct")
    assert noor.client.get("/api/v1/conversations").json() == []
    ines.post("milk, eggs", visibility="direct")
    mine = ines.client.get("/api/v1/conversations").json()
    assert [a["id"] for a in mine[0]["accounts"]] == [ines.id]
    async with pool.reading() as db:
        me = await people.by_id(db, int(ines.id))
        assert await conversations.unread(db, me) == 0
