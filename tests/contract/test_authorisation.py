"""Every route of the APIs, read from the route table: without a token, with one that may not, without a person, on what is another's."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import CodeType, FunctionType
from typing import Any

import httpx
import pytest
from litestar.handlers import HTTPRouteHandler

from bowerbird.accounts import people, scopes, tokens
from bowerbird.api import described
from bowerbird.api.mastodon import reactions, relations
from bowerbird.app import application
from bowerbird.core.database import Pool
from tests.conftest import Member, picture_of
from tests.contract.test_doors import OPEN
from tests.unit.test_media import encoded

New = Callable[..., Member]
SCOPE = re.compile(r"(read|write)(:[a-z]+)?|follow|push|profile")
NOTHING_DONE = {
    "post /api/v2/notifications/{id}/dismiss": 200,  # of one's own there are none by that key, as in Mastodon
    "put /api/bower/v1/media/{id}/permissions": 422,  # not among one's own, as wherever uploads are named
    "put /api/bower/v1/media/{id}/provenance": 422,
}
BY_NAME = {  # where the scope hangs on a word in the path
    "/api/v1/accounts/{id_}/{step}": {step: scope for step, (scope, _) in relations.STEPS.items()},
    "/api/v1/statuses/{id_}/{reaction}": {step: scope for step, (scope, _) in reactions.VERBS.items()},
    "/api/v1/tags/{name}/{step}": {
        "follow": "write:follows", "unfollow": "write:follows", "feature": "write:accounts", "unfeature": "write:accounts",
    },
    "/api/v1/streaming/{channel}": {"user": "read:statuses", "direct": "read:statuses", "list": "read:statuses"},
}  # fmt: skip
ANY_TOKEN = {"get /api/v1/announcements", "get /api/v1/apps/verify_credentials"}  # no scope opens more than they say
NO_PERSON = {"get /api/v1/apps/verify_credentials", "post /api/v1/accounts"}  # a program's own
WORDS = {"answer": "accept", "date": "2026-01-01", "picture": "avatar", "name": "blue", "tag": "blue"}
SAID = {  # a body that every route can read
    "status": "x", "title": "x", "text": "x", "name": "blue", "phrase": "x", "keyword": "x", "description": "x", "context": ["home"],
    "choices": [0], "scheduled_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(), "remix": "everyone", "status_id": "12",
    "account_ids": ["12"], "candidate_id": "12", "train_pictures": True, "learn": True, "category": "other", "account_id": "12",
    "whole_word": True,
    "closed": True, "agrees": True, "on": True,
    "task": "explain", "aloud": True, "kind": "wrong", "winner": "tie", "thumb": 1, "message_ids": ["12"],
    "poll": None, "type": "following", "csv": "", "password": "x", "prompt": "a fox", "domain": "x.example",
    "subscription": {"endpoint": "https://push.example/1", "keys": {"p256dh": "x", "auth": "x"}}, "data": {},
}  # fmt: skip


def told(function: FunctionType, seen: frozenset[str] = frozenset()) -> Iterator[str]:
    """The scopes that a handler names, in itself or in what it calls beside it."""
    held: list[CodeType] = [function.__code__]
    while held:
        code = held.pop()
        held += [part for part in code.co_consts if isinstance(part, CodeType)]
        yield from (
            part
            for part in code.co_consts
            if isinstance(part, str) and all(SCOPE.fullmatch(one) for one in part.split() or ["-"])
        )
        for name in set(code.co_names) - seen:
            beside = function.__globals__.get(name)
            if isinstance(beside, FunctionType) and beside.__module__ == function.__module__:
                yield from told(beside, seen | {name})


def routes() -> list[tuple[str, str, str]]:
    """(method, path with words in it, scope) of every way in; {id} where an id goes."""
    found: list[tuple[str, str, str]] = []
    for method, path, handler in described.handlers(application()):
        found += [(method, filled, scope) for filled, scope in _ways(path, handler)]
    return found


def _ways(path: str, handler: HTTPRouteHandler) -> Iterator[tuple[str, str]]:
    if path in BY_NAME:
        for word, scope in BY_NAME[path].items():
            yield filled(re.sub(r"{(step|reaction|channel)}", word, path)), scope
    else:
        yield filled(path), " ".join(dict.fromkeys(" ".join(told(handler.fn)).split()))  # type: ignore[arg-type]


def filled(path: str, id_: str = "{id}") -> str:
    path = path.replace("conversations/{id_}/{step}", "conversations/{id_}/read")
    path = path.replace("follow_requests/{id_}/{answer}", "follow_requests/{id_}/authorize")
    return re.sub(r"{([a-z_]+)}", lambda m: WORDS.get(m[1], id_), path)


def open_to_all(method: str, path: str) -> bool:
    patterns = (
        re.compile(re.escape(one.partition(" ")[2]).replace(r"\{\}", "[^/]+")) for one in OPEN if one.lower().startswith(method)
    )
    return any(pattern.fullmatch(path) for pattern in patterns)


ROUTES = routes()
CLOSED = [route for route in ROUTES if not open_to_all(*route[:2])]


def call(client: httpx.Client, method: str, path: str, token: str = "", id_: str = "12") -> int:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = None if method in ("get", "delete") else {"train_pictures": True} if path.endswith("/consents") else SAID
    with client.stream(method, path.replace("{id}", id_), json=body, headers=headers) as answer:
        return answer.status_code


def test_every_closed_route_names_what_opens_it() -> None:
    assert len(CLOSED) > 130
    unnamed = {f"{method} {path}" for method, path, scope in CLOSED if not scope}
    assert unnamed == ANY_TOKEN


def test_without_a_token_nothing_opens(visitor: httpx.Client) -> None:
    asked = {f"{method} {path}": call(visitor, method, path) for method, path, _ in CLOSED}
    assert {route: status for route, status in asked.items() if status != 401} == {}


async def test_what_a_route_names_is_enough_to_read_it(newcomer: New, visitor: httpx.Client, pool: Pool) -> None:
    ines, made = newcomer(), {}
    reading = [route for route in CLOSED if route[0] == "get" and route[2] and "/streaming/" not in route[1]]
    async with pool.transaction() as db:
        me = await people.by_id(db, int(ines.id))
        for scope in {scope for _, _, scope in reading}:
            made[scope] = await tokens.create(db, me, scope.split())
    asked = {path: call(visitor, method, path, made[scope]) for method, path, scope in reading}
    assert {path: status for path, status in asked.items() if status not in (200, 404, 422)} == {}


async def test_a_token_with_every_other_scope_opens_nothing(newcomer: New, visitor: httpx.Client, pool: Pool) -> None:
    ines, made = newcomer(), {}
    async with pool.transaction() as db:
        me = await people.by_id(db, int(ines.id))
        for scope in {scope for _, _, scope in CLOSED if scope}:
            others = [one for one in scopes.ALL if not scopes.allows([one], scope)]
            made[scope] = await tokens.create(db, me, others)
    asked = {f"{method} {path}": call(visitor, method, path, made[scope]) for method, path, scope in CLOSED if scope}
    assert {route: status for route, status in asked.items() if status != 403} == {}


def test_a_program_on_its_own_is_nobody(visitor: httpx.Client) -> None:
    every = "read write follow push profile"
    said = {"client_name": "alone", "redirect_uris": "urn:ietf:wg:oauth:2.0:oob", "scopes": every}
    app = visitor.post("/api/v1/apps", json=said).json()
    asked = {
        "grant_type": "client_credentials",
        "scope": every,
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    token = visitor.post("/oauth/token", data=asked).json()["access_token"]
    closed = [route for route in CLOSED if f"{route[0]} {route[1]}" not in NO_PERSON]
    answers = {f"{method} {path}": call(visitor, method, path, token) for method, path, _ in closed}
    assert {route: status for route, status in answers.items() if status not in (401, 403, 422)} == {}


EVERYONES = (  # whose ids are not one person's: other tests look at who may see what there
    "/api/v1/accounts/", "/api/v1/announcements/", "/api/v1/instance/", "/api/v1/profile/", "/api/v1/streaming/", "/api/v1/suggestions/",
    "/api/v1/tags/", "/api/v1/timelines/tag/", "/api/v1/notifications/requests/accept",
    "/api/bower/v1/challenges/", "/api/bower/v1/corrections/", "/api/bower/v1/feed/recipes/", "/api/bower/v1/feed/comparisons/",
    "/api/bower/v1/learning/datasets/", "/api/bower/v1/receipts/",
)  # fmt: skip


@pytest.fixture
def owned(newcomer: New) -> tuple[Member, Member, dict[str, str]]:
    """Someone, a stranger to them, and one of each thing they own by how the paths to it begin."""
    ines, noor, sam = newcomer(), newcomer(), newcomer()

    def made(path: str, **fields: Any) -> Any:
        answer = ines.client.post(path, json=fields)
        assert answer.status_code in (200, 201, 202), (path, answer.text)
        return answer.json()

    said = ines.post("mine", visibility="private", poll={"options": ["a", "b"], "expires_in": 600})
    sam.post(f"@{ines.name} between us", visibility="direct")
    talk = ines.client.get("/api/v1/conversations").json()[0]["id"]
    bell = ines.client.get("/api/v1/notifications").json()[0]
    group = ines.client.get("/api/v2/notifications").json()["notification_groups"][0]["group_key"]
    ines.client.patch("/api/v2/notifications/policy", json={"for_not_following": "filter"})
    newcomer().post(f"@{ines.name} hello")
    waiting = ines.client.get("/api/v1/notifications/requests").json()[0]["id"]
    ines.client.patch("/api/v1/accounts/update_credentials", json={"locked": True})
    sam.follow(ines)
    kept = made("/api/v2/filters", title="x", context=["home"], filter_action="warn", keywords_attributes=[{"keyword": "y"}])
    held = made(f"/api/v2/filters/{kept['id']}/statuses", status_id=said["id"])
    shelf = made("/api/v1/lists", title="x")["id"]
    made("/api/v1/featured_tags", name="blue")
    work = picture_of(ines)
    candidate = work["candidates"][0]
    later = made("/api/v1/statuses", status="later", scheduled_at=SAID["scheduled_at"])["id"]
    refused = ines.client.post("/api/bower/v1/generations", json={"prompt": "a swastika flag", "count": 1}).json()["decision_id"]
    alone = ines.client.post("/api/v2/media", files={"file": ("x.png", encoded("PNG"), "image/png")}).json()["id"]
    asked = made("/api/bower/v1/conversations", text="/trends")
    answer = finished(ines, f"/api/bower/v1/messages/{asked['messages'][1]['id']}")
    alone_asked = made(f"/api/bower/v1/posts/{said['id']}/asked", task="check")
    finished(ines, f"/api/bower/v1/asked/{alone_asked['id']}")
    bout = made("/api/bower/v1/arena/bouts", kind="picture", prompt="a small boat")["id"]
    finished(ines, f"/api/bower/v1/arena/bouts/{bout}")
    return ines, noor, {
        "/api/bower/v1/conversations/": asked["conversation"]["id"], "/api/bower/v1/messages/": answer["id"],
        "/api/bower/v1/calls/": answer["calls"][0]["id"], "/api/bower/v1/asked/": alone_asked["id"],
        "/api/bower/v1/arena/bouts/": bout, "/api/bower/v1/memory/": made("/api/bower/v1/memory", text="x")["id"],
        "/api/v1/statuses/": said["id"], "/api/bower/v1/posts/": said["id"], "/api/v1/polls/": said["poll"]["id"],
        "/api/v1/lists/": shelf, "/api/v1/timelines/list/": shelf, "/api/v1/conversations/": talk, "/api/v1/notifications/requests/": waiting,
        "/api/v1/notifications/": bell["id"], "/api/v2/notifications/": group, "/api/v2/filters/keywords/": kept["keywords"][0]["id"],
        "/api/v2/filters/statuses/": held["id"], "/api/v2/filters/": kept["id"], "/api/v1/filters/": kept["keywords"][0]["id"],
        "/api/v1/scheduled_statuses/": later, "/api/v1/media/": alone, "/api/v1/follow_requests/": sam.id,
        "/api/v1/featured_tags/": ines.client.get("/api/v1/featured_tags").json()[0]["id"],
        "/api/bower/v1/drafts/": made("/api/bower/v1/drafts", text="not yet")["id"], "/api/bower/v1/generations/": work["id"],
        "/api/bower/v1/media/": alone, "/api/bower/v1/decisions/": refused,
        "/api/bower/v1/styles/": made("/api/bower/v1/styles", name="x", words_after="blue")["id"],
        "/api/bower/v1/bowers/": made("/api/bower/v1/bowers", name="x")["id"],
        "/api/bower/v1/candidates/": candidate["id"], "/api/bower/v1/pictures/": candidate["media_id"],
    }  # fmt: skip


def test_what_is_anothers_stays_so(owned: tuple[Member, Member, dict[str, str]]) -> None:
    ines, noor, things = owned
    asked = [(method, path) for method, path, _ in ROUTES if "{id}" in path and not path.startswith(EVERYONES)]
    strange = [path for _, path in asked if not path.startswith(tuple(things))]
    assert strange == []  # a new thing with an id wants one of them in `owned`

    def all_of_it() -> dict[str, Any]:
        shelves = [
            "statuses",
            "lists",
            "conversations",
            "notifications",
            "filters",
            "scheduled_statuses",
            "featured_tags",
            "follow_requests",
            "bookmarks",
        ]
        own = {what: ines.client.get(f"/api/v1/{what}").json() for what in shelves}
        one = {
            path: ines.client.get(path.replace("{id}", things[begins])).text
            for method, path in asked
            if method == "get" and not path.endswith("/events") and (begins := beginning(path, things))
        }
        return {**own, **one}

    before = all_of_it()
    answers = {
        f"{method} {path}": call(noor.client, method, path, noor.token, things[beginning(path, things)]) for method, path in asked
    }
    assert {route: status for route, status in answers.items() if status not in (403, 404)} == NOTHING_DONE
    assert all_of_it() == before


def finished(member: Member, path: str) -> dict[str, Any]:
    """What the assistant is at, once it is over."""
    for _ in range(600):
        now = member.client.get(path).json()
        if now["state"] not in ("queued", "running"):
            return now
        time.sleep(0.1)
    raise AssertionError(f"{path} never ends")


def beginning(path: str, things: dict[str, str]) -> str:
    return max((begins for begins in things if path.startswith(begins)), key=len)
