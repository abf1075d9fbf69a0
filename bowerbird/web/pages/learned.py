"""What the network learned, in full view: versions with what the gate found, datasets by their cards, and one's own part in it."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.door import Ask, id_of, pool
from bowerbird.events import consent
from bowerbird.learning import nights, releases
from bowerbird.learning.datasets import ledger, receipts
from bowerbird.learning.datasets.item import REASONS
from bowerbird.web import asking, render
from bowerbird.web.timeline import timeline

RECEIPTS, DATASETS, SHOWN = 20, 6, 3
EVENTS = {
    "AnswerRated": "Your thumb on an answer", "AnswerPreferred": "You went on from one answer of several",
    "AnswerAgain": "You asked for another answer", "AnswerGiven": "What was said before it", "AnswerCorrected": "You corrected an answer",
    "PostPublished": "A post of yours", "PostEdited": "A post of yours, as you changed it",
}  # fmt: skip

WALKS = {"assistant": "Assistant", "ranker": "Feed ranker", "reward": "Which pictures are picked"}


@get("/learning")
async def read(request: Ask) -> Response[Any]:
    """The page."""
    me = (await asking.visitor(request)).person
    before = parse(request.query_params.get("max_id", ""))
    async with pool(request).reading() as db:
        versions, datasets, nights_ = await releases.latest(db), await ledger.latest(db, DATASETS), await nights.latest(db)
        own: dict[str, Any] = {}
        if me:
            told = await receipts.of(db, me.id, Page(before=before, limit=RECEIPTS))
            own = {
                "receipts": told, "part": await receipts.part(db, me.id), "consents": await consent.of(db, me.id),
                "next": f"/learning?max_id={told[-1].id}#yours" if len(told) == RECEIPTS else None,
            }  # fmt: skip
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/learned.jinja", shared, versions=versions, reports=versions[:SHOWN], datasets=datasets, timeline=timeline(versions),
        reasons=REASONS, events=EVENTS, nights=nights_, walks=WALKS, **own,
    )  # fmt: skip


@post("/learning/receipts/{id_:str}/withdraw", status_code=303)
async def withdraw(request: Ask, id_: str) -> Response[Any]:
    """Take back what a signal is about, or take that back."""
    me = await asking.me(request)
    form = await asking.form(request)
    undo = form.text("undo") == "yes"
    async with pool(request).transaction() as db:
        await receipts.withdraw(db, me.id, id_of(id_), undo=undo)
    told = "What you said for your account counts for it again." if undo else "The next dataset is built without it."
    return render.redirect("/learning#yours", toast=told)


HANDLERS = [read, withdraw]
