"""Folding, tokens and terms: the one definition that training and inference share.

A passage's *terms* are what TF-IDF counts:

* every word, folded: ``migrants``
* every pair of neighbouring words: ``the border``
* every run of 3 to 5 characters inside a word that is marked at its edges
  (``<border>``), written with a ``#`` before it so that it is never taken for a
  word: ``#<bor``. They let a word the corpus never saw speak through its parts.
"""

import re
import unicodedata
from itertools import pairwise
from typing import Final

NGRAM_SIZES: Final = (3, 4, 5)
"""Lengths, in characters, of the runs taken inside a word."""

_TOKEN = re.compile(r"[^\W_]+")
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
    return _TOKEN.findall(fold(text))


def terms(text: str) -> list[str]:
    """List what TF-IDF counts in a text: words, pairs and runs of characters.

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
    ['the', 'sea', 'the sea', '#<th', '#the', '#he>', '#<the', '#the>', '#<the>', \
'#<se', '#sea', '#ea>', '#<sea', '#sea>', '#<sea>']
    """
    words = tokens(text)
    found = words + [f"{left} {right}" for left, right in pairwise(words)]
    for word in words:
        marked = f"<{word}>"
        for size in NGRAM_SIZES:
            found += [f"#{marked[at : at + size]}" for at in range(len(marked) - size + 1)]
    return found
