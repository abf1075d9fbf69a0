"""OAuth 2: the token a program comes for and gives back, and who its person is. The page that asks a person is web/pages/authorize."""

from __future__ import annotations

from typing import Any

from litestar import Response, Router, get, post

from bowerbird.accounts import oauth
from bowerbird.accounts.grants import Answer
from bowerbird.api.errors import mastodon
from bowerbird.core import limits
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, body, person, pool
from bowerbird.gallery import faces

ASKED_PER_5_MIN_MAX = 600  # by address


async def _sent(request: Ask) -> dict[str, str]:
    """What was sent, as a form or JSON, and what stands in the address."""
    said = {**request.query_params, **await body(request, dict[str, Any])}
    return {name: str(value) for name, value in said.items() if value is not None and not isinstance(value, list | dict)}


def _said(answer: Answer) -> Response[Any]:
    return Response(answer.body, status_code=answer.status, headers={**answer.headers, "Cache-Control": "no-store"})


@post("/oauth/token", status_code=200)
async def token(request: Ask) -> Response[Any]:
    """A token for a code, or for the program itself."""
    sent = await _sent(request)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"oauth:{address_of(request)}", times_max=ASKED_PER_5_MIN_MAX, window_s=300)
    async with pool(request).transaction() as db:
        return _said(await oauth.token(db, sent, request.headers.get("authorization", "")))


@post("/oauth/revoke", status_code=200)
async def revoke(request: Ask) -> Response[Any]:
    """Give a token back."""
    sent = await _sent(request)
    async with pool(request).transaction() as db:
        done = await oauth.revoke(db, sent, request.headers.get("authorization", ""))
    request.app.state.doorkeeper.forget()
    return _said(done)


@get("/oauth/userinfo")
async def userinfo(request: Ask) -> dict[str, Any]:
    """Who let the program in, by OpenID Connect's names."""
    me = await person(request, "profile")
    async with pool(request).reading() as db:
        face = (await faces.of(db, [me.id]))[me.id]
    origin = settings().origin
    return {
        "iss": f"{origin}/",
        "sub": origin + face.url,
        "name": face.display_name,
        "preferred_username": face.username,
        "profile": origin + face.url,
        "picture": origin + (face.avatar_url or "/static/icon.svg"),
    }


routes = Router("/", route_handlers=[token, revoke, userinfo], exception_handlers={Exception: mastodon})
