"""How clean and how various a corpus is: duplicates, skeletons, word pairs, known words."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import groupby, pairwise
from math import ceil
from typing import Final, NamedTuple

import numpy as np

from palermo.text import tokens
from palermo_training.corpus import Row

_SHINGLE: Final = 3  # words
_FEWEST_WORDS: Final = 6  # below that, texts are alike without meaning anything
_NEAR: Final = 0.5  # Jaccard similarity of shingles from which on two texts are one
_FEWEST_ANCHORS: Final = 4  # names and numbers, to tell a translation by
_SAME_ANCHORS: Final = 0.7  # their Jaccard similarity; news of one town reaches 0.6
_COMMON_WORDS: Final = 100  # that a skeleton keeps: about those without a meaning of their own
_SAMPLE: Final = 10_000  # running words
_SEED: Final = 3

_ANCHOR = re.compile(r"(?<=[\w,;] )[A-Z]\w+|\d[\d.,]*\d|\d")


class Pair(NamedTuple):
    """Two rows that say the same.

    Attributes
    ----------
    left, right : str
        Their ids, the earlier row's first.
    likeness : float
        Share of what either has that both have, 0 to 1.

    Examples
    --------
    >>> Pair("a", "b", 0.75).likeness
    0.75
    """

    left: str
    right: str
    likeness: float


def duplicates(rows: Sequence[Row]) -> list[Pair]:
    """Find texts that stand twice, or nearly so.

    Texts of six words or more are nearly the same if they share half of the runs of
    three words that either has (Jaccard similarity, Broder 1997); shorter ones if
    all their words are the same. Rows of one hard family may be alike: that is what
    makes them hard.

    Parameters
    ----------
    rows : sequence of Row
        In any order.

    Returns
    -------
    list of Pair
        Most alike first.

    Examples
    --------
    >>> rows = [Row("a", "Sign up now!", (), "none", "a"),
    ...         Row("b", "sign up: NOW", (), "none", "b")]
    >>> duplicates(rows)
    [Pair(left='a', right='b', likeness=1.0)]
    """
    shingles = [_shingles(tokens(row.text)) for row in rows]
    return _alike(
        rows, shingles, _NEAR, lambda one, other: one.family != other.family or not one.family
    )


def translations(rows: Sequence[Row]) -> list[Pair]:
    """Find texts of two languages with the same names and numbers, likely translations.

    Parameters
    ----------
    rows : sequence of Row
        Of two languages.

    Returns
    -------
    list of Pair
        Rows with four or more names and numbers that share seven in ten of them; most
        alike first.

    Examples
    --------
    >>> english = "In Tapachula, INM held 32 Cubans on May 7, 2019"
    >>> spanish = "El 7 de mayo de 2019 el INM detuvo en Tapachula a 32"
    >>> rows = [Row("a", english, (), "none", "a", lang="en"),
    ...         Row("b", spanish, (), "none", "b", lang="es")]
    >>> [pair.likeness > 0.5 for pair in translations(rows)]
    [True]
    """
    anchors = [frozenset(anchor.casefold() for anchor in _ANCHOR.findall(row.text)) for row in rows]
    enough = [each if len(each) >= _FEWEST_ANCHORS else frozenset() for each in anchors]
    return _alike(rows, enough, _SAME_ANCHORS, lambda one, other: one.lang != other.lang)


def _shingles(words: list[str]) -> frozenset[str]:
    if len(words) < _FEWEST_WORDS:
        return frozenset([" ".join(words)])
    return frozenset(" ".join(words[at : at + _SHINGLE]) for at in range(len(words) - _SHINGLE + 1))


def _alike(
    rows: Sequence[Row],
    features: Sequence[frozenset[str]],
    least: float,
    counts: Callable[[Row, Row], bool],
) -> list[Pair]:
    """Find pairs whose features have at least this Jaccard similarity.

    Two such sets share at least that part of either's features, so they share one of
    the others, the rarest ones, too (prefix filtering, Bayardo et al. 2007); only
    rows with one of these in common are compared.
    """
    frequency = Counter(feature for each in features for feature in each)
    holders: dict[str, list[int]] = defaultdict(list)
    found = []
    for number, each in enumerate(features):
        rarest = sorted(each, key=lambda feature: (frequency[feature], feature))
        prefix = rarest[: len(rarest) - ceil(least * len(rarest)) + 1]
        for other in sorted({held for feature in prefix for held in holders[feature]}):
            likeness = len(each & features[other]) / len(each | features[other])
            if likeness >= least and counts(rows[other], rows[number]):
                found.append(Pair(rows[other].id, rows[number].id, likeness))
        for feature in prefix:
            holders[feature].append(number)
    return sorted(found, key=lambda pair: -pair.likeness)


def skeletons(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Find rows that are built alike: the same common words in the same places.

    A skeleton keeps the hundred commonest words of the rows' language and puts one
    ``_`` for each run of others. Skeletons with fewer than six common words are too
    short to mean anything and are left out, as are rows of the same hard family.

    Parameters
    ----------
    rows : sequence of Row
        In any order.

    Returns
    -------
    dict of str to list of str
        Each skeleton that several rows share, and their ids.

    Examples
    --------
    >>> rows = [Row(str(n), f"he said that the {w} was in the {w}", (), "none", "g", lang="en")
    ...         for n, w in enumerate(["boat", "bus"])]
    >>> skeletons(rows)
    {}
    """
    words = [tokens(row.text) for row in rows]
    common: dict[str, set[str]] = {}
    for lang in {row.lang for row in rows}:
        count = Counter(
            w for row, each in zip(rows, words, strict=True) if row.lang == lang for w in each
        )
        common[lang] = {word for word, _ in count.most_common(_COMMON_WORDS)}
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row, each in zip(rows, words, strict=True):
        kept = [word if word in common[row.lang] else "_" for word in each]
        bones = [word for word, run in groupby(kept) for word in (run if word != "_" else [word])]
        if sum(bone != "_" for bone in bones) >= _FEWEST_WORDS:
            found[" ".join(bones)][row.family or row.id].append(row.id)
    return {
        skeleton: [id_ for ids in families.values() for id_ in ids]
        for skeleton, families in found.items()
        if len(families) > 1
    }


