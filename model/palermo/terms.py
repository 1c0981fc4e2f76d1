"""The word that a passage uses, held against what it describes.

Officials and newsrooms say "trafficking" of paid border crossings every day, and
sometimes "smuggling" of people held to be exploited. This module finds the two words
where they are said of people, takes them out, asks the model what the rest describes,
and tells where the two part. Passages that use both words and are about both, as those are
that discuss the confusion, are told too.

English has ``smuggl-`` and ``traffick-``. In Spanish law ``trata`` is trafficking, and
``tráfico (ilícito) de migrantes`` and ``coyotaje`` are smuggling; ``tráfico de
personas`` is said of both, so it counts as neither.
"""

import re
import unicodedata
from bisect import bisect
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Word = Literal["smuggling", "trafficking", "both"]

# Spanish "trata" is a noun unless a pronoun before it or what follows shows the verb ("la
# trata mal", "trata de cruzar"); a preposition before it settles it for the noun.
_NO_VERB: Final = r"(?!\s+(?:de\s+\w+[aei]r(?:se|l[aeo]s?)?|bien|mal|como|igual|mejor|peor)\b)"
_PRONOUN: Final = r"(?<!\b(?:se|la|le|lo|me|te|no) )(?<!\b(?:las|les|los|nos|qu[eé]) )"
_OBJECT: Final = r"(?!\s+(?:de (?:un|una|que|los|las|el|la|lo|su|por)|a|al|el|sobre)\b)"
_TRATA: Final = (
    rf"(?:(?<=\bde )|(?<=\bpor )|(?<=\bcontra )|(?<=\bsobre )|(?<=\bla ))tratas?\b{_NO_VERB}"
    rf"|{_PRONOUN}tratas?\b{_NO_VERB}{_OBJECT}"
    r"|antitrata\b|tratantes?\b"
)
WORDS: Final = re.compile(
    rf"\b(?:(?:smuggl|traffick|traffics\b|trafic|tráfic)\w*|coyotaje\b|{_TRATA})", re.I
)
"""The words that name the field; not the "se trata de" that Spanish is full of."""

_SMUGGLING: Final = re.compile(
    r"smuggl|coyotaje"
    r"|tr[aá]fic\w*(?: il[ií]cit[oa]| ilegal)?(?: de| con) "
    r"(?:migrantes|inmigrantes|indocumentados|ilegales|mojados)",
    re.I,
)
_TRAFFICKING: Final = re.compile(r"traffick|traffics\b|trata|antitrata", re.I)
_PEOPLE: Final = re.compile(
    r"\b(?:people|persons?|humans?|migrants?|immigrants?|refugees?|aliens?|wom[ae]n|girls?"
    r"|child(?:ren)?|minors?|boys?|bab(?:y|ies)|men|famil(?:y|ies)|workers?|victims?|survivors?"
    r"|sex|sexual\w*|labou?r|slave\w*|servitude|passengers?|crossings?|border-crossers"
    r"|personas?|migrantes?|inmigrantes?|indocumentad\w+|mujer(?:es)?|niñ\w+|menor(?:es)?"
    r"|víctimas?|seres|human[oa]s?|blancas|jóvenes|refugiados|haitian\w+|cuban\w+)\b",
    re.I,
)
_GOODS: Final = re.compile(
    r"\b(?:drugs?|narco\w*|cocaine|heroin|fentanyl|meth\w*|marijuana|cannabis|hashish|opi\w+"
    r"|pills|captagon|khat|arms|weapons?|guns?|firearms?|rifles?|ammunition|uranium|nuclear"
    r"|wildlife|ivory|rhino\w*|pangolins?|birds?|animals?|species|reptiles?|turtles?|parrots?|eels?"
    r"|abalone|cigarettes?|tobacco|fuel|petrol|gasoline|diesel|oil|gold|silver|diamonds?|gems?"
    r"|antiquit\w+|artefacts?|artifacts?|timber|rosewood|goods|contraband|cattle|cows"
    r"|alcohol|liquor|whisky|whiskey|currency|medicines?|onions|influence|kilos?|kilograms?|tonnes?"
    r"|drogas?|estupefacientes?|cocaína|heroína|fentanilo|marihuana|hachís|armas?|municiones"
    r"|fauna|especies|marfil|cigarrillos?|tabaco|combustibles?|gasolina|oro|influencias|madera"
    r"|contrabando|mercancías?|ganado|aves|órdenes|aéreo|rodado|marítimo|vial)\b",
    re.I,
)
# Ligatures; soft hyphens, and spaces and joiners without width.
_WHOLE: Final = str.maketrans(
    dict(zip("ﬀﬁﬂﬃﬄﬅﬆ", ("ff", "fi", "fl", "ffi", "ffl", "st", "st"), strict=True))
    | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060\ufeff", "")
)
_NEAR: Final = 32  # characters on either side of a word that say what it is said of


class Term(NamedTuple):
    """A passage whose word parts from what it describes.

    Attributes
    ----------
    uses : {"smuggling", "trafficking", "both"}
        The word that it uses of people.
    describes : {"smuggling", "trafficking", "both"}
        What is told once the words are taken out; ``both`` where the passage uses both
        words and is about both, as those are that discuss the difference.
    strength : float
        0 to 1: the probability that it describes the one and not the other, with the words
        taken out; for ``both``, that it is about both.

    Examples
    --------
    >>> Term("trafficking", "smuggling", 0.8).describes
    'smuggling'
    """

    uses: Word
    describes: Word
    strength: float


