"""The assistant under posts: asking it, its answers as they come, "no AI here", people's corrections; and the page that says what it is."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote

from litestar import Response, get, post
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.assistant import asked, corrections, phrasing, prompts, replying
from bowerbird.assistant.asked import Question
from bowerbird.core.errors import Invalid, NotAllowed, NotFound, TooLarge, TooMany
from bowerbird.core.settings import settings
from bowerbird.door import Ask, id_of, pool
from bowerbird.gallery import cards
from bowerbird.inference import chat
from bowerbird.social import posts
from bowerbird.web import answers, asking, render
from bowerbird.web.live import Watching, told


@post("/posts/{id_:str}/questions", status_code=200)
async def ask(request: Ask, id_: str) -> Response[Any]:
    """Ask under a post, for oneself or aloud. The answer comes into the page as it is written; a refusal says why, in place."""
    me = await asking.me(request)
    form = await asking.form(request)
    task, words, aloud = form.text("task", "answer"), form.text("text").strip(), form.text("aloud") == "yes"
    if task == "draw" and words and not aloud:  # for oneself one paints in the studio, with all its brushes
        return _lead(request, f"/studio?prompt={quote(words)}")
    try:
        async with pool(request).transaction() as db:
            one = await asked.ask(db, me, id_of(id_), Question(cast("asked.Task", task), words), aloud=aloud)
    except (Invalid, NotAllowed, TooLarge, TooMany) as no:
        if not asking.by_htmx(request):
            raise
        return render.html(render.fragment("fragments/unasked.jinja", said=no.said))
    if not asking.by_htmx(request):
        return render.redirect(f"/posts/{one.post_id}#asked-{one.id}")
    return render.html(render.fragment("fragments/question.jinja", one=one, sources={}, fresh=True))


def _lead(request: Ask, where: str) -> Response[Any]:
    if asking.by_htmx(request):
        return render.html("", headers={"HX-Redirect": where})
    return render.redirect(where)


@get("/posts/{id_:str}/questions")
async def mention(request: Ask, id_: str) -> Response[Any]:
    """What became of one's own mention of the assistant: nothing yet, an answer that is written, or why there is none."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        card = await cards.by_id(db, me, id_of(id_))
        shown = await answers.told(db, me, card, [card])
    return render.html(render.fragment("fragments/mention.jinja", card=card, told=shown))


@get("/asked/{id_:str}/live")
async def live(request: Ask, id_: str) -> Stream:
    """What the asker's page listens to."""
    me = await asking.me(request)
    async with pool(request).reading() as db:
        one = await asked.own(db, me, id_of(id_))
    return Stream(told(Watching(request, me).answer(one.id)), media_type="text/event-stream")


@post("/posts/{id_:str}/assistant", status_code=303)
async def close(request: Ask, id_: str) -> Response[Any]:
    """ "No AI here" under one's own post, or not any more."""
    me = await asking.me(request)
    form = await asking.form(request)
    closed = form.text("closed") == "yes"
    async with pool(request).transaction() as db:
        await asked.close(db, me, id_of(id_), closed=closed)
    said = "No AI here: Bower answers nobody under this post." if closed else "Bower may be asked under this post again."
    return render.redirect(f"/posts/{id_of(id_)}", toast=said)


@post("/posts/{id_:str}/corrections", status_code=200)
async def correct(request: Ask, id_: str) -> Response[Any]:
    """Say what is wrong with an answer, or what it leaves out."""
    me = await asking.me(request)
    form = await asking.form(request)
    answer_id, wrong = id_of(id_), ""
    try:
        async with pool(request).transaction() as db:
            await corrections.correct(db, me, answer_id, form.text("kind"), form.text("note"))
    except (Invalid, TooLarge, TooMany) as no:
        if not asking.by_htmx(request):
            raise
        wrong = no.said
    return await _corrected(request, me, answer_id, wrong=wrong, typed=form.text("note") if wrong else "")


@post("/corrections/{id_:str}/agreement", status_code=200)
async def agree(request: Ask, id_: str) -> Response[Any]:
    """Say whether one agrees with somebody's correction."""
    me = await asking.me(request)
    form = await asking.form(request)
    answer_id = form.id("answer_id")
    if answer_id is None or form.text("agrees") not in ("yes", "no"):
        raise NotFound
    async with pool(request).transaction() as db:
        await corrections.agree(db, me, id_of(id_), agrees=form.text("agrees") == "yes")
    return await _corrected(request, me, answer_id)


@post("/corrections/{id_:str}/withdraw", status_code=200)
async def withdraw(request: Ask, id_: str) -> Response[Any]:
    """Take one's own correction back, or as a moderator anybody's away."""
    me = await asking.me(request)
    form = await asking.form(request)
    answer_id = form.id("answer_id")
    if answer_id is None:
        raise NotFound
    async with pool(request).transaction() as db:
        await corrections.withdraw(db, me, id_of(id_))
    return await _corrected(request, me, answer_id, toast="Taken away.")


async def _corrected(
    request: Ask, me: Person, answer_id: int, *, wrong: str = "", typed: str = "", toast: str = ""
) -> Response[Any]:
    """What people say of an answer, anew."""
    if not asking.by_htmx(request):
        return render.redirect(f"/posts/{answer_id}", toast=toast or "Noted. It shows when enough different people agree.")
    async with pool(request).reading() as db:
        stamps = await asked.stamps(db, [(await posts.see(db, me.id, answer_id)).id])
        said = await corrections.of(db, me, answer_id) if stamps else []
    return render.html(
        render.fragment(
            "fragments/corrections.jinja", answer_id=answer_id, said=said, may_say=True, wrong=wrong, typed=typed, me=me, csrf=asking.csrf_of(request)
        )
    )  # fmt: skip


@get("/about/bower")
async def about(request: Ask) -> Response[Any]:
    """Who answers here: for anyone to read."""
    me = (await asking.visitor(request)).person
    tiers = await chat.state() if settings().assistant != "off" else []
    async with pool(request).reading() as db:
        shared = await asking.context(request, db, me)
    limits = {
        "length": phrasing.ANSWER_LENGTH_MAX, "turns": asked.TURNS_MAX, "hour": asked.HOUR_MAX, "house_hour": asked.HOUSE_HOUR_MAX,
        "late_min": replying.LATE_S // 60, "agree": corrections.AGREE_MIN, "tokens": settings().models_tokens_per_day_max,
    }  # fmt: skip
    versions = [(door, prompts.versions(door)[::-1]) for door in prompts.DOORS]
    return asking.page(request, "pages/about_bower.jinja", shared, tiers=tiers, limits=limits, versions=versions)


HANDLERS = [ask, mention, live, close, correct, agree, withdraw, about]
