"""A recipe changed in plain words: what each sentence becomes, what is said back, and that no text whatever makes it fall."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from bowerbird.core.settings import settings
from bowerbird.feed import recipe as recipes
from bowerbird.feed import steering, topics, until
from bowerbird.feed.draft import Draft
from bowerbird.feed.recipe import Recipe, Wish
from bowerbird.feed.steering import Reading
from tests.conftest import free_port

NOW = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)  # a Tuesday
SUNDAY, CHRISTMAS = "until Sunday 29 November 23:59", "until Friday 25 December 23:59"
TODAY, WEEK, THREE = "until Tuesday 24 November 23:59", "until Tuesday 1 December 10:30", "until Friday 27 November 10:30"


@pytest.fixture(scope="module", autouse=True)
def no_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Here the grammar stands alone: nobody answers where the model of meanings should be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BOWERBIRD_DATA_DIR", str(tmp_path_factory.mktemp("steering")))
        patch.setenv("BOWERBIRD_RUNNER_PORT", str(free_port()))
        settings.cache_clear()
        yield
    settings.cache_clear()


async def read(words: str, before: str = "") -> Reading:
    standing = (await steering.read(before, NOW, Recipe())).recipe if before else Recipe()
    return await steering.read(words, NOW, standing)


SENTENCES: dict[str, list[str]] = {
    "more watercolours, less politics until Sunday, never spiders, more from people I talk with": [
        "More watercolours", f"Less politics, {SUNDAY}", "Never spiders", "More from people you talk with",
    ],
    "No more spiders!": ["Never spiders"],
    "less politics, sport and crypto until Sunday": [f"Less {what}, {SUNDAY}" for what in ("politics", "sport", "crypto")],
    "less politics until Sunday, sport": [f"Less politics, {SUNDAY}", "Less sport"],
    "less politics, until Sunday": [f"Less politics, {SUNDAY}"],
    "this week no politics and crypto, more cats": [f"Never politics, {SUNDAY}", f"Never crypto, {SUNDAY}", "More cats"],
    "until Christmas: more snow": [f"More snow, {CHRISTMAS}"],
    "more foxes and less politics until Sunday": ["More foxes", f"Less politics, {SUNDAY}"],
    "more black and white photos": ["More black and white photos"],
    "more pen and ink drawings and Dungeons and Dragons": ["More pen and ink drawings", "More Dungeons and Dragons"],
    "I'm tired of crypto": ["Less crypto"],
    "I’m tired of crypto": ["Less crypto"],
    "enough of memes for a week": [f"Less memes, {WEEK}"],
    "Hey, can you show me more birds, please?": ["More birds"],
    "Please show me fewer selfies": ["Less selfies"],
    "never @noor": ["Never from @noor"],
    "more from @ines": ["More from @ines"],
    "more foxes from @Ines": ["More foxes from @ines"],
    "less from @ines and @noor": ["Less from @ines", "Less from @noor"],
    "less AI": ["More made by people, less generated"],
    "much less AI art": ["Much more made by people, less generated"],
    "a bit less AI": ["A little more made by people, less generated"],
    "more human made pictures": ["More made by people, less generated"],
    "more real photos": ["More made by people, less generated"],
    "only handmade": ["Only what is not known to be generated"],
    "no AI": ["Only what is not known to be generated"],
    "only AI": ["Only what was generated"],
    "more AI pictures": ["More generated, less made by people"],
    "more photos": ["More photos"],
    "more from new people": ["More from new people"],
    "more small accounts": ["More from new people"],
    "less from big accounts": ["More from new people"],
    "more from people I follow": ["More from people you follow"],
    "much more from people I follow": ["Much more from people you follow"],
    "less popular stuff": ["Less of what is popular"],
    "nothing popular": ["Nothing of what is popular"],
    "newer posts please": ["More of what is new"],
    "more old posts": ["Less of what is new"],
    "only people I follow": ["As much from people you follow as there is", "Nothing from new people", "Nothing of what is popular"],
    "more popular music": ["More popular music"],
    "more new films": ["More films"],
    "only English": ["Only in English"],
    "only in English and German": ["Only in English and German"],
    "only English, more foxes": ["Only in English", "More foxes"],
    "show sensitive pictures": ["Sensitive pictures are shown"],
    "likes should count less": ["“like” counts less"],
    "ignore likes": ["“like” counts for nothing"],
    "remixes count double": ["“remix” counts double"],
    "politics less, watercolours more": ["Less politics", "More watercolours"],
    "no longer politics": ["Never politics"],
    "I don't want to see any gore": ["Never gore"],
    "don't show me so much football": ["Less football"],
    "don't show me football": ["Never football"],
    "stop showing me ads": ["Never ads"],
    "stop politics": ["Never politics"],
    "mute clowns today": [f"Never clowns, {TODAY}"],
    "hide needles and syringes": ["Never needles", "Never syringes"],
    "without horror": ["Never horror"],
    "I love moths": ["More moths"],
    "I hate clowns": ["Much less clowns"],
    "I don't like clowns": ["Less clowns"],
    "not so much anime": ["Less anime"],
    "too many weddings": ["Less weddings"],
    "lots of owls": ["Much more owls"],
    "more spiders again": ["More spiders"],
    "a bit more jazz and a lot more ballet": ["A little more jazz", "Much more ballet"],
    "more film noir; more street photography. fewer weddings!": ["More film noir", "More street photography", "Less weddings"],
    "no football this weekend but more tennis": [f"Never football, {SUNDAY}", "More tennis"],
    "can you show me less war for 3 days?": [f"Less war, {THREE}"],
    "more posts about the sea": ["More sea"],
    "more pictures of old castles in fog": ["More old castles in fog"],
    "less about Trump": ["Less Trump"],
    "more zorbing": ["More zorbing"],
    "more #inktober": ["More #inktober"],
    "hello": [],
    "": [],
    "please, thank you!": [],
}  # fmt: skip


@pytest.mark.parametrize("words", SENTENCES)
async def test_what_a_sentence_becomes(words: str) -> None:
    found = await read(words)
    assert (found.changes, found.unread) == (SENTENCES[words], [])


AFTER: dict[tuple[str, str], list[str]] = {
    ("never spiders", "no longer never spiders"): ["No longer never spiders"],
    ("never spiders", "spiders are fine again"): ["No longer never spiders"],
    ("never spiders", "bring spiders back"): ["No longer never spiders"],
    ("never spiders", "allow tarantulas again"): ["No longer never spiders"],
    ("never spiders", "show spiders again"): ["No longer never spiders"],
    ("never spiders", "more spiders"): ["No longer never spiders", "More spiders"],
    ("less politics", "more politics"): ["No longer less politics", "More politics"],
    ("more politics", "never politics"): ["No longer more politics", "Never politics"],
    ("less politics until Sunday", "less politics"): ["Less politics"],
    ("less politics", "much less politics"): ["Much less politics"],
    ("more foxes", "even more foxes"): ["Much more foxes"],
    ("more foxes", "forget foxes"): ["No longer more foxes"],
    ("less AI", "even less AI"): ["Much more made by people, less generated"],
    ("less AI", "forget AI"): ["Made by people or generated, both alike"],
    ("no AI", "AI is fine again"): ["Made by people or generated, both alike"],
    ("only in English", "in German too"): ["Only in English and German"],
    ("only in English and German", "no German posts"): ["Only in English"],
    ("only in English", "any language"): ["In any language"],
    ("show sensitive pictures", "hide sensitive pictures"): ["Sensitive pictures are left out"],
    ("less politics, never spiders, less AI", "start over, more foxes"): ["Everything is as it was at first", "More foxes"],
    ("more from new people", "forget new people"): ["As much from new people as the house thinks"],
}  # fmt: skip


@pytest.mark.parametrize(("before", "words"), AFTER)
async def test_what_it_becomes_after_something_else(before: str, words: str) -> None:
    found = await read(words, before)
    assert (found.changes, found.unread) == (AFTER[before, words], [])


UNREAD: dict[tuple[str, str], tuple[list[str], str]] = {
    ("", "bring back spiders"): ([], "“spiders”: nothing in your recipe stands against it."),
    ("never animals", "more foxes"): (["More foxes"], "“foxes”: “never animals” still hides that."),
    ("", "only watercolours"): (
        ["Much more watercolours"],
        "“only watercolours”: a recipe cannot leave out everything else; watercolours will come much more often.",
    ),
    ("", "no animals except foxes"): (
        [], "“no animals except foxes”: exceptions cannot be said yet. Say the wish and the exception one by one.",
    ),
    ("", "less politics from people I follow"): (
        [], "“less politics from people I follow”: a topic and a group of people at once cannot be said yet. Say one of them.",
    ),
    ("", "never zorbing"): (["Never zorbing"], "“never zorbing”: no topic is known by that name, so only what is tagged #zorbing is kept out."),
    ("", "never that zorgle thing where nobody blinks twice"): (
        [], "“never that zorgle thing where nobody blinks twice”: “never” needs a topic or a tag, and that is more than one.",
    ),
    ("", "in German too"): ([], "“in German too”: German is shown already, as is every language."),
    ("", "no German posts"): ([], "“no German posts”: say which languages you want, such as “only in English and French”."),
    ("", "more from new people this week"): (
        ["More from new people"],
        "“more from new people this week”: that stays until you change it; only wishes about topics and people run out.",
    ),
    ("", "hide sensitive pictures"): ([], "“hide sensitive pictures”: that is so already."),
    ("", "watercolours"): ([], "“watercolours”: say whether you want more of it, less, or none."),
    ("", "more foxes, my boss annoyed me so much when I had soup"): (
        ["More foxes"], "“my boss annoyed me so much when I had soup”: this was not understood.",
    ),
    ("", "asdkjh qwe"): ([], "“asdkjh qwe”: this was not understood."),
}  # fmt: skip


@pytest.mark.parametrize(("before", "words"), UNREAD)
async def test_what_cannot_be_done_is_said_plainly(before: str, words: str) -> None:
    found = await read(words, before)
    assert (found.changes, found.unread) == (UNREAD[before, words][0], [UNREAD[before, words][1]])


async def test_the_whole_recipe_of_the_example() -> None:
    found = await read(next(iter(SENTENCES)))
    assert found.recipe == Recipe(
        more=[Wish(words="watercolours", topics=["watercolour"])],
        less=[Wish(words="politics", topics=["politics"], until=datetime(2026, 11, 29, 23, 59, tzinfo=UTC))],
        never=[Wish(words="spiders", topics=["spider"])],
        weights={"people_i_talk_with": 1.5},
    )
    again = await steering.read(next(iter(SENTENCES)), NOW, found.recipe)
    assert again.recipe == found.recipe  # saying it twice is saying it once


async def test_a_phrase_too_long_for_tags_is_left_to_its_meaning() -> None:
    found = await read("less of that zorgle thing where nobody blinks twice")
    assert [wish.topics for wish in found.recipe.less] == [[]]


@limits(max_examples=300, deadline=None)
@given(st.text(max_size=400), st.sampled_from(["", "more ", "never ", "less @", "until ", "only in ", "for 9999 "]))
async def test_no_text_makes_it_fall(words: str, begin: str) -> None:
    found = await read(begin + words)
    assert msgspec.convert(msgspec.to_builtins(found.recipe), Recipe) == found.recipe
    assert all("\x00" not in wish.words for wish in found.recipe)


PARTS = re.split(
    " ",
    "more less never no only spiders politics @ines until Sunday for 3 days AI in German , and again forget reset new posts even much",
)
PARTS += ["people I follow", "\x00", "…", "31 February", "24.12.", "99:99", "likes count"]


@limits(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PARTS), max_size=40))
async def test_no_order_of_its_own_words_does(parts: list[str]) -> None:
    found = await read(" ".join(parts), "never spiders, only English, more foxes until Sunday")
    assert msgspec.convert(msgspec.to_builtins(found.recipe), Recipe) == found.recipe


async def test_a_long_text_is_read_in_bounds() -> None:
    found = await read(", ".join(f"never zorb{number}" for number in range(200)))
    assert len(found.recipe.never) <= steering.CLAUSES_MAX
    assert found.unread[-1] == f"Only the first {steering.CLAUSES_MAX} wishes were read."
    standing = Recipe(never=[Wish(words=f"x{number}", topics=[f"#x{number}"]) for number in range(recipes.WISHES_MAX)])
    full = await steering.read("never spiders", NOW, standing)
    assert (full.recipe, full.changes) == (standing, [])
    assert full.unread == ["“spiders”: there are 40 wishes of that kind already. Take one away first."]


SPANS = {
    "x until Sunday": "29 November 23:59",
    "x till Christmas": "25 December 23:59",
    "x until next sunday": "6 December 23:59",
    "x until tomorrow": "25 November 23:59",
    "x until Tuesday": "1 December 23:59",
    "x until 18:00": "24 November 18:00",
    "x until 9am": "25 November 09:00",
    "x until Friday at 5 pm": "27 November 17:00",
    "until 24 December x": "24 December 23:59",
    "until December 24th x": "24 December 23:59",
    "x until 24.12.": "24 December 23:59",
    "x until 2026-12-24": "24 December 23:59",
    "x until the 3rd": "3 December 23:59",
    "x until March": "28 February 2027 23:59",
    "x until the end of the month": "30 November 23:59",
    "x until next week": "29 November 23:59",
    "x for a week": "1 December 10:30",
    "x for two weeks": "8 December 10:30",
    "x for a couple of hours": "24 November 12:30",
    "x for a month": "24 December 10:30",
    "x for the next 10 days": "4 December 10:30",
    "x this weekend": "29 November 23:59",
    "x over the weekend": "29 November 23:59",
    "x today": "24 November 23:59",
    "x tonight": "24 November 23:59",
    "x for now": "1 December 10:30",
    "x this year": "31 December 23:59",
    "x until spring": "20 March 2027 23:59",
}


@pytest.mark.parametrize("words", SPANS)
def test_until_when(words: str) -> None:
    found = until.read(words, NOW)
    assert found
    assert found.until
    assert until.said(found.until, NOW).split(" ", 2)[2] == SPANS[words]
    assert found.rest.strip(" .") == "x"
    assert found.leads is words.startswith("until")


@pytest.mark.parametrize(
    "words", ["x until 31 February", "x until 2019-01-01", "x for 999 years", "no sun", "until 99:99", "x for kids"]
)
def test_what_is_no_time(words: str) -> None:
    assert until.read(words, NOW) is None


def test_for_good_has_no_end_and_days_end_where_one_lives() -> None:
    found = until.read("x until further notice", NOW)
    assert found == until.Span(None, "x", leads=False)
    there = NOW.astimezone(timezone(timedelta(hours=-11)))  # still Monday
    late = until.read("x today", there)
    assert late
    assert late.until == datetime(2026, 11, 24, 10, 59, tzinfo=UTC)


def test_never_is_exact() -> None:
    recipe = Recipe(
        never=[
            Wish(words="spiders", topics=["spider"]),
            Wish(words="politics", topics=["politics"], people=["ines"]),
            Wish(words="@noor", people=["noor"]),
            Wish(words="clown memes", topics=["clown", "meme"]),
        ]
    )
    assert recipes.allows(recipe, topics.of("a tarantula at night"), "sam") == "spiders"
    assert recipes.allows(recipe, topics.of("the election"), "sam") is None
    assert recipes.allows(recipe, topics.of("the election"), "Ines") == "politics"
    assert recipes.allows(recipe, topics.of("a fox"), "noor") == "@noor"
    assert recipes.allows(recipe, topics.of("a clown"), "sam") is None
    assert recipes.allows(recipe, topics.of("a clown meme"), "sam") == "clown memes"
    assert recipes.allows(Recipe(never=[Wish(words="animals", topics=["animal"])]), topics.of("two foxes"), "sam") == "animals"
    assert recipes.allows(Recipe(), topics.of("a spider"), "sam") is None


def test_what_has_run_out_is_left_out() -> None:
    soon, past = NOW + timedelta(hours=1), NOW - timedelta(hours=1)
    recipe = Recipe(
        more=[Wish(words="a", until=soon), Wish(words="b", until=past)], less=[Wish(words="c", strength=0.5), Wish(words="d")]
    )
    left = recipes.current(recipe, NOW)
    assert ([wish.words for wish in left.more], recipes.next_end(left)) == (["a"], soon)
    assert [wish.words for wish in recipes.leanings(left)[1]] == ["d", "c"]
    assert recipes.current(left, NOW) is left


def test_a_draft_says_a_change_once() -> None:
    draft = Draft(Recipe(), NOW)
    draft.speak(["en"])
    draft.speak(["en"])
    assert draft.changes == ["Only in English"]
