"""The text parser: whatever is typed, in any script, is kept, found and made safe."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowerbird.social import text

anything = st.text(max_size=400)
names = st.from_regex(r"[A-Za-z0-9_]{2,30}", fullmatch=True)


class Seen(HTMLParser):
    """Collects the tags and attributes of HTML, and its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.hrefs: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.hrefs += [value or "" for name, value in attrs if name == "href"]


@given(anything)
def test_tokens_joined_give_the_text_back(typed: str) -> None:
    assert "".join(token.text for token in text.tokens(typed)) == typed


@given(
    st.one_of(
        anything,
        st.lists(
            st.sampled_from(["<", ">", '"', "'", "&", "@a_b", "#tag", "https://x.y/", "<script>", "\n\n", "javascript:"])
        ).map("".join),
    )
)
def test_html_holds_only_what_we_put_there(typed: str) -> None:
    seen = Seen()
    seen.feed(text.html(text.clean(typed)))
    assert seen.tags <= {"p", "a", "br"}
    assert seen.attributes <= {"href", "class", "rel", "target"}
    assert all(re.match(r"https?://|/@[a-z0-9_]+$|/tags/", href) for href in seen.hrefs)


@given(anything)
def test_clean_is_idempotent_and_without_controls(typed: str) -> None:
    once = text.clean(typed)
    assert text.clean(once) == once
    assert not re.search(r"[\x00-\x08\u202a-\u202e\u2066-\u2069]", once)


@given(names, anything.filter(lambda s: not s or not (s[0].isalnum() or s[0] in "_@")))
def test_a_mention_is_found_wherever_it_stands(name: str, after: str) -> None:
    assert name.lower() in text.mentions(f"hello @{name}{after}")


@pytest.mark.parametrize(
    ("typed", "mentions", "tags"),
    [
        ("mail me at ines@example.org", [], []),
        ("@ines @Ines and @noor", ["ines", "noor"], []),
        ("(@ines)", ["ines"], []),
        ("@@ines", [], []),
        ("@ines@other.house", [], []),
        ("#Fox #fox #ФОКС #狐 #été", [], ["fox", "фокс", "狐", "été"]),
        ("no#tag and &#39; and #12 and #_", [], []),
        ("#a1 #1a", [], ["a1", "1a"]),
        ("https://x.org/@ines#here", [], []),
    ],
)
def test_what_is_a_mention_and_what_a_tag(typed: str, mentions: list[str], tags: list[str]) -> None:
    assert text.mentions(typed) == mentions
    assert text.tags(typed) == tags


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("see https://a.org/x.", "https://a.org/x"),
        ("(https://a.org/x)", "https://a.org/x"),
        ("https://a.org/x_(y)", "https://a.org/x_(y)"),
        ("https://a.org/?q=1&b=2!", "https://a.org/?q=1&b=2"),
        ("<https://a.org>", "https://a.org"),
    ],
)
def test_links_end_where_a_reader_ends_them(typed: str, link: str) -> None:
    assert [t.value for t in text.tokens(typed) if t.kind == "link"] == [link]


def test_a_hostile_text_takes_no_time() -> None:
    for hostile in ("@" * 5000, "#" * 5000, "https://" * 700, "a@" * 2500, ")" * 3000 + "https://x" + ")" * 3000):
        assert "".join(t.text for t in text.tokens(hostile)) == hostile
