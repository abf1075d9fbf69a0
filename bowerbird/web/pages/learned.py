"""What the network learned, in full view: versions with what the gate found, datasets by their cards, and one's own part in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from litestar import Response, get, post

from bowerbird.core.ids import parse
from bowerbird.core.paging import Page
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, pool
from bowerbird.events import consent, minors
from bowerbird.learning import nights, promises, releases
from bowerbird.learning.datasets import ledger, receipts, taken, taken_back
from bowerbird.learning.datasets.item import REASONS
from bowerbird.learning.releases import Release
from bowerbird.web import asking, render
from bowerbird.web.timeline import NAMES, timeline

RECEIPTS, DATASETS, SHOWN = 20, 6, 3
EVENTS = {
    "AnswerRated": "Your thumb on an answer", "AnswerPreferred": "You went on from one answer of several",
    "AnswerAgain": "You asked for another answer", "AnswerGiven": "What was said before it", "AnswerCorrected": "You corrected an answer",
    "AnswerVoted": "Your vote between two answers", "PictureVoted": "Your vote between two pictures",
    "PostPublished": "A post of yours", "PostEdited": "A post of yours, as you changed it", "CandidatePicked": "You picked one of several pictures",
}  # fmt: skip

ACTS = {"PostLiked": "like", "PostBoosted": "boost", "PostBookmarked": "bookmark", "PictureRemixed": "remix"}
KINDS = {
    "pair": "answers over others", "liked": "answers liked", "disliked": "answers not liked", "text": "posts", "pick": "pictures picked",
    "picture": "pictures liked", "act": "likes and the like",
}  # fmt: skip
WALKS = {"assistant": "Assistant", "adapter": "Language model", "ranker": "For You", "reward": "Picture taste"}


def _newest(versions: Sequence[Release]) -> list[Release]:
    """Of each model the newest, then others, SHOWN in all at least."""
    first = {one.model: one for one in reversed(versions)}
    chosen = {one.id for one in [*first.values(), *versions[:SHOWN]]}
    return [one for one in versions if one.id in chosen]


@get("/learning")
async def read(request: Ask) -> Response[Any]:
    """The page."""
    me = (await asking.visitor(request)).person
    before = parse(request.query_params.get("max_id", ""))
    async with pool(request).reading() as db:
        versions, datasets, nights_ = await releases.latest(db), await ledger.latest(db, DATASETS), await nights.latest(db)
        promise = await promises.of(db, settings(), datetime.now(UTC))
        waiting = await nights.signals(db, datasets[0].built_at) if datasets else 0
        own: dict[str, Any] = {}
        if me:
            told = await receipts.of(db, me.id, Page(before=before, limit=RECEIPTS))
            own = {
                "receipts": told, "acts": (await taken.acts(db, me.id))[:1], "part": await receipts.part(db, me.id),
                "consents": await consent.of(db, me.id), "minor": await minors.of(db, me.id), "gone": await taken_back.of(db, told),
                "next": f"/learning?max_id={told[-1].id}#yours" if len(told) == RECEIPTS else None,
            }  # fmt: skip
        shared = await asking.context(request, db, me)
    return asking.page(
        request, "pages/learned.jinja", shared, versions=versions, reports=_newest(versions), datasets=datasets, timeline=timeline(versions),
        reasons=REASONS, events=EVENTS, nights=nights_, walks=WALKS, names=NAMES, kinds=KINDS, taken=ACTS,
        promise=promise, waiting=waiting,
        current=list({one.model: one for one in reversed(datasets)}.values()), **own,
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
