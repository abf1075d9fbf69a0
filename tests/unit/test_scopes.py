"""Scopes: a tree in which each holds what is below it."""

from __future__ import annotations

import pytest

from bowerbird.accounts import scopes
from bowerbird.core.errors import Invalid
from bowerbird.social.emojis import plain


@pytest.mark.parametrize(
    ("granted", "wanted", "allowed"),
    [
        ("read", "read:statuses", True), ("read:statuses", "read", False), ("read:statuses", "read:accounts", False), ("write", "read", False),
        ("follow", "write:mutes", True), ("follow", "read:follows", True), ("follow", "write:statuses", False), ("profile", "read:accounts", False),
        ("profile", "read:accounts profile", True), ("admin:read", "admin:read:reports", True), ("admin:read", "admin:write", False),
        ("", "read", False), ("models", "models:chat", True), ("models:chat", "models", False), ("models:chat", "models:pictures", False),
        ("read write", "models:chat", False),
    ],
)  # fmt: skip
def test_what_holds_what(granted: str, wanted: str, allowed: bool) -> None:
    assert scopes.allows(granted.split(), wanted) is allowed


def test_every_scope_is_known_and_has_words() -> None:
    assert scopes.parsed("read+write:media read") == ["read", "write:media"]
    assert all(scopes.said(scope) for scope in scopes.ALL)
    with pytest.raises(Invalid):
        scopes.parsed("read everything")


@pytest.mark.parametrize(
    ("text", "emoji"),
    [
        ("🎨", True),
        ("👩‍🎨", True),
        ("🇨🇭", True),
        ("1️⃣", True),
        ("❤️", True),
        ("a", False),
        ("1", False),
        ("", False),
        ("🎨a", False),
    ],
)
def test_what_is_an_emoji(text: str, emoji: bool) -> None:
    assert plain(text) is emoji
