"""Asking again for the letter that confirms an address; this house sends none."""

from __future__ import annotations

from litestar import post

from bowerbird.api.errors import mastodon
from bowerbird.core.errors import NotAllowed
from bowerbird.door import Ask, person


@post("/api/v1/emails/confirmations", status_code=200, exception_handlers={Exception: mastodon})
async def confirm(request: Ask) -> None:
    """Whoever has an account here may use it at once: there is never a letter to wait for."""
    await person(request, "write:accounts")
    raise NotAllowed("This method is only available while the e-mail is awaiting confirmation")


routes = confirm
