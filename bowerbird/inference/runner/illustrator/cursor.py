"""Where the reader stands in the items: what comes before and after, and what kind of thing was named."""

from __future__ import annotations

from bowerbird.inference.runner.illustrator import drawings, names
from bowerbird.inference.runner.illustrator.lexer import Item, Lexed
from bowerbird.inference.runner.illustrator.parsed import Parsed, Phrase
from bowerbird.inference.runner.illustrator.words import listed, table

# What one wears, is on its wearer.
WEARABLE = frozenset(listed(table("habitat")["things"]["wearable"]))
ADJECTIVES = ("determiner", "number", "colour", "size", "measure", "word", "noise", "mood", "pose")


class Cursor:
    """The items, the place among them, the noun phrase being read and what has been found."""

    def __init__(self, lexed: Lexed) -> None:
        self.items = lexed.items
        self.out = Parsed(language=lexed.language)
        self.phrase = Phrase()
        self.at = 0

    def among_colours(self) -> bool:
        """Whether a word that is a colour and a thing stands among colours: "in rust and cream" has no ice cream."""
        phrase = self.phrase
        if phrase.determiner or phrase.number is not None:
            return False
        before = self.items[self.at - 1] if self.at else None
        return (
            bool(phrase.colours)
            or self.colour_after_and()
            or (before is not None and before.text in ("in", "palette", "colours", "colors"))
        )

    def colour_after_and(self) -> bool:
        """Whether "and" and then a colour that is nothing else follow: "in cream and rust"."""
        rest = self.items[self.at + 1 : self.at + 3]
        if len(rest) < 2 or rest[0].text not in ("and", "&") or rest[1].kind != "colour" or rest[1].also_noun is not None:
            return False
        return self.last_of(self.at + 2)

    def last_of(self, at: int) -> bool:
        """Whether no noun follows that item."""
        return at + 1 >= len(self.items) or self.items[at + 1].kind not in ("noun", "size", "number", "colour")

    def verbish(self) -> bool:
        """Whether an unknown word stands where a verb would: right after a noun."""
        at = self.at - 1
        while at >= 0 and self.items[at].kind in ("word", "noise"):
            at -= 1
        return at >= 0 and self.items[at].kind in ("noun", "pose")

    def follows_noun(self) -> bool:
        """Whether a noun stands right before, with no new phrase begun."""
        adjacent = self.at > 0 and self.items[self.at - 1].kind in ("noun", "colour", "size")
        return adjacent and bool(self.out.subjects) and not self.phrase.open()

    def noun_follows(self) -> bool:
        """Whether the phrase still comes to a noun."""
        for item in self.items[self.at + 1 :]:
            if item.kind == "noun":
                return True
            if item.kind not in ADJECTIVES or item.kind == "determiner":
                return item.kind == "separator" and self.colour_follows() and self.items[self.at].kind == "colour"
        return False

    def colour_follows(self) -> bool:
        """Whether a colour comes next."""
        following = self.items[self.at + 1 : self.at + 2]
        return bool(following) and following[0].kind == "colour"

    def animate(self, at: int) -> bool:
        """Whether the subject can hold and wear things."""
        concept = self.out.subjects[at].concept
        return concept is None or drawings.index().file.concepts[concept].group in ("animal", "person")

    def wearable(self, at: int) -> bool:
        """Whether the subject is something one wears."""
        one = self.out.subjects[at]
        return one.noun in WEARABLE or (one.concept is not None and drawings.index().file.concepts[one.concept].name in WEARABLE)

    def is_name(self, item: Item) -> bool:
        """Whether the field's word is really a drawing's name, not only something like it: a library is no pile of books."""
        if item.also_noun is None:
            return False
        return drawings.index().file.concepts[item.also_noun].name.lower() == item.text or item.text in names.SYNONYMS
