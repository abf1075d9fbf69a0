"""What a model wrote becomes HTML that can do no harm, whatever it wrote."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowerbird.web.markdown import ATTRIBUTES, TAGS, rendered

SOURCES = [
    {"kind": "post", "id": "7", "url": "/posts/7", "title": 'A "quoted" <b>title</b>', "by": "ines"},
    {"kind": "post", "id": "8", "url": "/posts/8", "title": "Second", "by": "noor"},
]


class Look(HTMLParser):
    """Every tag and attribute of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def harmless(html: str) -> None:
    for tag, attributes in Look(html).tags:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set()) | ({"rel", "class"} if tag == "a" else set()), (tag, attributes)
        if tag == "a" and "href" in attributes:
            href = attributes["href"] or ""
            assert re.match(r"https?://", href) or not re.match(r"[\s\x00-\x20]*[a-zA-Z][a-zA-Z0-9+.-]*:", href), href
            assert attributes["rel"] == "nofollow noopener"


HOSTILE = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>", "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))", "[x](data:text/html,<script>alert(1)</script>)", "[x](vbscript:x)",
    "[x](&#106;avascript:alert(1))", "[x](java\tscript:alert(1))", "![x](https://elsewhere.example/pixel.png)",
    '![x](x" onerror="alert(1))', "<javascript:alert(1)>", "<a href='javascript:x'>y</a>",
    '[x](/a "t\\" onmouseover=\\"alert(1)")', "`<script>`", "```html\n<script>alert(1)</script>\n```", '```" onload="x\n```',
    "<style>*{display:none}</style>", "<iframe src=//evil.example></iframe>",
    "<form action=/settings/data><button>x</button></form>", "| <script> | b |\n|---|---|\n| <img onerror=x> | d |",
    "[1](javascript:alert(1))", "[x]: javascript:alert(1)\n\n[x]", "<math><mtext></p><img src onerror=alert(1)>",
    "<details open ontoggle=alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;", "<!--><script>alert(1)</script>-->",
    "\u202e<script>", "# <script>alert(1)</script>", "> <object data=x>",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_survives(text: str) -> None:
    html = rendered(text, SOURCES)
    harmless(html)
    assert "<script" not in html
    assert "<img" not in html


@given(st.text(st.sampled_from("<>\"'`[]()!:/\\#*_|-\n &;=abcjavscriptonerhtml1 \t\u202e"), max_size=200))
def test_no_string_of_signs_makes_harm(text: str) -> None:
    harmless(rendered(text, SOURCES))


def test_a_title_of_a_source_is_text() -> None:
    html = rendered("See [1].", [{"url": "/posts/1", "title": '"><script>alert(1)</script>'}])
    harmless(html)
    assert html.count("<a ") == 1
    harmless(rendered("See [1].", [{"url": "javascript:alert(1)", "title": "x"}]))
    assert "javascript" not in rendered("See [1].", [{"url": "javascript:alert(1)", "title": "x"}])


def test_numbers_lead_to_their_sources_and_only_those() -> None:
    html = rendered("One [1], two [2], none [3], and `code [1]`, and [a link [1]](https://ours.example/).", SOURCES)
    cites = [attributes for tag, attributes in Look(html).tags if tag == "a" and attributes.get("class") == "cite"]
    assert [one["href"] for one in cites] == ["/posts/7", "/posts/8"]
    assert "none [3]" in html
    assert "<code>code [1]</code>" in html


def test_code_tables_and_lists() -> None:
    html = rendered("# Head\n\n- a\n- b\n\n| x | y |\n|---|---|\n| 1 | 2 |\n\n```py\nprint(1 < 2)\n```\n\n~~old~~ **new**")
    assert [tag for tag, _ in Look(html).tags] == [
        "h3", "ul", "li", "li", "table", "thead", "tr", "th", "th", "tbody", "tr", "td", "td", "pre", "code", "p", "s", "strong",
    ]  # fmt: skip
    assert "print(1 &lt; 2)" in html
    assert rendered("") == ""