def distinct_pairs(rows: Sequence[Row], words: int = _SAMPLE) -> float:
    """Count how many different pairs of neighbouring words so many running words hold.

    Parameters
    ----------
    rows : sequence of Row
        Taken in an order drawn with a fixed seed.
    words : int, default 10,000
        Length of a sample, in running words.

    Returns
    -------
    float
        Mean over the samples that the rows fill; 0 if they fill none.

    Examples
    --------
    >>> rows = [Row(str(n), "one two three", (), "none", "g") for n in range(4)]
    >>> distinct_pairs(rows, words=6)
    2.0
    """
    counts: list[int] = []
    seen: set[tuple[str, str]] = set()
    length = 0
    for number in np.random.default_rng(_SEED).permutation(len(rows)):
        found = tokens(rows[number].text)
        seen.update(pairwise(found))
        length += len(found)
        if length >= words:
            counts.append(len(seen))
            seen, length = set(), 0
    return float(np.mean(counts)) if counts else 0.0


def running_words(rows: Sequence[Row]) -> int:
    """Count words as they run, repeated ones too.

    Parameters
    ----------
    rows : sequence of Row
        In any order.

    Returns
    -------
    int

    Examples
    --------
    >>> running_words([Row("a", "no, no", (), "none", "a")])
    2
    """
    return sum(len(tokens(row.text)) for row in rows)


def known_share(rows: Sequence[Row], by: Sequence[Row]) -> float:
    """Tell how much of some rows' running words a corpus knows. The share alone, never the words.

    Parameters
    ----------
    rows : sequence of Row
        Whose words are looked up.
    by : sequence of Row
        The corpus that may know them.

    Returns
    -------
    float
        0 to 1; 0 without words.

    Examples
    --------
    >>> known_share([Row("a", "a boat", (), "none", "a")], [Row("b", "The boat", (), "none", "b")])
    0.5
    """
    known = {word for row in by for word in tokens(row.text)}
    words = [word for row in rows for word in tokens(row.text)]
    return sum(word in known for word in words) / max(len(words), 1)
