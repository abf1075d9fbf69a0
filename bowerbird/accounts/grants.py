"""Authlib's OAuth 2 server over rows that were read before it runs: it decides, `oauth` reads before and writes after."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidScopeError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from bowerbird.accounts import scopes
from bowerbird.accounts.apps import App
from bowerbird.accounts.codes import Code
from bowerbird.accounts.tokens import Token
from bowerbird.core.secrets import new_token, token_hash

GRANT_TYPES = ("authorization_code", "client_credentials")
AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
PUBLIC = "none"  # of programs that can keep no secret


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be said over HTTP."""

    status: int
    body: Any
    headers: dict[str, str]


class Asked(OAuth2Request):
    """A request to the server. Whether TLS was used on the way is the house's own matter, so the address is not its real one."""

    def __init__(self, method: str, fields: Mapping[str, str], authorization: str = "") -> None:
        super().__init__(method, "https://house/", headers={"Authorization": authorization} if authorization else {})
        self.payload: Any = BasicOAuth2Payload(dict(fields))

    @property
    def form(self) -> dict[str, str]:
        """What was sent."""
        return self.payload.data


class Client:
    """A program as Authlib asks for it."""

    def __init__(self, app: App) -> None:
        self.app = app

    def get_client_id(self) -> str:  # noqa: D102
        return self.app.client_id

    def get_default_redirect_uri(self) -> str | None:  # noqa: D102
        return self.app.redirect_uris[0] if len(self.app.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str) -> str | None:  # noqa: D102
        wanted = (scope or "").split()
        return " ".join(wanted) if wanted and all(scopes.allows(self.app.scopes, one) for one in wanted) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:  # noqa: D102
        return redirect_uri in self.app.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:  # noqa: D102
        return (
            not self.app.public and token_hash(client_secret) == self.app.secret_hash
        )  # both are hashes: how long it takes says nothing

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002, D102
        return method == PUBLIC if self.app.public else method in AUTH_METHODS

    def check_response_type(self, response_type: str) -> bool:  # noqa: D102
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:  # noqa: D102
        return grant_type in GRANT_TYPES


class _Given:
    """A code as Authlib asks for it."""

    def __init__(self, code: Code) -> None:
        self.code = code
        self.code_challenge, self.code_challenge_method = code.challenge, code.challenge_method

    def get_redirect_uri(self) -> str:
        return self.code.redirect_uri

    def get_scope(self) -> str:
        return " ".join(self.code.scopes)


class _ByCode(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = [*AUTH_METHODS, PUBLIC]  # noqa: RUF012

    def generate_authorization_code(self) -> str:
        return new_token()

    def save_authorization_code(self, code: str, request: Any) -> None:
        self.server.made_code = code
        self.server.code_scopes = str(request.scope).split()

    def query_authorization_code(self, code: str, client: Any) -> Any:  # noqa: ARG002
        held: Code | None = self.server.code
        return _Given(held) if held and held.app_id == client.app.id else None

    def delete_authorization_code(self, authorization_code: _Given) -> None:
        self.server.used = authorization_code.code

    def authenticate_user(self, authorization_code: _Given) -> int:
        return authorization_code.code.account_id


class _ByItself(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS


class _Back(RevocationEndpoint):
    CLIENT_AUTH_METHODS = [*AUTH_METHODS, PUBLIC]  # noqa: RUF012

    def query_token(self, token_string: str, token_type_hint: str | None) -> Any:  # noqa: ARG002
        return _Held(self.server.token) if self.server.token else None

    def revoke_token(self, token: Any, request: Any) -> None:  # noqa: ARG002
        self.server.revoked = token.token


class _Held:
    """A token as Authlib asks for it."""

    def __init__(self, token: Token) -> None:
        self.token = token

    def check_client(self, client: Client) -> bool:
        return self.token.app_id == client.app.id


class Server(AuthorizationServer):
    """One request's server: it knows one program, one code, one token, and keeps what is to be written."""

    def __init__(self, app: App | None, *, code: Code | None = None, token: Token | None = None) -> None:
        super().__init__()
        self.app, self.code, self.token = app, code, token
        self.made_code: str | None = None
        self.code_scopes: list[str] = []
        self.made_token: dict[str, Any] | None = None
        self.used: Code | None = None
        self.revoked: Token | None = None
        self.register_grant(_ByCode, [CodeChallenge(required=True)])
        self.register_grant(_ByItself)
        self.register_endpoint(_Back)
        generator: Any = _token
        self.register_token_generator("default", generator)

    def query_client(self, client_id: str) -> Any:  # noqa: D102
        return Client(self.app) if self.app and self.app.client_id == client_id else None

    def save_token(self, token: dict[str, Any], request: Any) -> None:  # noqa: ARG002, D102
        self.made_token = token

    def validate_requested_scope(self, scope: str) -> None:  # noqa: D102
        if not self.app or Client(self.app).get_allowed_scope(scope) is None:
            raise InvalidScopeError

    def create_oauth2_request(self, request: Any) -> Any:  # noqa: D102
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:  # noqa: D102
        if isinstance(body, dict) and body.get("error") == "invalid_client":
            status = 401
        return Answer(status, body, dict(headers))


def _token(**asked: Any) -> dict[str, Any]:
    return {"access_token": new_token(), "token_type": "Bearer", "scope": asked["scope"], "created_at": int(time.time())}
