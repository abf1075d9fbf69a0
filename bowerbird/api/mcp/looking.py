"""What every tool is given, checked, and the tools that only read: the same as the house's own helper has."""

from __future__ import annotations

import time
from typing import Any

from mcp_types import CallToolResult, TextContent

from bowerbird.accounts import usage
from bowerbird.api.mcp.callers import DATA, Caller, sources
from bowerbird.assistant import tools
from bowerbird.assistant.reading import Eyes
from bowerbird.core.errors import Invalid
from bowerbird.inference import chat


def checked(schema: dict[str, Any], arguments: dict[str, Any]) -> dict[str, str]:
    """Arguments as the tool's schema has them: short strings with known names. Raises Invalid."""
    known = schema.get("properties", {})
    if strange := [name for name in arguments if name not in known]:
        raise Invalid(f"There is no argument “{strange[0][:40]}”.")
    given: dict[str, str] = {}
    for name, value in arguments.items():
        longest = known[name].get("maxLength", tools.ARGUMENT_LENGTH_MAX)
        if not isinstance(value, str):
            raise Invalid(f"{name} is a string.")
        if len(value) > longest:
            raise Invalid(f"{name} is up to {longest} characters long.")
        given[name] = value
    if missing := [name for name in schema.get("required", []) if not given.get(name, "").strip()]:
        raise Invalid(f"This needs {' and '.join(missing)}.")
    return given


async def read(caller: Caller, name: str, arguments: dict[str, str]) -> CallToolResult:
    """Look something up."""
    tool, given = tools.known(name, arguments)
    began = time.monotonic()
    if name == "search_posts":
        async with caller.pool.transaction() as db:
            await usage.allow(db, caller.person)
    found = await tools.run(caller.pool, Eyes(caller.person), tool, given)
    if name == "search_posts":
        async with caller.pool.transaction() as db:
            tokens = chat.guessed(given["query"])
            await usage.record(db, caller.person.id, "embedding", "mcp", tokens, 0, time.monotonic() - began)
    said = f"{found.said}.\n{DATA}\n{found.text}"
    return CallToolResult(content=[TextContent(text=said)], structured_content={"sources": sources(found.sources)})
