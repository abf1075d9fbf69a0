"""Doors on 127.0.0.1 between the house's own processes: who knocks carries a key, and what they send is read as what it should be."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from bowerbird.core.errors import Invalid, NotSignedIn
from bowerbird.core.secrets import same

T = TypeVar("T")


def keyed(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """A guard: whoever asks has the key that stands as `key` in the application's state. Raises NotSignedIn."""
    given = connection.headers.get("authorization", "").removeprefix("Bearer ")
    if not same(given, connection.app.state.key):
        raise NotSignedIn("The key is wrong.")


def decoded(body: bytes, kind: type[T]) -> T:
    """JSON that was sent, as a `kind`. Raises Invalid."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise Invalid(f"The request cannot be read: {wrong}") from wrong
