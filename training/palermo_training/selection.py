"""Which passages to label next: those that the model is most in doubt of.

Labels take turns. Each takes the passage that lies nearest to its own threshold (uncertainty
sampling, Lewis & Gale 1994); passages whose word parts from what they describe have a turn
too. Nearness is measured in log-odds, of which every word brings a fixed amount: 0.05 beside
a threshold of 0.10 is further from it than 0.50 beside 0.55.

``artifacts/QUEUE.md`` has what that is worth, and what the other rules were.
"""

from collections import Counter, deque
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palermo.furniture import is_furniture
from palermo.passages import Passage
from palermo.predictor import LEAST_KNOWN
from palermo.text import tokens

LONGEST: Final = 2_000
"""Characters of the longest passage that is queued; a person labels no whole documents."""

ALIKE: Final = 0.6
"""Cosine of TF-IDF vectors of words from which on two passages are nearly the same."""

_CLOSE: Final = 1.0  # log-odds: 0.5 is close to 0.27 and 0.73
_LITTLE_KNOWN: Final = 0.8  # share of the words; of real text models know more
_FEWEST: Final = 3  # passages that a document may always give


class Candidate(NamedTuple):
    """A passage that could be labelled.

    Attributes
    ----------
    passage : Passage
        As the model tags it.
    document : str
        Where it stands: the name of its file, of a table with the line.

    Examples
    --------
    >>> Candidate(Passage("Hi.", 0, 3, "none", (), {}, 1.0), "a.txt").document
    'a.txt'
    """

    passage: Passage
    document: str


@dataclass(frozen=True)
class Choice:
    """A passage to label.

    Attributes
    ----------
    passage : Passage
        As the model tags it.
    document : str
        Where it stands.
    reason : str
        Why it was chosen, in plain words.

    Examples
    --------
    >>> Choice(Passage("Hi.", 4, 7, "none", (), {}, 1.0), "a.txt", "close").id
    'a.txt:4-7'
    """

    passage: Passage
    document: str
    reason: str

    @property
    def id(self) -> str:
        """Its document and code points: the same whenever the same file is queued."""
        return f"{self.document}:{self.passage.start}-{self.passage.end}"


@dataclass(frozen=True)
class Selection:
    """What to label next, and what not.

    Attributes
    ----------
    choices : list of Choice
        In the order in which they were chosen.
    passed_over : dict of str to int
        Why passages were left out, and how many.
    remain : int
        Passages that could be labelled after these.

    Examples
    --------
    >>> Selection([], {"labelled already": 3}, 0).passed_over
    {'labelled already': 3}
    """

    choices: list[Choice]
    passed_over: dict[str, int]
    remain: int


def select(
    candidates: Iterable[Candidate],
    cutoffs: Mapping[str, float],
    count: int,
    labelled: Iterable[str] = (),
) -> Selection:
    """Choose passages to label.

    Parameters
    ----------
    candidates : iterable of Candidate
        All passages that there are.
    cutoffs : mapping of str to float
        Each label's threshold, 0 to 1, as ``Predictor.cutoffs(0)`` gives them.
    count : int
        How many to choose; fewer if there are fewer.
    labelled : iterable of str
        Texts that have labels. Case, accents and punctuation make no difference.

    Returns
    -------
    Selection
        The same candidates in the same order give the same choices.

    Examples
    --------
    >>> from palermo import Predictor
    >>> predictor = Predictor.load()
    >>> text = "The boat sank. The boat sank. Eleven people were rescued off Malta."
    >>> candidates = [Candidate(passage, "a.txt") for passage in predictor.tag(text)]
    >>> found = select(candidates, predictor.cutoffs(0), 1, ["the boat sank"])
    >>> [choice.passage.text for choice in found.choices], found.passed_over, found.remain
    (['Eleven people were rescued off Malta.'], {'labelled already': 2}, 0)
    """
    done = {_key(text) for text in labelled}
    over: Counter[str] = Counter()
    fit: dict[str, Candidate] = {}
    for candidate in candidates:
        key = _key(candidate.passage.text)
        if why := _unfit(candidate.passage, key in done, key in fit):
            over[why] += 1
        else:
            fit[key] = candidate
    if not fit:
        return Selection([], dict(over), 0)
    every = list(fit.values())
    labels = list(cutoffs)
    near = nearness(
        np.array([[each.passage.probabilities[label] for label in labels] for each in every]),
        np.array([*cutoffs.values()]),
    )
    strength = np.array([each.passage.term.strength if each.passage.term else 0 for each in every])
    warned = np.argsort(-strength, kind="stable")[: np.count_nonzero(strength)]
    orders = [*np.argsort(near, axis=0, kind="stable").T, warned]
    documents = [each.document for each in every]
    chosen, alike = choose(orders, list(fit), documents, count)
    if alike:
        over["nearly the same as one in the queue"] = alike
    choices = [
        Choice(*every[at], _reason(every[at].passage, turn, near[at], cutoffs))
        for at, turn in chosen
    ]
    return Selection(choices, dict(over), len(every) - len(choices) - alike)


