"""OAuth 2 as Mastodon speaks it: a program asks, a person says yes, the program comes for its token, and gives it back."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749.errors import InvalidRequestError

from bowerbird.accounts import apps, codes, people, tokens
from bowerbird.accounts import scopes as scopes_
from bowerbird.accounts.apps import OUT_OF_BAND, App
from bowerbird.accounts.grants import Answer, Asked, Server
from bowerbird.accounts.people import Person
from bowerbird.core import live
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, Trouble
from bowerbird.core.settings import settings

WISH_FIELDS = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "force_login", "lang", "resource",
)  # fmt: skip
FIELD_LENGTH_MAX = 4_000


class Refused(Trouble):
    """A program asked for what it may not have; `where` is where it wants to hear of it."""

    def __init__(self, where: str) -> None:
        super().__init__("This program asked for something it may not have.")
        self.where = where


@dataclass(frozen=True, slots=True)
class Wish:
    """What a program asks a person for: checked, so that it may be shown."""

    app: App
    fields: dict[str, str]
    scopes: list[str]
    redirect_uri: str
    grant: Any
    server: Server

    @property
    def words(self) -> list[str]:
        """What it asks for, in words."""
        return [scopes_.said(scope) for scope in self.scopes]


async def wish(db: Database, sent: Mapping[str, str]) -> Wish:
    """A program's request to be let in. Raises Invalid where nobody can be answered, Refused where the program can."""
    fields = {name: sent[name] for name in WISH_FIELDS if sent.get(name)}
    if any(len(value) > FIELD_LENGTH_MAX for value in fields.values()):
        raise Invalid("This program asks at too great a length.")
    app = await apps.by_client_id(db, fields.get("client_id", ""))
    if app is None:
        raise Invalid("No program is known here by that name. Have it register itself again.")
    if fields.get("redirect_uri", app.redirect_uris[0]) not in app.redirect_uris:
        raise Invalid("This program asks to be answered at an address it has not registered.")
    fields.setdefault("scope", _default(app))
    if app.public and fields.get("code_challenge_method") != "S256":
        raise Invalid("A program that keeps no secret has to prove itself with PKCE (S256).")
    if not _ours(fields.get("resource", "")):
        raise Invalid("This program asks for a token for somewhere else.")
    server = Server(app)
    try:
        grant = server.get_consent_grant(Asked("GET", fields))
    except (OAuth2Error, ValueError) as error:  # Authlib refuses to repeat what has odd characters in it
        wrong = error if isinstance(error, OAuth2Error) else InvalidRequestError()
        where = wrong.redirect_uri or fields.get("redirect_uri")
        if not where or where == OUT_OF_BAND:
            raise Invalid(f"This program asks for something it may not have: {wrong.error}.") from error
        wrong.redirect_uri, wrong.state = where, fields.get("state")
        raise Refused(dict(wrong()[2])["Location"]) from error
    return Wish(app, fields, str(grant.request.scope).split(), str(grant.redirect_uri), grant, server)


async def answer(db: Database, asked: Wish, person: Person | None) -> tuple[str, str | None]:
    """(where the browser goes, the code) of a person's yes, or no (None)."""
    said: Any = asked.server.create_authorization_response(asked.grant.request, person, asked.grant)
    code = asked.server.made_code
    if person is not None and code:
        method = asked.fields.get("code_challenge_method")
        await codes.keep(
            db, code, app_id=asked.app.id, account_id=person.id, redirect_uri=asked.redirect_uri, scopes=asked.server.code_scopes,
            challenge=(asked.fields.get("code_challenge"), method),
        )  # fmt: skip
    return said.headers["Location"], code


async def token(db: Database, sent: Mapping[str, str], authorization: str) -> Answer:
    """Exchange a code, or a program's own secret, for a token."""
    app = await _app(db, sent, authorization)
    if not _ours(sent.get("resource", "")):
        return Answer(400, {"error": "invalid_target", "error_description": "There is one resource here: /mcp."}, {})
    code = await codes.hold(db, sent.get("code", "")) if sent.get("grant_type") == "authorization_code" else None
    server = Server(app, code=code)
    fields = dict(sent)
    if app and not fields.get("scope"):
        fields["scope"] = _default(app)
    said: Any = server.create_token_response(Asked("POST", fields, authorization))
    if server.made_token and app:
        person = await people.by_id(db, server.used.account_id) if server.used else None
        granted = str(server.made_token["scope"]).split()
        await tokens.create(db, person, granted, app.name, app_id=app.id, text=server.made_token["access_token"])
    if server.used:
        await codes.use(db, server.used)
    return said


async def revoke(db: Database, sent: Mapping[str, str], authorization: str) -> Answer:
    """A program gives a token back; at once it opens no door of any process."""
    server = Server(await _app(db, sent, authorization), token=await tokens.by_text(db, sent.get("token", "")))
    said: Any = server.create_endpoint_response("revocation", Asked("POST", sent, authorization))
    if server.revoked:
        await tokens.end(db, server.revoked)
        await live.tell(db, ["people"], "people", server.revoked.account_id or 0)
    return said


def _ours(resource: str) -> bool:
    """Whether a token is asked for this house (RFC 8707): all of it or its /mcp, or it is not said for where."""
    return resource.rstrip("/") in ("", settings().origin, f"{settings().origin}/mcp")


def _default(app: App) -> str:
    return scopes_.DEFAULT if scopes_.allows(app.scopes, scopes_.DEFAULT) else " ".join(app.scopes)


async def _app(db: Database, sent: Mapping[str, str], authorization: str) -> App | None:
    """The program that says it asks; whether it is that one is Authlib's to find out."""
    name = sent.get("client_id", "")
    if authorization[:6].lower() == "basic ":
        try:
            name = base64.b64decode(authorization[6:]).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return await apps.by_client_id(db, name)
