"""Every route of the house: without a token, with one that may not, with an id that is none. None answers with a fault."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from bowerbird.app import application
from tests.conftest import Member

New = Callable[..., Member]
OPEN = {  # what anyone may read, by design
    "GET /healthz", "GET /media/{}", "GET /static/{}", "GET /openapi.json", "GET /", "GET /local", "GET /signin", "GET /signup", "GET /search",
    "GET /tags/{}", "GET /posts/{}", "GET /posts/{}/history", "GET /sharecards/{}/{}",
    "GET /pictures/{}", "GET /{}", "GET /{}/{}", "GET /api/v2/instance",
    "GET /api/v1/timelines/public", "GET /api/v1/timelines/tag/{}", "GET /api/v2/search", "GET /api/v1/statuses/{}",
    "GET /api/v1/statuses/{}/context", "GET /api/v1/statuses/{}/history", "GET /api/v1/statuses/{}/favourited_by",
    "GET /api/v1/statuses/{}/reblogged_by", "GET /api/v1/accounts/{}", "GET /api/v1/accounts/lookup", "GET /api/v1/accounts",
    "GET /api/v1/accounts/{}/followers", "GET /api/v1/accounts/{}/following", "GET /api/v1/accounts/{}/endorsements",
    "GET /api/v1/accounts/{}/identity_proofs", "GET /api/v1/accounts/{}/featured_tags", "GET /api/v1/directory", "GET /api/v1/tags/{}",
    "GET /api/v1/accounts/{}/statuses", "GET /api/bower/v1/pictures/{}", "GET /api/bower/v1/pictures/{}/lineage",
    "GET /api/oembed", "GET /api/v1/polls/{}", "GET /api/v1/search", "GET /api/v1/trends", "GET /api/v1/trends/tags",
    "GET /api/v1/trends/statuses", "GET /api/v1/trends/links",
    "GET /api/schema", "GET /api/schema/{}", "GET /api/schema/openapi.json",
    "GET /health", "GET /robots.txt",
    "GET /api/bower/v1/learning/datasets", "GET /api/bower/v1/learning/datasets/{}", "GET /api/bower/v1/learning/releases",
    "GET /api/bower/v1/learning/runs", "GET /learning",
    "GET /arena", "GET /arena/standings", "GET /arena/votes.jsonl", "GET /api/bower/v1/arena/standings", "GET /api/bower/v1/arena/votes",
    "GET /.well-known/oauth-authorization-server", "GET /.well-known/nodeinfo", "GET /nodeinfo/2.0", "GET /.well-known/webfinger",
    "POST /api/v1/apps", "POST /oauth/register", "GET /.well-known/oauth-protected-resource",
    "GET /.well-known/oauth-protected-resource/{}", "POST /oauth/token", "POST /oauth/revoke", "GET /api/v1/instance", "GET /api/v1/instance/rules",
    "GET /api/v1/instance/activity", "GET /api/v1/instance/peers", "GET /api/v1/instance/domain_blocks", "GET /api/v1/instance/languages",
    "GET /api/v1/instance/extended_description", "GET /api/v1/instance/privacy_policy", "GET /api/v1/instance/terms_of_service",
    "GET /api/v1/instance/terms_of_service/{}", "GET /api/v1/instance/translation_languages", "GET /api/v1/custom_emojis",
    "GET /styles", "GET /styles/{}", "GET /{}/bowers",
    "GET /{}/bowers/{}", "GET /api/bower/v1/styles", "GET /api/bower/v1/styles/{}", "GET /api/bower/v1/bowers/{}",
    "GET /api/bower/v1/pictures/{}/timelapse",
    "GET /check", "POST /check", "GET /about/duties", "GET /about/bower", "GET /about/safety",
    "GET /api/bower/v1/safety", "POST /api/bower/v1/provenance/check",
    "GET /pictures/{}/tree", "GET /challenges", "GET /challenges/rubric", "GET /challenges/{}", "GET /api/bower/v1/challenges",
    "GET /api/bower/v1/challenges/{}", "GET /api/bower/v1/challenges/{}/entries",
    "GET /api/bower/v1/assistant", "GET /api/bower/v1/feed/recipes/{}", "GET /api/bower/v1/posts/{}/stamp",
    "GET /api/bower/v1/feed", "GET /api/bower/v1/feed/state", "GET /api/bower/v1/posts/{}/why", "GET /for-you", "GET /about/feed",
    "GET /about/feed/comparisons", "GET /api/bower/v1/feed/comparisons", "GET /api/bower/v1/feed/comparisons/{}",
    "GET /recipes/{}", "GET /posts/{}/why",
    "GET /api/v1/streaming/health", "GET /api/v1/statuses", "GET /api/v1/statuses/{}/quotes", "GET /api/v1/timelines/link",
}  # fmt: skip


def routes() -> list[str]:
    found: set[str] = set()
    for route in application().routes:
        for method in getattr(route, "methods", []):
            if method not in ("OPTIONS", "HEAD"):
                found.add(f"{method} {re.sub(r'{[^}]*}', '{}', route.path)}")
    return sorted(found)


ROUTES = routes()


def call(client: httpx.Client, route: str, id_: str) -> httpx.Response:
    method, _, path = route.partition(" ")
    return client.request(method, path.replace("{}", id_), json={} if method in ("POST", "PUT") else None)


@pytest.mark.parametrize("route", [r for r in ROUTES if r not in OPEN])
def test_a_visitor_is_turned_away(visitor: httpx.Client, route: str) -> None:
    answer = call(visitor, route, "12")
    assert answer.status_code in (303, 401, 403), answer.text
    if answer.status_code == 303:
        assert answer.headers["location"].startswith("/signin")


@pytest.mark.parametrize("id_", ["12", "abc", "9" * 30, "%00", "-1", "1e3"])
@pytest.mark.parametrize("route", [r for r in ROUTES if "{}" in r])
def test_an_id_that_is_none_is_not_found(visitor: httpx.Client, route: str, id_: str) -> None:
    assert call(visitor, route, id_).status_code < 500


def test_a_token_opens_only_what_its_scopes_name(newcomer: New) -> None:
    reader = newcomer(scopes="read")
    writer = newcomer(scopes="write")
    assert reader.client.get("/api/v1/timelines/home").status_code == 200
    assert reader.client.post("/api/v1/statuses", json={"status": "x"}).status_code == 403
    assert reader.client.post("/api/bower/v1/generations", json={"prompt": "x"}).status_code == 403
    assert reader.client.put("/api/bower/v1/consents", json={"train_pictures": True}).status_code == 403
    assert reader.client.post(f"/api/v1/accounts/{writer.id}/follow").status_code == 403
    assert writer.client.get("/api/v1/timelines/home").status_code == 403
    assert writer.client.get("/api/v1/notifications").status_code == 403
    assert writer.client.post("/api/v1/statuses", json={"status": "x"}).status_code == 200


def test_a_wrong_token_is_told(visitor: httpx.Client) -> None:
    for token in ("-", "nope", "x" * 5000):
        answer = visitor.get("/api/v1/timelines/home", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
        assert answer.json()["error"]


def test_each_door_speaks_its_own_dialect(visitor: httpx.Client) -> None:
    assert visitor.get("/api/v1/statuses/1").json() == {"error": "There is nothing here."}
    problem = visitor.get("/api/bower/v1/pictures/1")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json() == {
        "type": "urn:bowerbird:not_found", "title": "not found", "status": 404, "detail": "There is nothing here.",
        "instance": "/api/bower/v1/pictures/1",
    }  # fmt: skip
    page = visitor.get("/posts/1")
    assert (page.status_code, "<html" in page.text) == (404, True)


def test_every_answer_carries_the_headers_that_keep_a_browser_careful(visitor: httpx.Client) -> None:
    for path in ("/local", "/signin", "/posts/1", "/api/v2/instance"):
        headers = visitor.get(path).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"], path
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert visitor.get("/static/css/tokens.css").headers["X-Content-Type-Options"] == "nosniff"


def test_a_head_is_the_head_of_what_there_is_to_get(newcomer: New) -> None:
    ines = newcomer()
    for path in (
        "/",
        "/local",
        "/healthz",
        "/api/v2/instance",
        "/api/v1/timelines/home",
        "/api/v1/streaming/user",
        "/static/css/tokens.css",
        "/posts/1",
    ):
        with ines.client.stream("GET", path) as whole:
            head = ines.client.head(path)
            assert (head.status_code, head.content) == (whole.status_code, b""), path
            assert head.headers["content-type"] == whole.headers["content-type"], path


def test_static_files_stay_in_their_folder(visitor: httpx.Client) -> None:
    for path in ("/static/../render.py", "/static/%2e%2e/render.py", "/static/vendor/../drawings.json", "/static//etc/passwd"):
        assert visitor.get(path).status_code == 404
