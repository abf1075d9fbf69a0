"""Every route about people, lists, tags, filters, exchanges and notifications: no scope, no entrance; whatever is sent, no fault."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import ModuleType

import httpx
import pytest
from litestar import Litestar

from bowerbird.api.mastodon import (
    accounts,
    conversations,
    credentials,
    directory,
    filter_parts,
    filters,
    filters_v1,
    follow_requests,
    grouped,
    hidden,
    lists,
    notifications,
    policies,
    relations,
    tags,
)  # fmt: skip
from tests.conftest import Member

New = Callable[..., Member]
MODULES: tuple[ModuleType, ...] = (
    accounts, conversations, credentials, directory, filter_parts, filters, filters_v1, follow_requests, grouped, hidden, lists,
    notifications, policies, relations, tags,
)  # fmt: skip
BODIES = [
    b"", b"{", b"[]", b"null", b"3", b'{"id": {"a": 1}, "account_ids": {"a": 1}, "title": 3}',
    b'{"languages": [1], "duration": "x", "fields_attributes": "x", "keywords_attributes": [1]}',
    b'{"title": "a\\u0000b", "context": ["home"], "name": "\\u0000", "domain": "\\u0000", "comment": "\\u0000", "phrase": "\\u0000"}',
    b'{"duration": 99999999999999999999, "expires_in": 99999999999999999999, "account_ids": [99999999999999999999]}',
]  # fmt: skip
FORMS = [
    "a[b][c][d][e]=1",
    "id[][]=1&id[][]=x",
    "source[privacy]=1&source=2",
    "fields_attributes[][name]=a&fields_attributes[5]=x",
    "%00=%00",
]


def routes() -> list[str]:
    found: set[str] = set()
    for route in Litestar([module.routes for module in MODULES], openapi_config=None).routes:
        for method in getattr(route, "methods", []):
            if method not in ("OPTIONS", "HEAD"):
                found.add(f"{method} {re.sub(r'{[^}]*}', '{}', route.path)}")
    return sorted(found)


ROUTES = routes()


def test_there_are_as_many_as_we_think() -> None:
    assert len(ROUTES) > 75


@pytest.mark.parametrize("route", ROUTES)
def test_without_the_scope_there_is_no_entrance(pusher: Member, route: str) -> None:
    method, _, path = route.partition(" ")
    answer = pusher.client.request(method, path.replace("{}", "12"))
    assert answer.status_code == 403, answer.text


@pytest.mark.parametrize("route", ROUTES)
def test_whatever_is_sent_there_is_no_fault(anyone: Member, route: str) -> None:
    method, _, path = route.partition(" ")
    for number, id_ in enumerate(("12", anyone.id, "abc", "9" * 30)):
        where = path.replace("{}", id_)
        for body in BODIES:
            _fine(anyone.client.request(method, where, content=body, headers={"Content-Type": "application/json"}))
        if number == 0:
            for form in FORMS:
                _fine(
                    anyone.client.request(
                        method, where, content=form, headers={"Content-Type": "application/x-www-form-urlencoded"}
                    )
                )
            for query in (
                "limit=-1&max_id=x&offset=-3",
                "limit=99999999999&min_id=0",
                "id[]=x&types[]=x&q=%25%5C_&acct=%25",
                "q=%00&acct=%00",
            ):
                _fine(anyone.client.request(method, f"{where}?{query}"))


def _fine(answer: httpx.Response) -> None:
    assert answer.status_code < 500, (answer.request.method, answer.request.url, answer.request.content, answer.text)
    if answer.status_code >= 400:
        assert answer.json()["error"]


@pytest.fixture(scope="module")
def pusher(newcomer: New) -> Member:
    """A program that may do nothing here."""
    return newcomer(scopes="push")


@pytest.fixture(scope="module")
def anyone(newcomer: New) -> Member:
    """A program that may do everything."""
    return newcomer()
