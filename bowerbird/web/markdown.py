"""What a model wrote, as HTML that can do no harm: Markdown without HTML, cleaned once more; numbers in brackets lead to the sources, and
no link leads anywhere else than the sources and the reader's own words do."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache
from html import escape
from typing import Any
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import table as table_rule
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TEXT_LENGTH_MAX = 12_000  # of an answer on a page; a worker's time is everybody's
ROWS_MAX, COLUMNS_MAX, CELLS_MAX = 100, 20, 1_200  # of a table; cells of all tables together
REST = "<p><em>Too long for this page: the rest stands in the export.</em></p>"
TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title", "aria-label"}, "ol": {"start"}}
_NUMBER = re.compile(r"\[(\d{1,2})\]")


def rendered(text: str, sources: Sequence[dict[str, Any]] = (), links: Collection[str] = ()) -> str:
    """HTML of our own tags alone. `sources` as an answer names them ({url, title}): [1] leads to the first. A link leads to one of them or of
    `links`, addresses that the reader wrote; of any other only the words stay."""
    parser = _parser()
    allowed = frozenset(
        parser.normalizeLink(one) for one in (*links, *(str(source.get("url", "")) for source in sources)) if _plain(one)
    )
    env: dict[str, Any] = {"sources": sources, "allowed": allowed, "cells": CELLS_MAX, "cut": len(text) > TEXT_LENGTH_MAX}
    html = parser.render(text[:TEXT_LENGTH_MAX], env)

    def kept(_tag: str, attribute: str, value: str) -> str | None:
        return value if attribute != "href" or value in allowed else None

    return nh3.clean(
        html + (REST if env["cut"] else ""),
        tags=TAGS,
        attributes=ATTRIBUTES,
        attribute_filter=kept,
        allowed_classes={"a": {"cite"}},
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )


def _plain(link: str) -> bool:
    """Whether it is an absolute address of the web or a path of this house, as every reader of addresses understands it."""
    if "\\" in link or any(ord(c) <= 32 for c in link):
        return False
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    if parts.scheme:
        return parts.scheme in ("http", "https") and bool(parts.netloc)
    return link.startswith("/") and not link.startswith("//")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    parser.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.push("numbers", _numbers)
    parser.core.ruler.push("links", _links)
    parser.add_render_rule("image", _described)
    parser.add_render_rule("number", _number)
    for rule in ("heading_open", "heading_close"):
        parser.add_render_rule(rule, _heading)
    return parser


def _table(state: StateBlock, first: int, end: int, silent: bool) -> bool:
    """A table, as many of its rows as a page holds; one with too many columns stays words."""
    if end - first < 2:
        return False
    columns = state.src[state.bMarks[first] : state.eMarks[first]].count("|") + 1
    rows = min(ROWS_MAX, state.env["cells"] // columns)
    if columns > COLUMNS_MAX or rows < 2:
        return False
    last = min(end, first + rows + 1)
    if not table_rule(state, first, last, silent):
        return False
    if silent:
        return True
    state.env["cells"] -= columns * (state.line - first)
    if state.line >= last < end:  # what is left of it
        while state.line < end and "|" in state.src[state.bMarks[state.line] : state.eMarks[state.line]]:
            state.line += 1
            state.env["cut"] = True
    return True


def _links(state: StateCore) -> None:
    """Take links out of the tree that lead elsewhere; their words stay."""
    for block in state.tokens:
        kept, dropping = list[Token](), False
        for one in block.children or ():
            if one.type == "link_open" and one.attrGet("href") not in state.env["allowed"]:
                dropping = True
            elif one.type == "link_close" and dropping:
                dropping = False
            else:
                kept.append(one)
        if block.children is not None:
            block.children = kept


def _numbers(state: StateCore) -> None:
    """Cut [1] out of the words, except inside a link."""
    sources = state.env.get("sources", ())
    for block in state.tokens:
        kept, within = list[Token](), 0
        for one in block.children or ():
            within += one.nesting if one.type in ("link_open", "link_close") else 0
            kept += [one] if one.type != "text" or within else _cut(one, len(sources))
        if block.children is not None:
            block.children = kept


def _cut(text: Token, known: int) -> list[Token]:
    parts, at = list[Token](), 0
    for match in _NUMBER.finditer(text.content):
        if 1 <= int(match[1]) <= known:
            parts += [Token("text", "", 0, content=text.content[at : match.start()]), Token("number", "", 0, content=match[1])]
            at = match.end()
    return [*parts, Token("text", "", 0, content=text.content[at:])]


def _number(_self: Any, tokens: Sequence[Token], at: int, _options: Any, env: Any) -> str:
    number = tokens[at].content
    source = env["sources"][int(number) - 1]
    href = _parser().normalizeLink(str(source.get("url", "")))
    said = escape(f"Source {number}: {source.get('title', '')}"[:200])
    return f'<a class="cite" href="{escape(href)}" title="{said}" aria-label="{said}">{number}</a>'


def _described(_self: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """A picture from elsewhere is never fetched: its description stands for it."""
    return escape(tokens[at].content)


def _heading(_self: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """Below the page's own headings."""
    level = min(6, int(tokens[at].tag[1]) + 2)
    return f"<{'/' if tokens[at].nesting < 0 else ''}h{level}>"
