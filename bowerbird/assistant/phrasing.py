"""How an answer in a thread is put together: short, resting on posts it names. A large model phrases it; beside the embedded one, which is too small
to be trusted with facts, the posts speak for themselves and it adds a sentence only where that says nothing new."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bowerbird.assistant import quoting
from bowerbird.assistant.asked import Task
from bowerbird.assistant.quoting import Sources
from bowerbird.assistant.reading import Read

ANSWER_LENGTH_MAX = 450
QUOTE_LENGTH_MAX = 130
QUOTES_MAX = 3
GROUNDED = 0.6  # of the words that carry meaning, how many must stand in what was read
_WORD = re.compile(r"\w{4,}")
_NUMBER = re.compile(r"\[(\d{1,2})\]")
_ECHO = re.compile(r"\[\d{1,2}: [^\]\n]{1,80}\]\s*(?:\d{1,2} \w{3,9} \d{2}:\d{2}:)?\s*")  # how the data names a post, said again
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
WISHES: dict[Task, str] = {
    "explain": "Explain in two short sentences what [{about}] is about, to somebody who comes by.",
    "summarise": "Sum up in two short sentences what was said here.",
    "check": "Somebody asks whether [{about}] is true. Say what the data says for it and against it, naming the numbers. Do not decide.",
    "draw": "",
    "answer": "Answer this question in two short sentences: {said}",
}


def wish(task: Task, said: str, about: int) -> str:
    """What a model is asked to do; `about` is the number of the post in question."""
    return WISHES[task].format(about=about, said=quoting.seen(said, 500))


def quoted(task: Task, reads: Sequence[Read], about: int) -> str:
    """An answer in which the posts speak for themselves. `about`: the number of the post in question, from 1."""
    others = [number for number in range(1, len(reads) + 1) if number != about and reads[number - 1].title]
    if task == "summarise":
        return " ".join(_quote(reads[number - 1], number) for number in [about, *others][:QUOTES_MAX])
    if not others:
        return "" if task == "explain" else "I found nothing that people here have said about this."
    told = " ".join(_quote(reads[number - 1], number) for number in others[:QUOTES_MAX])
    return f"{told} I cannot tell which of it is true." if task == "check" else told


def _quote(read: Read, number: int) -> str:
    title = read.title if len(read.title) <= QUOTE_LENGTH_MAX else read.title[:QUOTE_LENGTH_MAX].rsplit(" ", 1)[0] + "…"
    return f"{read.username}: “{quoting.plain(title, QUOTE_LENGTH_MAX + 1)}” [{number}]."


def grounded(answer: str, reads: Sequence[Read], said: str) -> bool:
    """Whether most words of an answer that carry meaning stand in what was read or asked."""
    words = {word.lower()[:6] for word in _WORD.findall(answer)}
    known = {word.lower()[:6] for text in [said, *(read.said for read in reads)] for word in _WORD.findall(text)}
    return bool(words) and len(words & known) / len(words) >= GROUNDED


def cites(text: str) -> bool:
    """Whether a text names a post by its number."""
    return bool(_NUMBER.search(text))


def finished(answer: str, asker: str, reads_max: int) -> tuple[str, list[int]]:
    """An answer as it may be published, and the numbers of the posts it names: no link, no mark-up, nobody named with an @ but the asker,
    whole sentences within ANSWER_LENGTH_MAX."""
    plain = re.sub(r"[*_`#>|~\\]+", "", quoting.seen(answer, 8_000))
    plain = _ECHO.sub("", plain)
    plain = _NUMBER.sub(lambda m: m[0] if 1 <= int(m[1]) <= reads_max else "", plain)
    plain = quoting.checked(" ".join(plain.split()), Sources(names=frozenset({asker.lower()})), markup=False)
    plain = " ".join(plain.split())
    if len(plain) > ANSWER_LENGTH_MAX:
        kept = ""
        for sentence in _SENTENCE.split(plain):
            if len(kept) + len(sentence) + 1 > ANSWER_LENGTH_MAX:
                break
            kept = f"{kept} {sentence}".strip()
        plain = kept or plain[: ANSWER_LENGTH_MAX - 1].rsplit(" ", 1)[0] + "…"
    return plain, list(dict.fromkeys(int(number) for number in _NUMBER.findall(plain)))
