"""Programs: register, and look at oneself."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, get, post

from bowerbird.accounts import apps
from bowerbird.accounts.apps import OUT_OF_BAND, App
from bowerbird.api.errors import mastodon
from bowerbird.core import limits
from bowerbird.core.errors import NotFound
from bowerbird.door import Ask, address_of, body, pool, visitor
from bowerbird.social import vapid

APPS_PER_HOUR_MAX = 300  # by address


class NewApp(msgspec.Struct, kw_only=True):
    """POST /api/v1/apps. Several addresses come as a list or on a line each."""

    client_name: str = ""
    redirect_uris: str | list[str] = OUT_OF_BAND
    scopes: str = "read"
    website: str | None = None


def entity(app: App) -> dict[str, Any]:
    """An Application as it may be shown to itself."""
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes,
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": app.redirect_uris,
        "vapid_key": vapid.public_key(),
    }


@post("/api/v1/apps", status_code=200)
async def register(request: Ask) -> dict[str, Any]:
    """Introduce a program; the answer holds its secret, this once."""
    new = await body(request, NewApp)
    asked = new.redirect_uris.split() if isinstance(new.redirect_uris, str) else new.redirect_uris
    async with pool(request).transaction() as db:
        await limits.spend(db, f"app:{address_of(request)}", times_max=APPS_PER_HOUR_MAX, window_s=3600)
        app, secret = await apps.register(db, new.client_name, asked, scopes=new.scopes, website=new.website)
    return {**entity(app), "client_id": app.client_id, "client_secret": secret, "client_secret_expires_at": 0}


@get("/api/v1/apps/verify_credentials")
async def verify(request: Ask) -> dict[str, Any]:
    """The program whose token this is."""
    found = await visitor(request)
    found.allowed("")
    if found.token is None or found.token.app_id is None:
        raise NotFound("This token was not made for a program.")
    async with pool(request).reading() as db:
        return entity(await apps.by_id(db, found.token.app_id))


routes = Router("/", route_handlers=[register, verify], exception_handlers={Exception: mastodon})
