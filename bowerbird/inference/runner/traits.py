"""What of an answer can be weighed: what it means, how it fits the question, and its form. Nothing here is learned."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Embed = Callable[[list[str]], NDArray[np.float32]]  # (n, 384), each row of length one
FORM = ("words", "sentences", "lines", "lists", "questions", "exclamations", "digits", "apology", "shared_words", "fit")
MEANING, FITTING = 1.0, 1.0  # how loud the blocks are beside each other, before anything is learned
_APOLOGY = re.compile(r"\b(?:sorry|apologi[sz]e|i can(?:no|')t|unable to|as an ai)\b", re.IGNORECASE)
_WORD, _SENTENCE, _LIST = re.compile(r"[^\W_]+"), re.compile(r"[.!?]+(?:\s|$)"), re.compile(r"(?m)^\s*(?:[-*•]|\d+[.)])\s")
WIDTH = 384 * 2 + len(FORM)


def of(embed: Embed, said: Sequence[tuple[str, str]]) -> Floats:
    """[n, WIDTH] of (question, answer): the answer's meaning, that times the question's, and the form. Each text is read by itself, so that the
    company it is in changes nothing."""
    out = np.zeros((len(said), WIDTH))
    known = dict[str, NDArray[np.float32]]()

    def meaning(text: str) -> NDArray[np.float32]:
        if text not in known:
            known[text] = embed([text])[0]
        return known[text]

    for row, (question, answer) in enumerate(said):
        asked, told = meaning(question).astype(np.float64), meaning(answer).astype(np.float64)
        out[row, :384] = MEANING * told
        out[row, 384:768] = FITTING * np.sqrt(384) * asked * told
        out[row, 768:] = _form(question, answer, float(asked @ told))
    return out


def _form(question: str, answer: str, fit: float) -> list[float]:
    words, asked = _WORD.findall(answer.casefold()), set(_WORD.findall(question.casefold()))
    shared = len(asked & set(words)) / max(1, len(asked))
    return [
        np.log1p(len(words)), np.log1p(len(_SENTENCE.findall(answer))), np.log1p(answer.count("\n")), np.log1p(len(_LIST.findall(answer))),
        np.log1p(answer.count("?")), np.log1p(answer.count("!")), np.log1p(sum(word.isdigit() for word in words)),
        1.0 if _APOLOGY.search(answer) else 0.0, shared, fit,
    ]  # fmt: skip
