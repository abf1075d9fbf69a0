"""How an assistant app finds out where to be let in (RFC 9728), and introduces itself (RFC 7591)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Response, Router, get, post

from bowerbird.accounts import apps
from bowerbird.accounts import scopes as scopes_
from bowerbird.accounts.grants import AUTH_METHODS, PUBLIC
from bowerbird.api.errors import mastodon
from bowerbird.core import limits
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, pool

METADATA = "/.well-known/oauth-protected-resource"
SCOPES = ("read", "write")
PROGRAMS_PER_HOUR_MAX = 60  # by address
BODY_BYTES_MAX = 20_000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class NewClient(msgspec.Struct, kw_only=True):
    """What a program says of itself; the rest of RFC 7591 is read over."""

    redirect_uris: list[str]
    client_name: str = ""
    client_uri: str | None = None
    scope: str | None = None
    token_endpoint_auth_method: str | None = None


@get([METADATA, METADATA + "/{path:path}"], sync_to_thread=False)
def resource(path: str = "") -> dict[str, Any]:
    """RFC 9728: what stands at /mcp, and who lets programs in. By the resource's own path, too, of which there is one."""
    if path.strip("/") not in ("", "mcp"):
        raise NotFound
    where = settings()
    return {
        "resource": f"{where.origin}/mcp",
        "authorization_servers": [f"{where.origin}/"],
        "scopes_supported": list(SCOPES),
        "bearer_methods_supported": ["header"],
        "resource_name": where.name,
    }


@post("/oauth/register", status_code=201, request_max_body_size=BODY_BYTES_MAX)
async def register(request: Ask) -> Response[Any]:
    """Introduce a program. One that can keep no secret gets none and proves itself with PKCE."""
    async with pool(request).transaction() as db:
        await limits.spend(db, f"register:{address_of(request)}", times_max=PROGRAMS_PER_HOUR_MAX, window_s=3600)
    try:
        new = msgspec.json.decode(await request.body(), type=NewClient)
    except msgspec.DecodeError as wrong:
        return _wrong("invalid_client_metadata", f"This cannot be read: {wrong}")
    if outside := next((uri for uri in new.redirect_uris if not _answerable(uri)), None):
        return _wrong(
            "invalid_redirect_uri", f"“{outside[:80]}” is no address to be answered at: https, or http on the same machine."
        )
    method = new.token_endpoint_auth_method or AUTH_METHODS[0]
    if method not in (*AUTH_METHODS, PUBLIC):
        return _wrong("invalid_client_metadata", f"Programs prove themselves by {', '.join(AUTH_METHODS)} or {PUBLIC}.")
    wanted = [one for one in (new.scope or "").split() if one in scopes_.ALL and not one.startswith("admin")]
    name = " ".join(new.client_name.replace("\x00", "").split())[: apps.NAME_LENGTH_MAX] or "An assistant app"
    try:
        async with pool(request).transaction() as db:
            app, secret = await apps.register(
                db, name, new.redirect_uris, scopes=" ".join(wanted or SCOPES), website=new.client_uri, public=method == PUBLIC
            )
    except Invalid as wrong:
        return _wrong("invalid_client_metadata", wrong.said)
    said: dict[str, Any] = {
        "client_id": app.client_id, "client_id_issued_at": int(app.created_at.timestamp()), "client_name": app.name,
        "redirect_uris": app.redirect_uris, "scope": " ".join(app.scopes), "token_endpoint_auth_method": method,
        "grant_types": ["authorization_code"], "response_types": ["code"],
    }  # fmt: skip
    if not app.public:
        said |= {"client_secret": secret, "client_secret_expires_at": 0}
    return Response(said, status_code=201, headers={"Cache-Control": "no-store"})


def _answerable(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme != "http" or parts.hostname in LOOPBACK


def _wrong(error: str, said: str) -> Response[Any]:
    return Response({"error": error, "error_description": said}, status_code=400, headers={"Cache-Control": "no-store"})


routes = Router("/", route_handlers=[resource, register], exception_handlers={Exception: mastodon})
