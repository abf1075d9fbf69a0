"""Items into what was said: subjects with count, colour, size, pose and place, and the fields of the scene."""

from __future__ import annotations

from bowerbird.inference.runner.illustrator import drawings, tokens
from bowerbird.inference.runner.illustrator.cursor import Cursor
from bowerbird.inference.runner.illustrator.lexer import Item, Lexed, lex, noun
from bowerbird.inference.runner.illustrator.lexicon import phrases
from bowerbird.inference.runner.illustrator.natural import CONTAINERS, is_one_of
from bowerbird.inference.runner.illustrator.parsed import Named, Parsed, Phrase
from bowerbird.inference.runner.illustrator.scene import COUNT_MAX
from bowerbird.inference.runner.illustrator.words import listed, table

FIELDS = ("world", "time", "weather", "season", "mood", "medium", "composition")
# Bodies' parts with a colour are nothing to draw.
_THINGS = table("habitat")["things"]
_BODY = frozenset(listed(_THINGS["body"]))
_GENERIC = frozenset(listed(_THINGS["generic"]))  # "lotus flower" is a lotus
_COSTUME = {role: thing for thing, text in table("habitat")["costume"].items() for role in listed(text)}
_IMPLIED = {place: thing for thing, text in table("habitat")["implied"].items() for place in listed(text)}
_PREPOSITIONS = frozenset(["in", "on", "at", "by", "under", "beneath", "above", "among", "through", "up", "out", "over", "with"])
_ROMANCE = ("fr", "es", "it", "pt")


