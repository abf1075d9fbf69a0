"""HEAD is GET of which only the head is wanted: every route that answers the one answers the other."""

from __future__ import annotations

from typing import Any

from litestar import Litestar
from litestar.types import HTTPResponseBodyEvent


class WithHeads(Litestar):
    """A web application that answers HEAD wherever it answers GET."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Ask the route for all of it, and send the head alone; a stream is told that nobody listens any more."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await super().__call__(scope, receive, send)
            return
        ended = False

        async def heard() -> Any:
            return {"type": "http.disconnect"} if ended else await receive()

        async def head(message: Any) -> None:
            nonlocal ended
            if not ended and message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send(HTTPResponseBodyEvent(type="http.response.body", body=b"", more_body=False))

        asked: Any = {**scope, "method": "GET"}
        await super().__call__(asked, heard, head)
