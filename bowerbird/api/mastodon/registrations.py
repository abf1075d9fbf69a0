"""A new account, made by a program for the person before it."""

from __future__ import annotations

import time
from typing import Any

import msgspec
from litestar import Response, post

from bowerbird.accounts import invites, tokens
from bowerbird.accounts.apps import by_id
from bowerbird.api.errors import mastodon
from bowerbird.core import limits
from bowerbird.core.errors import Conflict, Invalid, NotAllowed
from bowerbird.core.settings import settings
from bowerbird.door import Ask, address_of, body, pool, visitor

_WORDS = {"name": "username", "e-mail": "email", "password": "password", "invitation": "invite_code"}


class NewAccount(msgspec.Struct, kw_only=True):
    """POST /api/v1/accounts."""

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = ""
    reason: str = ""
    invite_code: str = ""


@post("/api/v1/accounts", status_code=200, exception_handlers={Exception: mastodon})
async def register(request: Ask) -> Response[Any]:
    """Sign up by the house's rule; the answer is the new person's token for this program."""
    found = await visitor(request)
    found.allowed("write:accounts")
    if found.token is None or found.token.app_id is None:
        raise NotAllowed("An account is made with a program's own token.")
    new = await body(request, NewAccount)
    async with pool(request).transaction() as db:
        await limits.spend(db, f"signup:{address_of(request)}", times_max=settings().sign_ups_per_hour_max, window_s=3600)
    try:
        if not new.agreement:
            raise Invalid("The agreement must be accepted.")
        async with pool(request).transaction() as db:
            code = new.invite_code.strip()
            person = await invites.join(db, new.username, email=new.email or None, password=new.password, code=code)
            app = await by_id(db, found.token.app_id)
            text = await tokens.create(db, person, found.token.scopes, app.name, app_id=app.id)
    except (Invalid, Conflict) as wrong:
        return _wrong(wrong)
    made = {"access_token": text, "token_type": "Bearer", "scope": " ".join(found.token.scopes), "created_at": int(time.time())}
    return Response(made, headers={"Cache-Control": "no-store"})


def _wrong(wrong: Invalid | Conflict) -> Response[Any]:
    """Which field does not fit, as Mastodon says it."""
    field = next((field for word, field in _WORDS.items() if word in wrong.said), "agreement")
    error = "ERR_TAKEN" if isinstance(wrong, Conflict) else "ERR_ACCEPTED" if field == "agreement" else "ERR_INVALID"
    said = {"error": f"Validation failed: {wrong.said}", "details": {field: [{"error": error, "description": wrong.said}]}}
    return Response(said, status_code=422)


routes = register  # bare: Litestar joins two routers with one path only where one of them is no router
