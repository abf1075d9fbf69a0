"""What programs look for before they know anything else: how to be let in here, and what kind of house this is."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get

from bowerbird import __version__
from bowerbird.accounts import scopes
from bowerbird.accounts.grants import AUTH_METHODS, GRANT_TYPES, PUBLIC
from bowerbird.api.errors import mastodon
from bowerbird.core.errors import NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.gallery import faces
from bowerbird.social import usage

TRAINERS = (
    "GPTBot", "ClaudeBot", "anthropic-ai", "Google-Extended", "Applebot-Extended", "CCBot", "Bytespider", "meta-externalagent", "FacebookBot",
    "Amazonbot", "cohere-training-data-crawler", "Diffbot", "ImagesiftBot", "omgili", "AI2Bot",
)  # fmt: skip
ROBOTS = "\n".join(
    [
        "User-agent: *", "Content-Usage: train-ai=n", "Disallow: /api/", "Disallow: /v1/", "Disallow: /settings", "Disallow: /search", "Allow: /", "",
        *(f"User-agent: {name}" for name in TRAINERS), "Disallow: /", "",
    ]
)  # fmt: skip
NODEINFO = "http://nodeinfo.diaspora.software/ns/schema/2.0"


@get("/.well-known/oauth-authorization-server", sync_to_thread=False)
def oauth() -> dict[str, Any]:
    """RFC 8414: where a program is let in, and how."""
    origin = settings().origin
    return {
        "issuer": f"{origin}/",
        "authorization_endpoint": f"{origin}/oauth/authorize",
        "token_endpoint": f"{origin}/oauth/token",
        "revocation_endpoint": f"{origin}/oauth/revoke",
        "userinfo_endpoint": f"{origin}/oauth/userinfo",
        "app_registration_endpoint": f"{origin}/api/v1/apps",
        "registration_endpoint": f"{origin}/oauth/register",
        "scopes_supported": list(scopes.ALL),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANT_TYPES),
        "token_endpoint_auth_methods_supported": [*AUTH_METHODS, PUBLIC],
        "revocation_endpoint_auth_methods_supported": [*AUTH_METHODS, PUBLIC],
        "code_challenge_methods_supported": ["S256", "plain"],
    }


@get("/robots.txt", sync_to_thread=False)
def robots() -> Response[str]:
    """For crawlers: look, but do not train (draft-ietf-aipref-attach); those that only collect for training, by the names they give, stay out."""
    return Response(ROBOTS, media_type="text/plain")


@get("/health", sync_to_thread=False)
def health() -> Response[str]:
    """That somebody answers; whether the whole house stands says /healthz."""
    return Response("OK", media_type="text/plain")


@get("/.well-known/nodeinfo", sync_to_thread=False)
def nodeinfo_links() -> dict[str, Any]:
    """Where the house describes itself."""
    return {"links": [{"rel": NODEINFO, "href": f"{settings().origin}/nodeinfo/2.0"}]}


@get("/nodeinfo/2.0")
async def nodeinfo(request: Ask) -> dict[str, Any]:
    """What this house is, in NodeInfo's words. It speaks to no other: there are no protocols."""
    async with pool(request).reading() as db:
        now = await usage.now(db)
    return {
        "version": "2.0",
        "software": {"name": "bowerbird", "version": __version__},
        "protocols": [],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": settings().registration == "open",
        "usage": {
            "users": {"total": now.people, "activeMonth": now.active_month, "activeHalfyear": now.active_half_year},
            "localPosts": now.posts,
        },
        "metadata": {"nodeName": settings().name},
    }


@get("/.well-known/webfinger")
async def webfinger(request: Ask) -> Response[Any]:
    """Someone's page by their full name."""
    subject = request.query_params.get("resource", "").removeprefix("acct:")[:300]
    name, _, domain = subject.removeprefix("@").partition("@")
    origin = settings().origin
    if domain != origin.partition("://")[2] or not name:
        raise NotFound
    async with pool(request).reading() as db:
        username = (await faces.people.by_name(db, name)).username
    page = f"{origin}/@{username}"
    links = [{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": page}]
    said = {"subject": f"acct:{username}@{domain}", "aliases": [page], "links": links}
    return Response(said, media_type="application/jrd+json")


routes = Router(
    "/", route_handlers=[oauth, robots, health, nodeinfo_links, nodeinfo, webfinger], exception_handlers={Exception: mastodon}
)