class _Reader(Cursor):
    """One pass over the items. The group is the subjects that a following relation speaks of."""

    def __init__(self, lexed: Lexed) -> None:
        super().__init__(lexed)
        self.group: list[int] = []
        self.relation: tuple[str, list[int]] | None = None
        self.related = False  # the group's relation has found its noun
        self.negating = False
        self.weak_world = False  # the world was only said of a noun: "a forest fairy in the city"

    def read(self) -> Parsed:
        for at, item in enumerate(self.items):
            self.at = at
            getattr(self, f"_{item.kind}", self._skip)(item)
        self._close()
        self._dangling()
        return self.out

    # — nouns

    def _noun(self, item: Item) -> None:
        before = self.items[self.at - 1] if self.at else None
        together = before is not None and before.kind == "noun" and not before.plural and before.text[0].isalpha()
        if together and item.text[0].isalpha() and self.out.subjects and not self.negating:
            self._compound(item)
            return
        self._named(item.text, item.concept, item.plural)

    def _compound(self, item: Item) -> None:
        """Noun after noun: the last one is the thing, the first only said which: "mushroom house". But a robot gardener is a robot."""
        last = self.out.subjects[-1]
        concepts = drawings.index().file.concepts
        old = concepts[last.concept].group if last.concept is not None else ""
        new = concepts[item.concept].group if item.concept is not None else ""
        if (old in ("animal", "person") and new == "person") or (_singular(item.text, item.plural) in _GENERIC and old == new):
            last.noun = f"{last.noun} {_singular(item.text, item.plural)}"
            last.count = None if item.plural and last.count == 1 else last.count
            return
        last.noun, last.concept, last.plural = _singular(item.text, item.plural), item.concept, item.plural
        if item.plural and last.count == 1:
            last.count = None

    def _named(self, text: str, concept: int | None, plural: bool) -> None:
        phrase, self.phrase = self.phrase, Phrase()
        if phrase.number is not None and phrase.number != 1 and not plural:
            again = noun(text, self.out.language, number_said=True)
            concept, plural = again if again is not None else (concept, plural)
        if self.negating:
            self.out.refused.add(_singular(text, plural))
            return
        count = phrase.number if phrase.number is not None else (None if plural else 1)
        if count is not None and count > COUNT_MAX:
            self.out.notes.append(f"{count} is more than I can place: {COUNT_MAX} are drawn")
        made = Named(
            _singular(text, plural), concept, None if count is None else max(1, min(count, COUNT_MAX)), plural,
            phrase.colours[0] if phrase.colours else None, phrase.size, phrase.pose,
        )  # fmt: skip
        self.out.subjects.append(made)
        here = len(self.out.subjects) - 1
        if self.relation is not None:
            self._relate(here)
        else:
            self.group = [] if self.related else self.group
            self.related = False
            self.group.append(here)

    def _relate(self, here: int) -> None:
        assert self.relation is not None
        (value, anchors), self.relation = self.relation, None
        subjects = self.out.subjects
        if value == "~on" and self._costume(here, anchors[-1]):
            return
        if value == "inside" and self.wearable(here) and self.animate(anchors[-1]):
            value = "~on"  # in a hat
        if value.startswith("~"):
            subjects[here].place, subjects[here].of = self._held(value[1:], here, anchors), anchors[-1]
        else:
            free = [at for at in anchors if subjects[at].of is None] or anchors[-1:]
            for at in free:
                subjects[at].place, subjects[at].of = value, here
        self.related = True

    def _costume(self, here: int, wearer: int) -> bool:
        """An animal "as a king" is one thing with a crown on; dressed as something we have no hat for, it goes as itself."""
        one = self.out.subjects[here]
        concepts = drawings.index().file.concepts
        if one.concept is None or concepts[one.concept].group != "person" or not self.animate(wearer):
            return False
        hat = _COSTUME.get(one.noun)
        worn = drawings.named(hat) if hat else None
        if worn is None:
            whom = self.out.subjects[wearer].noun
            self.out.notes.append(f"no {one.noun}'s costume among my drawings: the {whom} goes as itself")
            del self.out.subjects[here]
            self.group = [wearer]
        else:
            self.out.subjects[here] = Named(hat or "", worn, place="on", of=wearer)
        self.related = True
        return True

    def _held(self, place: str, here: int, anchors: list[int]) -> str:
        """A fox with a lantern holds it; a house with a lantern has it beside."""
        one, holder = self.out.subjects[here], self.out.subjects[anchors[-1]]
        if place not in ("beside", "holding"):
            return place
        if not self.animate(anchors[-1]):
            return "beside"
        concepts = drawings.index().file.concepts
        if self.wearable(here):
            return "on"
        kind = concepts[one.concept].group if one.concept is not None else "object"
        handless = holder.concept is not None and "fish" in concepts[holder.concept].name
        many = one.count is None or one.count > 2
        return "holding" if place == "holding" or (kind in ("object", "food", "plant") and not handless and not many) else place

    # — adjectives

    def _determiner(self, item: Item) -> None:
        self._close()
        self.phrase.determiner = True
        self.phrase.definite = item.text == "the"

    def _number(self, item: Item) -> None:
        if not self.phrase.determiner:
            self._close()
        self.phrase.number = int(item.value)

    def _colour(self, item: Item) -> None:
        following = self.items[self.at + 1].kind if self.at + 1 < len(self.items) else "break"
        if item.also_noun is not None and not self.noun_follows() and following not in FIELDS and not self.among_colours():
            self._named(item.text, item.also_noun, item.plural)
        elif self.out.language in _ROMANCE and self.follows_noun():
            self.out.subjects[-1].colour = self.out.subjects[-1].colour or item.value
        else:
            self.phrase.colours.append(item.value)

    def _size(self, item: Item) -> None:
        if self.out.language in _ROMANCE and self.follows_noun() and not self.noun_follows():
            self.out.subjects[-1].size = item.value
        elif self.phrase.size is None:
            self.phrase.size = item.value

    def _pose(self, item: Item) -> None:
        if (self.phrase.open() or not self.follows_noun()) and self.noun_follows():
            self.phrase.pose = item.value
        else:
            self._posed(item.value)

    def _posed(self, pose: str) -> None:
        live = [at for at in self.group if self.animate(at)] or self.group
        for at in live if live else range(len(self.out.subjects))[-1:]:
            self.out.subjects[at].pose = self.out.subjects[at].pose or pose

    def _word(self, item: Item) -> None:
        if not (item.text.endswith(("ing", "ed", "ly", "ous", "ful", "ish")) and len(item.text) > 4):
            self.phrase.words.append(item.text)

    # — relations and places

    def _relation(self, item: Item) -> None:
        self._close()
        first = phrases().get((item.text.split()[0],))
        turned = item.value.startswith("~") and not item.text.startswith("reading")  # who flies a kite does not fly
        if first is not None and first.kind == "pose" and not turned and self.out.subjects:
            self._posed(first.value)
        self.negating = False
        subjects = self.out.subjects
        if not subjects:
            return
        anchors = self.group or [len(subjects) - 1]
        if self.related:
            busy = [at for at in anchors if subjects[at].of is not None]
            animate = [at for at in anchors if self.animate(at)]
            doing = item.value == "~holding" or (item.text.split()[0].endswith("ing") and not item.text.startswith("hanging"))
            if doing and animate and item.value != "~holding" and all(subjects[at].of is not None for at in animate):
                self.relation = None  # who sits on a bench cannot also be placed by what they look at
                return
            anchors = animate if doing and animate else ([len(subjects) - 1] if busy else anchors)
        self.relation = (item.value, list(anchors))
        self.phrase.determiner = item.text.endswith((" a", " the", " an", "his", "her", "its"))

    def _place(self, item: Item) -> None:
        self._close()
        following = self.items[self.at + 1].kind if self.at + 1 < len(self.items) else "break"
        if following == "noun" and item.text in ("left", "right", "distant", "middle", "faraway", "above"):
            return
        last = range(len(self.out.subjects))[-1:]
        for at in last if self.related else self.group or last:
            one = self.out.subjects[at]
            if one.of is None or one.place == "beside":
                one.place, one.of = item.value, None
        self.relation = None
        self.related = True

    def _perch(self, item: Item) -> None:
        self._close()
        subjects = self.out.subjects
        for at in self.group or range(len(subjects))[-1:]:
            if subjects[at].of is None:
                subjects[at].place, subjects[at].perched = "on", True
        self.out.perch = item.value
        self.relation = None
        self.related = True
        if item.value == "sill":
            self.out.fields.setdefault("world", "room")

    # — fields of the scene

    def _field(self, item: Item) -> None:
        drawable = not item.plural and item.kind in ("world", "medium") and self.is_name(item)
        if drawable and self.phrase.open() and not self.phrase.definite and not self.noun_follows():
            self._named(item.text, item.also_noun, item.plural)
            return
        if self.negating:
            self.out.refused_fields.add((item.kind, item.value))
            return
        if item.kind != "mood":
            self.phrase.words.clear()  # what stood before it only said how: "in heavy snow"
        value = item.value
        modifies = self.at + 1 < len(self.items) and self.items[self.at + 1].kind == "noun"
        if item.kind == "world" and item.text in _IMPLIED:
            self.out.implied.append(_IMPLIED[item.text])
        if item.kind == "world" and not modifies:
            value = self._submerged(item)
            self._field_of(item)
        if item.kind != "mood" and not self.noun_follows():
            self.relation = None
        known = self.out.fields.get(item.kind)
        if item.kind == "world" and item.text in ("village", "town", "small town"):
            modifies = self.weak_world = True  # "a village in the forest" is houses in a forest
            self.out.village = True
        if known is None or (item.kind == "world" and (self.weak_world or known == "sky")):
            self.out.fields[item.kind] = value
            self.weak_world = modifies if item.kind == "world" else self.weak_world

    _world = _time = _weather = _season = _medium = _composition = _mood = _field

    def _field_of(self, item: Item) -> None:
        """A world right after a noun: "in a tulip field" puts nobody into a tulip, it has many tulips."""
        before = self.items[self.at - 1] if self.at else None
        if before is None or before.kind != "noun" or not self.out.subjects or not item.text[0].isalpha():
            return
        if item.text.split()[0] in _PREPOSITIONS:  # "driving a car on the moon" is one car
            return
        here = len(self.out.subjects) - 1
        for one in self.out.subjects[:here]:
            if one.of == here:
                one.place, one.of = None, None
                self.out.subjects[here].count = None

    def _submerged(self, item: Item) -> str:
        deep = self.relation is not None and self.relation[0] in ("under", "below")
        return "underwater" if deep and item.text in ("sea", "ocean", "waves") else item.value

    def _palette(self, item: Item) -> None:
        self.out.palette.append(item.value)
        if item.text == "black and white" and self.noun_follows():
            self.out.palette.pop()

    # — the rest

    def _negation(self, _item: Item) -> None:
        self._close()
        self.negating = True

    def _reset(self, _item: Item) -> None:
        self._close()
        self.negating = False

    def _separator(self, item: Item) -> None:
        if self.phrase.colours and self.colour_follows():
            return
        self._close()
        following = self.items[self.at + 1].kind if self.at + 1 < len(self.items) else "break"
        if self.negating and item.text != "or" and following in ("determiner", "number"):
            self.negating = False

    def _break(self, _item: Item) -> None:
        self._close()
        self._dangling()
        self.negating = False
        self.relation = None

    def _dangling(self) -> None:
        """A relation that no noun followed says where the last thing is: "with bats above"."""
        if self.relation is not None and self.relation[0] in ("above", "below", "behind", "in_front"):
            one = self.out.subjects[-1]
            if one.of is None or one.place == "beside":
                one.place, one.of = self.relation[0], None
        self.relation = None

    def _noise(self, item: Item) -> None:
        """ "A jar of fireflies" has them inside."""
        before = self.items[self.at - 1] if self.at else None
        if item.text == "of" and before is not None and before.kind == "noun" and self.out.subjects and not self.negating:
            last = len(self.out.subjects) - 1
            if is_one_of(CONTAINERS, self.out.subjects[last].noun):
                self.relation = ("~inside", [last])

    def _measure(self, _item: Item) -> None:
        self.phrase.words.clear()

    def _skip(self, item: Item) -> None:
        if item.text in _BODY:
            self.phrase = Phrase()

    def _close(self) -> None:
        """The phrase ends without a known noun: its last unknown word may be one, its colours the picture's."""
        phrase = self.phrase
        meant = phrase.words and (phrase.open() or self.relation is not None or not self.verbish())
        if meant:
            word = phrase.words[-1]
            self._named(word, None, tokens.singular(word) is not None)
        elif phrase.colours and not self.negating:
            self.out.palette += phrase.colours
            self.relation = None
        self.phrase = Phrase()


def parse(text: str) -> Parsed:
    """What a cleaned prompt says outright."""
    return _Reader(lex(text)).read()


def _singular(text: str, plural: bool) -> str:
    head, _, last = text.rpartition(" ")
    single = (tokens.singular(last) or last) if plural else last
    return f"{head} {single}" if head else single