def nearness(
    probabilities: NDArray[np.float64], cutoffs: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Say how far probabilities lie from their thresholds.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_passages, n_labels)
        0 to 1.
    cutoffs : ndarray of float64, shape (n_labels,)
        The labels' thresholds, 0 to 1.

    Returns
    -------
    ndarray of float64, shape (n_passages, n_labels)
        Distances in log-odds; 0 is on the threshold.

    Examples
    --------
    >>> nearness(np.array([[0.5, 0.5]]), np.array([0.5, 0.9])).round(2).tolist()
    [[0.0, 2.2]]
    """
    return np.asarray(np.abs(_log_odds(probabilities) - _log_odds(cutoffs)))


def choose(
    orders: Sequence[Iterable[int]],
    texts: Sequence[str],
    documents: Sequence[Hashable],
    count: int,
) -> tuple[list[tuple[int, int]], int]:
    """Take passages from several orders by turns, none nearly the same as another.

    No document gives more than three passages, or twice its equal share of ``count``, as
    long as others have any.

    Parameters
    ----------
    orders : sequence of iterable of int
        Each names passages by number, the best first; not every order has them all.
    texts : sequence of str
        The ``n_passages`` passages' words, folded, with spaces between; each has one.
    documents : sequence of hashable
        The passages' documents.
    count : int
        How many to take.

    Returns
    -------
    chosen : list of (int, int)
        Numbers of a passage and of the order whose turn it was.
    alike : int
        Passages that were not taken and are nearly the same as one that was.

    Examples
    --------
    >>> choose([[0, 1, 2], [2, 1, 0]], ["a boat", "a boat", "the bus"], "xyz", 3)
    ([(0, 0), (2, 1)], 1)
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # not to be waited for by --help

    vectors = TfidfVectorizer(analyzer=str.split).fit_transform(texts)
    likest = np.zeros(len(texts))  # of each passage, to any that is chosen
    given: Counter[Hashable] = Counter()
    chosen: list[tuple[int, int]] = []
    share = max(_FEWEST, ceil(2 * count / len(set(documents))))
    ranked = [list(map(int, order)) for order in orders]
    for most in (share, count):
        turns = deque((turn, iter(order)) for turn, order in enumerate(ranked))
        while turns and len(chosen) < count:
            turn, order = turns.popleft()
            for at in order:
                if likest[at] < ALIKE and given[documents[at]] < most:
                    chosen.append((at, turn))
                    given[documents[at]] += 1
                    likest = np.maximum(likest, (vectors @ vectors[at].T).toarray()[:, 0])
                    turns.append((turn, order))
                    break
    return chosen, int((likest >= ALIKE).sum()) - len(chosen)


def _key(text: str) -> str:
    """Give a text's words: equal for texts that a person would not label twice."""
    return " ".join(tokens(text))


def _unfit(passage: Passage, done: bool, twice: bool) -> str | None:
    """Say why a passage is not to be labelled, if so."""
    if done:
        return "labelled already"
    if twice:
        return "the same text as another"
    if len(passage.text) > LONGEST:
        return f"longer than {LONGEST:,} characters"
    if is_furniture(passage.text):
        return "a list of topics or links"
    if passage.known < LEAST_KNOWN:
        return "less than half of its words known, as in other languages or code"
    return None


def _log_odds(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    bounded = np.clip(probabilities, 1e-12, 1 - 1e-12)
    return np.asarray(np.log(bounded / (1 - bounded)))


def _reason(
    passage: Passage, turn: int, near: NDArray[np.float64], cutoffs: Mapping[str, float]
) -> str:
    """Say why a passage was chosen: the order whose turn it was first, then what else there is."""
    reasons = []
    if turn < len(cutoffs):
        label = list(cutoffs)[turn]
        reasons.append(
            f"{'close' if near[turn] < _CLOSE else 'nearest of what is left'} to the threshold of "
            f"{label} ({passage.probabilities[label]:.2f}, needed {cutoffs[label]:.2f})"
        )
    if passage.term is not None:
        uses = "smuggling and trafficking" if passage.term.uses == "both" else passage.term.uses
        reasons.append(f"says {uses}, describes {passage.term.describes}")
    if passage.known < _LITTLE_KNOWN:
        reasons.append(f"little of its wording is known ({passage.known:.0%} of the words)")
    return "; ".join(reasons)
