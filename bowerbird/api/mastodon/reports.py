"""Tell the moderators of somebody."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, post

from bowerbird.api.errors import mastodon
from bowerbird.api.mastodon.people import accounts, when
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.moderation import reports


class NewReport(msgspec.Struct, kw_only=True):
    """POST /api/v1/reports. There is nobody beyond this house to forward it to."""

    account_id: str
    status_ids: list[str] = []
    comment: str = ""
    forward: bool = False
    category: str = "other"
    rule_ids: list[str] = []


@post("/api/v1/reports", status_code=200)
async def report(request: Ask) -> dict[str, Any]:
    """Say what is wrong."""
    me = await person(request, "write:reports")
    new = await body(request, NewReport)
    async with pool(request).transaction() as db:
        made = await reports.make(
            db, me, id_of(new.account_id), category=new.category, comment=new.comment,
            post_ids=[id_of(i) for i in new.status_ids], rule_ids=[id_of(i) for i in new.rule_ids],
        )  # fmt: skip
        target = (await accounts(db, [made.target_id]))[0]
    return {
        "id": str(made.id),
        "action_taken": made.closed_at is not None,
        "action_taken_at": when(made.closed_at) if made.closed_at else None,
        "category": made.category,
        "comment": made.comment,
        "forwarded": False,
        "created_at": when(made.created_at),
        "status_ids": [str(i) for i in made.post_ids],
        "rule_ids": [str(i) for i in made.rule_ids],
        "target_account": target,
    }


routes = Router("/", route_handlers=[report], exception_handlers={Exception: mastodon})
