"""A document's text cut into passages, each with its code-point offsets.

Lines come first, sentences second. Blank lines, headings and bullets end a
passage whatever stands before them, so they are cut before sentencex, which
reads over single line breaks, sees the text. A line break inside a hard-wrapped
paragraph is no boundary; one after a line that had room for the next word is.

Offsets count code points of the text handed in. Passages come in order, never
overlap, and nothing between them is lost but white space.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, NamedTuple, get_args

import sentencex

from palermo.terms import Term
from palermo.text import tokens

Unit = Literal["sentence", "paragraph", "document"]
"""How long a passage is."""

Lang = Literal["auto", "en", "es"]
"""Language of a document; ``auto`` looks at its commonest words."""

UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
LANGS: Final[tuple[Lang, ...]] = get_args(Lang)

Span = tuple[int, int]
"""Start and end in code points of the document's text, end excluded."""


@dataclass(frozen=True)
class Passage:
    """One passage and what the model says of it.

    Attributes
    ----------
    text : str
        Always ``document[start:end]``.
    start, end : int
        Offsets in the document, in code points, end excluded.
    label : str
        The label that the passage is mainly about, or ``none``.
    tags : tuple of str
        Every label at or above its threshold, if the passage is of the field, in the model's
        order; empty for a list of topics or links.
    probabilities : dict of str to float
        Probability of each label, 0 to 1; they need not sum to 1.
    known : float
        Share of the passage's words that the model knows, 0 to 1; 0 without words.
    unsure : bool
        Whether the label, which stays as it is, is in doubt: the model knows less than half
        of the words, or the label is less probable than was asked for.
    term : Term or None
        Where the word that the passage uses parts from what it describes
        (:mod:`palermo.terms`); None elsewhere.
    words : int
        How many words the passage has.

    Examples
    --------
    >>> Passage("Hi.", 0, 3, "none", (), {"policy": 0.1}, known=1.0).unsure
    False
    """

    text: str
    start: int
    end: int
    label: str
    tags: tuple[str, ...]
    probabilities: dict[str, float]
    known: float
    unsure: bool = False
    term: Term | None = None
    words: int = 0


# A paragraph was wrapped by hand if its longest line is about a screen or a page
# wide. Shorter: a menu or a list; longer: one line a paragraph.
_WRAPPED: Final = range(40, 121)

_BULLETS: Final = "•‣▪◦●○"
_BULLET = re.compile(
    r"(?:[•‣▪◦●○*+-]|[–—](?=\s+[^\W\d_a-zà-ÿ])|\d{1,3}(?:\.\d{1,3})*[.)]"
    r"|\((?:\d{1,3}|[a-zA-Z]|[ivx]{1,5})\)|[a-zA-Z]\)|#{1,6})\s+"
)
_RULE = re.compile(r"[\W_]+")

# sentencex 1.0.32 panics on some of these before a full stop. Each becomes one
# plain space, so that offsets stay; surrogates are no text that Rust can take.
_UNSAFE = re.compile(
    "[\u00a0\u2007\u202f\u2009\u3000\u0085\u2028\u2029\r\n\t\v\f\x1c-\x1f]|[\ud800-\udfff]"
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’»)\]]*\s+(?=\S)")

_OPENING = re.compile(r"(?<=\s)[\"“«‘(\[¿¡]+\s*$")
_LETTER = re.compile(r"[^\W_]")

