"""Streams: what happens reaches those who may see it, over server-sent events and over one WebSocket for many channels."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import httpx
import pytest
from mastodon import Mastodon, StreamListener
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.conftest import House, Member

New = Callable[..., Member]
WAIT_S = 20


class Ears:
    """Reads a stream in a thread of its own."""

    def __init__(self, lines: Iterator[str]) -> None:
        self.heard: queue.Queue[tuple[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def _read(self, lines: Iterator[str]) -> None:
        event = ""
        try:
            for line in lines:
                if line.startswith("event: "):
                    event = line[7:]
                elif line.startswith("data: "):
                    self.heard.put((event, json.loads(line[6:]) if line[6:] else None))
        except (httpx.HTTPError, httpx.StreamError):
            pass
        self.heard.put(None)

    def next(self, event: str = "") -> Any:
        """The next event (called so)."""
        while True:
            found = self.heard.get(timeout=WAIT_S)
            assert found is not None, "the stream ended"
            if not event or found[0] == event:
                return found[1] if event else found

    def ended(self) -> bool:
        while self.heard.get(timeout=WAIT_S) is not None:
            pass
        return True


@contextmanager
def listening(member: Member, channel: str, **asked: str) -> Iterator[Ears]:
    with ExitStack() as stack:
        answer = stack.enter_context(
            member.client.stream("GET", f"/api/v1/streaming/{channel}", params=asked, timeout=WAIT_S * 3)
        )
        assert answer.status_code == 200, answer.read()
        lines = answer.iter_lines()
        assert next(lines) == ":)"
        yield Ears(lines)


@contextmanager
def talking(house: House, member: Member, **asked: str) -> Iterator[ClientConnection]:
    query = "&".join(f"{k}={v}" for k, v in {"access_token": member.token, **asked}.items())
    with connect(f"ws://localhost:{house.port}/api/v1/streaming?{query}") as socket:
        yield socket


def heard(socket: ClientConnection, event: str) -> dict[str, Any]:
    while True:
        said = json.loads(socket.recv(timeout=WAIT_S))
        if said.get("event") == event or (event == "error" and "error" in said):
            return said


def test_a_post_its_edit_and_its_end_reach_a_follower(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    with listening(noor, "user") as ears:
        said = ines.post("heard at once")
        told = ears.next("update")
        assert (told["id"], told["content"], told["favourited"]) == (said["id"], "<p>heard at once</p>", False)
        ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": "heard again"})
        assert ears.next("status.update")["content"] == "<p>heard again</p>"
        ines.client.delete(f"/api/v1/statuses/{said['id']}")
        assert str(ears.next("delete")) == said["id"]


def test_only_those_who_may_see_it_hear_of_it(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    with listening(noor, "user") as followers, listening(sam, "user") as strangers, listening(sam, "public") as everyone:
        ines.post("for followers", visibility="private")
        assert followers.next("update")["content"] == "<p>for followers</p>"
        asked = {"options": ["yes", "no"], "expires_in": 3600}
        ines.post("a private poll", visibility="private", poll=asked)
        assert followers.next("update")["poll"]["voted"] is False
        noor.client.post(f"/api/v1/accounts/{ines.id}/mute")
        ines.post("for everyone")
        sam.post("of oneself")
        assert everyone.next("update")["content"] == "<p>for everyone</p>"
        assert strangers.next("update")["content"] == "<p>of oneself</p>"
        noor.post("mine")
        assert followers.next("update")["content"] == "<p>mine</p>"


def test_notifications_have_a_stream_of_their_own(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    with listening(ines, "user/notification") as alone, listening(ines, "user") as ears:
        said = ines.post("like me")
        noor.client.post(f"/api/v1/statuses/{said['id']}/favourite")
        for heard_ in (alone.next(), (None, ears.next("notification"))):
            assert heard_[0] in ("notification", None)
            assert (heard_[1]["type"], heard_[1]["account"]["id"], heard_[1]["status"]["id"]) == (
                "favourite",
                noor.id,
                said["id"],
            )


def test_many_channels_on_one_socket(house: House, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    with talking(house, noor, stream="user") as socket:
        socket.send(json.dumps({"type": "subscribe", "stream": "hashtag", "tag": "BowerStream"}))
        socket.send(json.dumps({"type": "subscribe", "stream": "public:media"}))
        socket.send(json.dumps({"type": "subscribe", "stream": "nothing"}))
        assert heard(socket, "error")["status"] == 404
        said = ines.post("look #bowerstream")
        told = heard(socket, "update")
        assert told["stream"] == ["hashtag", "bowerstream"]
        assert json.loads(told["payload"])["id"] == said["id"]
        noor.follow(ines)
        both = ines.post("again #bowerstream")
        streams = {tuple(heard(socket, "update")["stream"]) for _ in range(2)}
        assert streams == {("user",), ("hashtag", "bowerstream")}
        socket.send(json.dumps({"type": "unsubscribe", "stream": "hashtag", "tag": "bowerstream"}))
        socket.send("no json")
        ines.client.delete(f"/api/v1/statuses/{both['id']}")
        gone = heard(socket, "delete")
        assert gone["payload"] == both["id"]


def test_a_socket_takes_its_token_in_three_ways(house: House, newcomer: New) -> None:
    ines = newcomer()
    where = f"ws://localhost:{house.port}/api/v1/streaming?stream=user"
    bearer = {"Authorization": f"Bearer {ines.token}"}
    with connect(where, additional_headers=bearer) as one, connect(where, subprotocols=[ines.token]) as two:  # type: ignore[list-item]
        assert two.subprotocol == ines.token
        ines.post("both")
        assert heard(one, "update")["stream"] == heard(two, "update")["stream"] == ["user"]
    for wrong in (where, f"{where}&access_token=nothing"):
        with pytest.raises(Exception, match="403"):
            connect(wrong)


def test_direct_messages_and_lists_have_streams(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    made = noor.client.post("/api/v1/lists", json={"title": "birds"}).json()
    noor.client.post(f"/api/v1/lists/{made['id']}/accounts", json={"account_ids": [ines.id]})
    with listening(noor, "direct") as private, listening(noor, "list", list=made["id"]) as listed:
        said = ines.post(f"psst @{noor.name}", visibility="direct")
        assert private.next("conversation")["last_status"]["id"] == said["id"]
        open_ = ines.post("for the list")
        assert listed.next("update")["id"] == open_["id"]
    assert sam.client.get("/api/v1/streaming/list", params={"list": made["id"]}).status_code == 404


def test_changed_filters_are_told_and_hold(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.follow(noor)
    with listening(ines, "user") as ears:
        ines.client.post(
            "/api/v2/filters", json={"title": "spoilers", "context": ["home"], "keywords_attributes": [{"keyword": "x"}]}
        )
        assert ears.next() == ("filters_changed", None)
        noor.post("y")
        assert ears.next("update")["filtered"] == []
        noor.post("an x in it")
        assert ears.next("update")["filtered"][0]["keyword_matches"] == ["x"]


def test_a_stream_ends_with_its_token(newcomer: New, house: House, visitor: httpx.Client) -> None:
    app = visitor.post("/api/v1/apps", json={"client_name": "Ears", "scopes": "read"}).json()
    ines = newcomer()
    from tests.contract.test_oauth import OOB, came, decide, returned
    from tests.contract.test_people import sign_in

    with house.client() as browser:
        sign_in(browser, ines.name)
        code = returned(decide(browser, client_id=app["client_id"], redirect_uri=OOB, scope="read"))["code"]
    token = came(visitor, app, code=code, redirect_uri=OOB).json()["access_token"]
    with (
        visitor.stream("GET", "/api/v1/streaming/user", params={"access_token": token}, timeout=WAIT_S * 3) as answer,
        connect(f"ws://localhost:{house.port}/api/v1/streaming?stream=user&access_token={token}") as socket,
    ):
        ears = Ears(answer.iter_lines())
        given = {"client_id": app["client_id"], "client_secret": app["client_secret"], "token": token}
        assert httpx.post(f"{house.url}/oauth/revoke", data=given).status_code == 200
        assert ears.ended()
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=WAIT_S)


def test_streams_are_for_tokens_that_may(newcomer: New, visitor: httpx.Client) -> None:
    writer, listener = newcomer(scopes="write"), newcomer(scopes="read:notifications")
    assert visitor.get("/api/v1/streaming/health").text == "OK"
    assert visitor.get("/api/v1/streaming/user").status_code == 401
    assert writer.client.get("/api/v1/streaming/user").status_code == 403
    assert listener.client.get("/api/v1/streaming/user").status_code == 403
    with listening(listener, "user/notification"):
        pass
    assert listener.client.get("/api/v1/streaming/nothing").status_code == 404
    assert listener.client.get("/api/v1/streaming/hashtag").status_code == 422


def test_nobody_opens_streams_without_end(newcomer: New) -> None:
    ines = newcomer()
    with ExitStack() as stack:
        for _ in range(20):
            stack.enter_context(listening(ines, "public"))
        assert ines.client.get("/api/v1/streaming/public").status_code == 429
    until = time.monotonic() + WAIT_S
    while True:  # those that were closed make room
        with ines.client.stream("GET", "/api/v1/streaming/public") as again:
            if again.status_code == 200:
                return
        assert time.monotonic() < until


def test_mastodon_py_listens(house: House, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    found: queue.Queue[tuple[str, Any]] = queue.Queue()

    class Listener(StreamListener):
        def on_update(self, status: Any) -> None:
            found.put(("update", status))

        def on_notification(self, notification: Any) -> None:
            found.put(("notification", notification))

    client = Mastodon(access_token=noor.token, api_base_url=house.url)
    assert client.stream_healthy()
    handle = client.stream_user(Listener(), run_async=True, timeout=WAIT_S)
    said: dict[str, Any] = {}
    for _ in range(WAIT_S):  # until its thread listens
        said = ines.post("to a library")
        try:
            event, told = found.get(timeout=1)
            break
        except queue.Empty:
            continue
    assert (event, told.content) == ("update", said["content"])
    handle.close()
