"""A post in two steps: a draft that publishes nothing, and its publication, for which its exact words have to be said again."""

from __future__ import annotations

from typing import Any

from mcp.server.context import ServerRequestContext
from mcp_types import CallToolResult, ElicitRequest, ElicitRequestFormParams, ElicitResult, InputRequiredResult, TextContent
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from bowerbird.api.mcp.callers import Caller
from bowerbird.assistant import tools
from bowerbird.assistant.reading import Eyes
from bowerbird.core.errors import Invalid, NotFound
from bowerbird.core.ids import parse
from bowerbird.core.settings import settings
from bowerbird.gallery import remixes, showing
from bowerbird.social import drafts, private_data
from bowerbird.social.drafts import Draft, Words

TO_WHOM = {
    "public": "everyone", "unlisted": "everyone, quietly", "followers": "followers only", "direct": "those it names only",
}  # fmt: skip
ABOUT = (
    "Publish a draft of the person's in their name. Only after they saw its exact words and said yes: "
    "`confirm` is the whole text of the draft, word for word."
)
PUBLISH: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["draft_id", "confirm"],
    "properties": {
        "draft_id": {"type": "string", "description": "What draft_post returned.", "maxLength": 20},
        "confirm": {"type": "string", "description": "The exact text of that draft.", "maxLength": 20_000},
    },
}
_ASKED = "publish"


def schema(usual: dict[str, Any]) -> dict[str, Any]:
    """The drafting tool's own, and a picture of the person's to go with the words."""
    picture = {
        "type": "string",
        "description": "The id or address of a picture of the person's own, to go with it.",
        "maxLength": 200,
    }
    return {**usual, "properties": {**usual["properties"], "picture": picture}}


async def draft(caller: Caller, arguments: dict[str, str]) -> CallToolResult:
    """Keep a draft. Nobody but the person sees it."""
    tool, given = tools.known("draft_post", {"text": arguments["text"]})
    made = await tools.run(caller.pool, Eyes(caller.person), tool, given)
    async with caller.pool.transaction() as db:
        media_ids: tuple[int, ...] = ()
        if wanted := arguments.get("picture", "").strip():
            picture_id = parse(wanted.removeprefix(settings().origin).removeprefix("/pictures/").strip("/ "))
            picture = await remixes.see(db, caller.person, picture_id or 0)
            if picture.creator_id != caller.person.id or not picture.media_id:
                raise NotFound("That is no picture of the person's own.")
            media_ids = (picture.media_id,)
        words = Words(text=made.shown["draft"], visibility=caller.person.default_visibility, media_ids=media_ids)
        kept = await drafts.keep(db, caller.person, words)
    seen = TO_WHOM.get(kept.visibility, kept.visibility)
    personal = [one.kind for one in private_data.found(kept.text)]
    said = f"A draft, for {seen}. Nothing is published. Show the person its exact words before you publish it:\n\n{kept.text}"
    if personal:
        said += f"\n\nIt looks as if it held personal data ({', '.join(personal)}): point that out."
    told = {"sources": [], "draft_id": str(kept.id), "text": kept.text, "visible_to": seen, "personal_data": personal}
    return CallToolResult(content=[TextContent(text=said)], structured_content=told)


async def publish(
    context: ServerRequestContext[Any, Any], caller: Caller, arguments: dict[str, str], answers: dict[str, Any] | None
) -> CallToolResult | InputRequiredResult:
    """Publish a draft whose words are said again exactly. Where the app can ask the person itself, they are asked first."""
    found = await _own(caller, arguments)
    if _asks(context):
        said = (answers or {}).get(_ASKED)
        if not isinstance(said, ElicitResult):
            return _question(found)
        if said.action != "accept" or (said.content or {}).get(_ASKED) is not True:
            raise Invalid("The person did not say yes. Nothing was published; the draft is kept.")
    async with caller.pool.transaction() as db:
        post = await showing.publish(
            db, caller.person, found.text, visibility=found.visibility, media_ids=found.media_ids, via=caller.visitor.program
        )
        await drafts.discard(db, caller.person, found.id)
    url = f"{settings().origin}/posts/{post.id}"
    source = {"kind": "post", "id": str(post.id), "url": url, "title": "", "by": caller.person.username}
    seen = TO_WHOM.get(post.visibility, post.visibility)
    return CallToolResult(content=[TextContent(text=f"Published for {seen}: {url}")], structured_content={"sources": [source]})


async def _own(caller: Caller, arguments: dict[str, str]) -> Draft:
    """The draft, where its words are said exactly. Raises NotFound and Invalid."""
    async with caller.pool.reading() as db:
        found = await drafts.own(db, caller.person, parse(arguments["draft_id"].strip()) or 0)
    if found.poll or found.reply_to_id or found.spoiler or found.sensitive:
        raise Invalid("This draft holds more than words and pictures. The person publishes it on the page where they wrote it.")
    if arguments["confirm"].strip() != found.text.strip():
        raise Invalid(
            "Those are not the words of the draft. Nothing was published. Show the person the draft and send its exact text."
        )
    return found


def _asks(context: ServerRequestContext[Any, Any]) -> bool:
    """Whether the app can put a question to its person in the middle of a call."""
    able = context.session.client_capabilities
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS and bool(able and able.elicitation)


def _question(found: Draft) -> InputRequiredResult:
    shown = f"Publish this for {TO_WHOM.get(found.visibility, found.visibility)}?\n\n{found.text}"
    if found.media_ids:
        shown += f"\n\n(with {len(found.media_ids)} picture{'s' if len(found.media_ids) > 1 else ''})"
    yes: Any = {"type": "object", "properties": {_ASKED: {"type": "boolean", "title": "Publish it"}}, "required": [_ASKED]}
    return InputRequiredResult(
        input_requests={_ASKED: ElicitRequest(params=ElicitRequestFormParams(message=shown, requested_schema=yes))}
    )