# Seldom the end of a sentence, and not known to sentencex.
_ABBREVIATION = re.compile(
    r"\b(?:[Aa]pprox|para|Ft|Cd|Edo|Cnel|Gral|Sgto|Tte|Dip|Sen|Lic|Ing|Mtr[oa]|Art|art|núm|FF|DD|Sec)"
    r"\.\s+$",
)
_HOUR = re.compile(r"\b[ap]\.\s?m\.\s+$")
_DAY = re.compile(r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|[A-Z]{1,2}[DS]?T\b")

_PIECE: Final = 20_000  # characters that sentencex sees at a time

# The commonest words of each language that the other does not have.
_COMMON: Final = {
    "en": frozenset(
        tokens("the of and to in that is was for with are were on by from he his they it")
    ),
    "es": frozenset(
        tokens("el la los las de del que y en por con para una un se su al como fue es")
    ),
}


def split(text: str, unit: Unit = "sentence", lang: Lang = "auto") -> list[Span]:
    r"""Cut a document into passages.

    Parameters
    ----------
    text : str
        A whole document.
    unit : {"sentence", "paragraph", "document"}, default "sentence"
        How long a passage is. Headings and list items are passages of their own
        in the first two; sentences inside one pair of quotation marks stay together.
    lang : {"auto", "en", "es"}, default "auto"
        Whose abbreviations and quotation marks count; ``auto`` decides once for
        the whole document.

    Returns
    -------
    list of (int, int)
        Start and end of each passage in code points, end excluded; none is empty
        or begins or ends with white space.

    Raises
    ------
    ValueError
        If ``unit`` or ``lang`` is none of the above.

    Examples
    --------
    >>> text = "RAID AT DAWN\nPolice held two men. The driver fled."
    >>> [text[start:end] for start, end in split(text)]
    ['RAID AT DAWN', 'Police held two men.', 'The driver fled.']
    """
    if unit not in UNITS:
        raise ValueError(f"unit is {unit!r}; it must be one of {', '.join(UNITS)}")
    if lang not in LANGS:
        raise ValueError(f"lang is {lang!r}; it must be one of {', '.join(LANGS)}")
    if unit == "document":
        spans = iter([(0, len(text))])
    elif unit == "paragraph":
        spans = _paragraphs(text)
    else:
        language = detect(text) if lang == "auto" else lang
        spans = (
            sentence
            for start, end in _paragraphs(text)
            for sentence in _sentences(text, start, end, language)
        )
    stripped = (_strip(text, start, end) for start, end in spans)
    return [(start, end) for start, end in stripped if start < end]


def detect(text: str) -> Literal["en", "es"]:
    """Tell English from Spanish by their commonest words; English when in doubt.

    Parameters
    ----------
    text : str
        Any text; the first 20,000 characters are read.

    Returns
    -------
    {"en", "es"}
        The language whose common words are more frequent.

    Examples
    --------
    >>> detect("El coyote cobraba por cruzar el río.")
    'es'
    >>> detect("")
    'en'
    """
    words = tokens(text[:20_000])
    count = {name: sum(map(common.__contains__, words)) for name, common in _COMMON.items()}
    return "es" if count["es"] > count["en"] else "en"


def _paragraphs(text: str) -> Iterator[Span]:
    """Yield runs of lines that belong together."""
    run: list[_Line] = []
    at = 0
    for line in text.splitlines(keepends=True):
        start, end = _strip(text, at, at + len(line))
        if start < end:
            run.append(_Line(start, end, start - at))
        elif run:
            yield from _cut(text, run)
            run = []
        at += len(line)
    if run:
        yield from _cut(text, run)


class _Line(NamedTuple):
    """A line without the white space at its edges."""

    start: int
    end: int
    indent: int

    @property
    def width(self) -> int:
        return self.indent + self.end - self.start


def _cut(text: str, lines: list[_Line]) -> Iterator[Span]:
    """Cut a run of lines without a blank one between at headings, bullets and short lines."""
    width = max(line.width for line in lines)
    if width not in _WRAPPED:
        width = sys.maxsize  # room enough after every line
    capitals = any(text[line.start].isupper() for line in lines)
    first = lines[0].start
    for before, line in pairwise(lines):
        if (
            capitals
            and text[line.start].islower()
            and not _is_heading(text[before.start : before.end])
        ):
            continue  # goes on, however its column was set
        left = width - before.width
        if _begins(text[before.start : before.end], text[line.start : line.end], left):
            yield first, before.end
            first = line.start
    yield first, lines[-1].end


def _begins(before: str, line: str, left: int) -> bool:
    """Tell whether a line begins a passage; the line before it has ``left`` characters to spare."""
    return (
        left > len(line.split(maxsplit=1)[0])  # there was room for its first word
        or line[0] in _BULLETS
        or _is_heading(before)
        or _is_heading(line)
        or (before[-1] in ".:;!?…" and _BULLET.match(line) is not None)
    )


def _is_heading(line: str) -> bool:
    """Tell a line in capitals, a marked heading or a ruled line from running text."""
    return (
        (line.isupper() and line[-1] not in ".,;")
        or line.startswith("#")
        or _RULE.fullmatch(line) is not None
    )


def _sentences(text: str, start: int, end: int, lang: str) -> Iterator[Span]:
    """Yield the sentences of one paragraph."""
    paragraph = _UNSAFE.sub(" ", text[start:end])
    letter = _LETTER.search(paragraph)
    capitals = letter is not None and letter[0].isupper()
    first = last = 0  # of the sentence so far
    for left, right in pairwise([*_boundaries(paragraph, lang), len(paragraph)]):
        if opening := _OPENING.search(paragraph, left, right):
            right = opening.start()  # belongs to what it opens
        left = last
        if left and not _goes_on(paragraph, first, left, right, capitals):
            yield start + first, start + left
            first = left
        last = right
    yield start + first, end


def _boundaries(paragraph: str, lang: str) -> list[int]:
    """List where sentences may begin, 0 among them.

    sentencex does not cut what begins with a bullet, and takes quadratic time over
    many quotation marks, so it sees the text behind the bullet, in pieces.
    """
    cuts = [0]
    bullet = _BULLET.match(paragraph)
    at = bullet.end() if bullet else 0
    while at < len(paragraph):
        near = [match.end() for match in _SENTENCE_END.finditer(paragraph, at, at + _PIECE)]
        stop = near[-1] if near and at + _PIECE < len(paragraph) else at + _PIECE
        piece = paragraph[at:stop]
        try:
            found = [b["start_index"] for b in sentencex.get_sentence_boundaries(lang, piece)]
        except BaseException as error:
            # A Rust panic is no Exception; anything else of that rank (Ctrl-C) is not ours to stop.
            if type(error).__name__ != "PanicException":
                raise
            found = [cut - at for cut in near]
        cuts += [at + cut for cut in sorted(found) if cut and at + cut < len(paragraph)]
        at = stop
        cuts += [at] if near and at < len(paragraph) else []
    return sorted(set(cuts))


def _goes_on(paragraph: str, first: int, left: int, right: int, capitals: bool) -> bool:
    """Tell whether ``paragraph[left:right]`` belongs to the sentence that began at ``first``.

    A mark left alone does, and so does what follows the number of a list item or an
    abbreviation that sentencex does not know, and, in text that uses capitals at
    all, a small letter ("the 60 sq. mile zone").
    """
    word = _LETTER.search(paragraph, left, right)
    return (
        word is None
        or _BULLET.fullmatch(paragraph, first, left) is not None
        or _ABBREVIATION.search(paragraph, max(first, left - 12), left) is not None
        or (capitals and word.start() == left and word[0].islower())
        or (
            _DAY.match(paragraph, left) is not None
            and _HOUR.search(paragraph, max(first, left - 8), left) is not None
        )
    )


def _strip(text: str, start: int, end: int) -> Span:
    """Narrow a span until no white space is at its edges."""
    inside = text[start:end]
    start = end - len(inside.lstrip())
    return start, max(start, end - (len(inside) - len(inside.rstrip())))