def mask(text: str) -> str:
    """Take the words that name the field out of a text.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Without smuggl-, traffick-, trata, tratante, tráfico, traficante and coyotaje. If a
        ligature, a soft hyphen or a loose accent hid one of them, the text has none left.

    Examples
    --------
    >>> mask("The smugglers spoke of trata and tráfico.")
    'The  spoke of  and .'
    """
    whole = _composed(text)
    if whole is not text and len(WORDS.findall(whole)) > len(WORDS.findall(text)):
        text = whole
    return WORDS.sub("", text)


def uses(text: str) -> Word | None:
    """Tell which of the two words a passage uses of people.

    Parameters
    ----------
    text : str
        One passage.

    Returns
    -------
    {"smuggling", "trafficking", "both"} or None
        None without either word, or where they are said of drugs, arms, wildlife and the like.

    Examples
    --------
    >>> uses("Human traffickers charged each family 900 dollars.")
    'trafficking'
    >>> uses("He was jailed for smuggling cigarettes and drug trafficking.") is None
    True
    """
    text = _composed(text)
    named = [match.span() for match in WORDS.finditer(text)]
    if not named:
        return None
    kinds = [[match.span() for match in kind.finditer(text)] for kind in (_PEOPLE, _GOODS)]
    found = {
        word
        for word, expression in (("smuggling", _SMUGGLING), ("trafficking", _TRAFFICKING))
        for start, end in named
        if expression.match(text, start) and _of_people(kinds, start, end)
    }
    return (
        "both"
        if len(found) == 2
        else "smuggling"
        if "smuggling" in found
        else ("trafficking" if found else None)
    )


def verdict(
    word: Word, smuggling: float, trafficking: float, least: tuple[float, float]
) -> Term | None:
    """Hold one word against the probabilities of what the passage describes without it.

    Parameters
    ----------
    word : {"smuggling", "trafficking", "both"}
        What the passage uses.
    smuggling, trafficking : float
        Probability of each, with the words taken out unless the passage uses both.
    least : (float, float)
        From which on it counts as described.

    Returns
    -------
    Term or None
        None where the word fits, or where too little is told to say so.

    Examples
    --------
    >>> verdict("smuggling", 0.1, 0.8, (0.5, 0.5))
    Term(uses='smuggling', describes='trafficking', strength=0.72)
    """
    if word == "trafficking" and smuggling >= least[0] and trafficking < least[1]:
        return Term(word, "smuggling", round(smuggling * (1 - trafficking), 6))
    if word == "smuggling" and trafficking >= least[1] and smuggling < least[0]:
        return Term(word, "trafficking", round(trafficking * (1 - smuggling), 6))
    if word == "both" and smuggling >= least[0] and trafficking >= least[1]:
        return Term(word, "both", round(smuggling * trafficking, 6))
    return None


def _of_people(kinds: Sequence[list[tuple[int, int]]], start: int, end: int) -> bool:
    """Tell whether the word between ``start`` and ``end`` is said of people: by what is nearest."""
    people, goods = (_nearest(spans, start, end) for spans in kinds)
    return goods >= _NEAR or people <= goods


def _nearest(spans: list[tuple[int, int]], start: int, end: int) -> int:
    """Count the characters to the nearest of spans that are in order and do not overlap."""
    at = bisect(spans, (start,))
    beside = spans[max(at - 1, 0) : at + 1]
    return min((max(start - last, first - end) for first, last in beside), default=_NEAR)


def _composed(text: str) -> str:
    """Undo what PDFs do to words: the model folds it, expressions do not see through it."""
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_WHOLE))


def check(
    texts: Sequence[str],
    probabilities: NDArray[np.float64],
    score: Callable[[Sequence[str]], NDArray[np.float64]],
    least: NDArray[np.float64],
) -> list[Term | None]:
    """Find the passages whose word parts from what they describe.

    Parameters
    ----------
    texts : sequence of str
        ``n_texts`` passages.
    probabilities : ndarray of float64, shape (n_texts, 2)
        Of smuggling and trafficking in each.
    score : callable
        Gives the same of other texts.
    least : ndarray of float64, shape (2,)
        Probability from which on a passage describes either.

    Returns
    -------
    list of Term or None
        One a passage.

    Examples
    --------
    >>> def score(texts):
    ...     return np.array([[0.9, 0.1]] * len(texts))
    >>> texts = ["Traffickers charged 900 dollars.", "Hi."]
    >>> check(texts, score(texts), score, np.array([0.5, 0.5]))
    [Term(uses='trafficking', describes='smuggling', strength=0.81), None]
    """
    found: list[Term | None] = [None] * len(texts)
    words = {at: word for at, text in enumerate(texts) if (word := uses(text))}
    masked = score([mask(texts[at]) for at in words])
    for (at, word), unnamed in zip(words.items(), masked, strict=True):
        shown = probabilities[at] if word == "both" else unnamed
        smuggling, trafficking = shown.tolist()
        found[at] = verdict(word, smuggling, trafficking, (float(least[0]), float(least[1])))
    return found
