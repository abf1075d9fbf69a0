"""What a program may be let in for: Mastodon's tree of scopes. A scope holds everything below it."""

from __future__ import annotations

from collections.abc import Iterable

from bowerbird.core.errors import Invalid

SCOPES_MAX = 60
_READ = [
    "accounts",
    "blocks",
    "bookmarks",
    "favourites",
    "filters",
    "follows",
    "lists",
    "mutes",
    "notifications",
    "search",
    "statuses",
]
_WRITE = [
    "accounts",
    "blocks",
    "bookmarks",
    "conversations",
    "favourites",
    "filters",
    "follows",
    "lists",
    "media",
    "mutes",
    "notifications",
    "reports",
    "statuses",
]
_MODELS = ["chat", "pictures", "embeddings"]  # at /v1
_ADMIN = ["accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks", "canonical_email_blocks"]
FOLLOW = frozenset(f"{way}:{what}" for way in ("read", "write") for what in ("blocks", "mutes", "follows"))  # the old bundle
DEFAULT = "read"

ALL = (
    "models", *(f"models:{what}" for what in _MODELS),
    "read", *(f"read:{what}" for what in _READ), "write", *(f"write:{what}" for what in _WRITE), "follow", "push", "profile",
    "admin", *(f"admin:{way}{what}" for way in ("read", "write") for what in ("", *(f":{what}" for what in _ADMIN))),
)  # fmt: skip
_KNOWN = frozenset(ALL)

WORDS = {  # what a scope means, on the page that asks for it
    "read": "Read everything you can see here, also your notifications and direct messages",
    "write": "Post, upload, follow, block and change your profile in your name",
    "models": "Ask the models of this house in your name, up to your limits",
    "models:chat": "Talk with the models of this house in your name",
    "models:pictures": "Have pictures made in your name",
    "models:embeddings": "Have the meaning of texts worked out",
    "follow": "See and change whom you follow, block and mute",
    "push": "Send you push notifications",
    "profile": "See your name and portrait",
    "admin": "Administer this house, as far as you may",
}
_WHAT = {
    "accounts": "accounts and profiles", "blocks": "blocks", "bookmarks": "bookmarks", "conversations": "conversations",
    "favourites": "favourites", "filters": "filters", "follows": "whom you follow", "lists": "lists", "media": "pictures",
    "mutes": "mutes", "notifications": "notifications", "reports": "reports", "search": "search results", "statuses": "posts",
}  # fmt: skip


def parsed(text: str) -> list[str]:
    """Scopes out of "read write:statuses", each once. Raises Invalid for one we do not have."""
    found = list(dict.fromkeys(text.replace("+", " ").split()))[:SCOPES_MAX]
    for scope in found:
        if scope not in _KNOWN:
            raise Invalid(f"There is no scope “{scope[:40]}”.")
    return found


def allows(granted: Iterable[str], wanted: str) -> bool:
    """Whether what was granted holds `wanted`; of several, separated by spaces, one is enough."""
    held = frozenset(granted)
    return any(_holds(held, one) for one in wanted.split())


def _holds(held: frozenset[str], scope: str) -> bool:
    above = scope
    while above:
        if above in held:
            return True
        above = above.rpartition(":")[0]
    return "follow" in held and scope in FOLLOW


def said(scope: str) -> str:
    """A scope in words."""
    if scope in WORDS:
        return WORDS[scope]
    way, _, what = scope.rpartition(":")
    verb = {"read": "Read", "write": "Change", "admin": WORDS["admin"] + ":", "admin:read": "Look at, as an administrator:"}
    return f"{verb.get(way, 'Change, as an administrator:')} {_WHAT.get(what, what.replace('_', ' '))}"
