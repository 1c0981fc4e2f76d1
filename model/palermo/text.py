"""Folding, tokens and terms: the one definition that training and inference share.

A passage's *terms* are what the model gives weights to:

* every word, folded: ``migrants``
* every pair of neighbouring words: ``the border``
* every run of 4 or 5 characters of a word that is marked at its edges (``_border_``),
  written with a ``#`` before it so that it is never taken for a word: ``#_bor``.
  They let a word the corpus never saw speak through its parts.
"""

import re
import unicodedata
from itertools import pairwise
from typing import Final

RUN_SIZES: Final = (4, 5)
"""Lengths, in characters, of the runs taken inside a word, its two edges included."""

LONGEST: Final = 40
"""Letters of the longest word that has runs; what is longer is no word but noise."""

TOKEN: Final = re.compile(r"[^\W_]+")
"""A word of a folded text."""

_NO_SPACE = {"Mn", "Me", "Cf"}  # accents, enclosing marks, soft hyphens, zero-width signs


class _Folding(dict[int, str]):
    """Code point -> folded text, worked out the first time that a character is met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if unicodedata.category(char) in _NO_SPACE:
            folded = ""
        elif char.isalnum():
            parts = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold())
            folded = "".join(part for part in parts if part.isalnum())
        else:
            folded = char
        self[code] = folded
        return folded


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Lower-case a text and take accents, ligatures and invisible signs out of it.

    Old PDFs write "traﬃcking" with a ligature and cut words with soft hyphens;
    sources drop the accents of Spanish: all are one spelling to the model.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Folded text; it may be shorter or longer than ``text``.

    Examples
    --------
    >>> fold("TRÁFICO · traﬃck\u00ading")
    'trafico · trafficking'
    """
    return text.translate(_FOLDING)


def tokens(text: str) -> list[str]:
    """List the words of a text, folded: runs of letters and digits of any script.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        Words in reading order, each at least one character long.

    Examples
    --------
    >>> tokens("The coyote's fee: $10,000.")
    ['the', 'coyote', 's', 'fee', '10', '000']
    """
    return TOKEN.findall(fold(text))


def runs(word: str) -> list[str]:
    """List the character runs of one word.

    Parameters
    ----------
    word : str
        As :func:`tokens` gives it.

    Returns
    -------
    list of str
        Shorter runs first; none for a word of one letter or more than ``LONGEST``.

    Examples
    --------
    >>> runs("boat")
    ['#_boa', '#boat', '#oat_', '#_boat', '#boat_']
    """
    if len(word) > LONGEST:
        return []
    marked = f"_{word}_"
    return [
        f"#{marked[at : at + size]}" for size in RUN_SIZES for at in range(len(marked) - size + 1)
    ]


def terms(text: str) -> list[str]:
    """List all that a text could be weighed by: words, pairs and runs of characters.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    list of str
        One entry an occurrence: words first, then pairs, then character runs.

    Examples
    --------
    >>> terms("the sea")
    ['the', 'sea', 'the sea', '#_the', '#the_', '#_the_', '#_sea', '#sea_', '#_sea_']
    """
    words = tokens(text)
    pairs = [f"{left} {right}" for left, right in pairwise(words)]
    return words + pairs + [run for word in words for run in runs(word)]
