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


ELSEWHERE = [
    "[click [here] now](//evil.example/?q=private)", "[a](&#104;ttps&#58;//evil.example)", r"[a](https:\/\/evil.example)",
    "[a][b]\n\n> [b]: //evil.example/x", "[a](//evil.example)", "[a](https://evil.example)", "[a](/\\evil.example)", r"[a](\\\\evil.example)",
    "[a](<//evil.example/x y>)", "<https://evil.example/x>", "[b]\n\n- [b]: https://evil.example", "[1]\n\n[1]: //evil.example/x",
    "[a](https://ours.example@evil.example/)", "[a](https://ours.example.evil.example/)", "[a](/posts/7?to=//evil.example)",
    "[a](/settings/data)", "[a](evil.example)", "[a](?q=evil.example)", "[a](#evil.example)", "[a](http&colon;//evil.example)",
    "[**b** `c` [d](//evil.example) e](https://evil.example)", "| [a](//evil.example) |\n|---|\n| <https://evil.example> |",
    "[a](mailto:x@evil.example)", "# [a](//evil.example)", "[![a](//evil.example/a.png)](//evil.example/b)",
]  # fmt: skip


@pytest.mark.parametrize("text", ELSEWHERE)
def test_no_link_leads_to_what_was_in_no_source(text: str) -> None:
    html = rendered(text, SOURCES, {"https://ours.example/"})
    harmless(html)
    leads = [attributes["href"] for tag, attributes in Look(html).tags if tag == "a" and "href" in attributes]
    assert [href for href in leads if href != "/posts/7"] == []
    assert "evil.example" not in "".join(str(attributes) for _, attributes in Look(html).tags)


def test_the_words_of_a_dropped_link_stay() -> None:
    assert rendered("See [the **old** barn](https://evil.example) there.") == "<p>See the <strong>old</strong> barn there.</p>\n"


def test_links_lead_to_sources_and_to_what_the_person_wrote() -> None:
    own = {"https://ours.example/a?b=1&c=ä", "javascript:alert(1)", "//evil.example", "www.ours.example/x"}
    text = "[a](https://ours.example/a?b=1&c=ä) <https://ours.example/a?b=1&c=ä> [c](/posts/8) "
    text += "[d](javascript:alert(1)) [e](//evil.example) [f](www.ours.example/x)"
    leads = [attributes.get("href") for tag, attributes in Look(rendered(text, SOURCES, own)).tags if tag == "a"]
    assert leads == ["https://ours.example/a?b=1&c=%C3%A4"] * 2 + ["/posts/8"]
    cite = rendered("[1] [2]", [{"url": "//evil.example", "title": "x"}, {"url": "https://ours.example/ä", "title": "y"}])
    assert [one.get("href") for _, one in Look(cite).tags if "class" in one] == [None, "https://ours.example/%C3%A4"]


@pytest.mark.parametrize(
    "text",
    ["|a|b|\n|-|-|\n" + "|1|2|\n" * 6_000, "|" * 6_000 + "\n" + "|-" * 6_000 + "|\n" + "|x\n" * 7_000,
     ("|a" * 18 + "|\n" + "|-" * 18 + "|\n" + "|\n" * 90 + "\n") * 200, "x " * 20_000],
    ids=("long", "wide", "many", "words"),
)  # fmt: skip
def test_what_is_too_long_is_cut_and_says_so(text: str) -> None:
    html = rendered(text)
    assert html.count("<td") + html.count("<th") < 2 * 1_200 + 200
    assert html.endswith("the rest stands in the export.</em></p>")


def test_a_table_of_a_usual_size_is_whole() -> None:
    html = rendered("| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 60 + "\nAfter it.")
    assert html.count("<tr") == 61
    assert "After it." in html
    assert "export" not in html
