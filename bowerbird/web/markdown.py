"""What a model wrote, as HTML that can do no harm: Markdown without HTML, cleaned once more; numbers in brackets lead to the sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

TEXT_LENGTH_MAX = 40_000
TAGS = {
    "p", "br", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li", "a", "hr", "h3", "h4", "h5", "h6",
    "table", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"a": {"href", "title", "aria-label"}, "ol": {"start"}}
_NUMBER = re.compile(r"\[(\d{1,2})\]")


def rendered(text: str, sources: Sequence[dict[str, Any]] = ()) -> str:
    """HTML of our own tags alone. `sources` as an answer names them ({url, title}): [1] leads to the first."""
    html = _parser().render(text[:TEXT_LENGTH_MAX], {"sources": sources})
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=ATTRIBUTES,
        allowed_classes={"a": {"cite"}},
        url_schemes={"http", "https"},
        link_rel="nofollow noopener",
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("numbers", _numbers)
    parser.add_render_rule("image", _described)
    parser.add_render_rule("number", _number)
    for rule in ("heading_open", "heading_close"):
        parser.add_render_rule(rule, _heading)
    return parser


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
    said = escape(f"Source {number}: {source.get('title', '')}"[:200])
    return f'<a class="cite" href="{escape(str(source.get("url", "")))}" title="{said}" aria-label="{said}">{number}</a>'


def _described(_self: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """A picture from elsewhere is never fetched: its description stands for it."""
    return escape(tokens[at].content)


def _heading(_self: Any, tokens: Sequence[Token], at: int, _options: Any, _env: Any) -> str:
    """Below the page's own headings."""
    level = min(6, int(tokens[at].tag[1]) + 2)
    return f"<{'/' if tokens[at].nesting < 0 else ''}h{level}>"
