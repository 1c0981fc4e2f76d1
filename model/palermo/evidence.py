"""Evidence: the words and pairs of a passage that speak for and against a label."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from palermo.engine import EXPONENT, Engine
from palermo.text import TOKEN, fold, runs


@dataclass(frozen=True)
class Evidence:
    """One occurrence of a word or pair, and what it adds to a label's log-odds.

    Attributes
    ----------
    text : str
        The word or pair as the passage writes it.
    start, end : int
        Where it stands in the passage, in code points, end excluded.
    contribution : float
        Its exact share of the label's log-odds: above 0 it speaks for the label, below
        0 against it. A word that the model does not know speaks by its parts.

    Examples
    --------
    >>> Evidence("boat", 2, 6, 0.5).contribution
    0.5
    """

    text: str
    start: int
    end: int
    contribution: float


class _Word(NamedTuple):
    folded: str
    start: int
    end: int


def evidence(engine: Engine, text: str, label: int) -> list[Evidence]:
    """Take a label's log-odds of a passage apart.

    Parameters
    ----------
    engine : Engine
        The model's.
    text : str
        One passage.
    label : int
        Column of :meth:`palermo.engine.Engine.log_odds`.

    Returns
    -------
    list of Evidence
        Words in reading order, then pairs. Their contributions add up to the
        log-odds less the label's intercept. Words and pairs that add nothing are left out.

    Examples
    --------
    >>> from palermo.artifact import tiny
    >>> found = evidence(Engine(tiny()), "A boat!", 0)
    >>> [(each.text, round(each.contribution, 3)) for each in found]
    [('boat', 1.625)]
    """
    words = list(_words(text))
    scale = max(len(words), 1) ** -EXPONENT
    single = engine.weights([word.folded for word in words])
    known = engine.known([word.folded for word in words]) == 1
    pairs = list(pairwise(words))
    double = engine.weights([f"{left.folded} {right.folded}" for left, right in pairs])
    found = []
    for word, weights, whole in zip(words, single, known, strict=True):
        weight = weights[label] if whole else engine.weights(runs(word.folded))[:, label].sum()
        found.append((word.start, word.end, weight))
    for (left, right), weights in zip(pairs, double, strict=True):
        found.append((left.start, right.end, weights[label]))
    return [
        Evidence(text[start:end], start, end, float(weight * scale))
        for start, end, weight in found
        if weight
    ]


def _words(text: str) -> Iterator[_Word]:
    """Find the words of a text, folded, and where they stand in it as it is written."""
    parts = [fold(char) for char in text]
    origin = [at for at, part in enumerate(parts) for _ in part]
    for found in TOKEN.finditer("".join(parts)):
        yield _Word(found[0], origin[found.start()], origin[found.end() - 1] + 1)
