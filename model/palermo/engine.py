"""Scores: sums of weights, for many passages at once, on NumPy alone.

The idea
--------
A model knows some hundred thousand *terms* (:mod:`palermo.text`), each with a weight
for every label, and one for being of the field at all. A passage of ``n`` words is
scored by adding up the weights of

* each of its words that the model knows,
* each pair of neighbours that it knows,
* the character runs of each word that it does not know,

dividing the sum by ``n ** 0.3`` and adding the label's intercept; that is the log-odds.
(A known word's own runs were added to its weight when the model was made, so they need
no look-up.)

>>> from palermo.artifact import tiny       # knows "boat" (2) and the run "#_boa" (1)
>>> engine = Engine(tiny())                 # intercept -1
>>> float(engine.log_odds(["boat"])[0, 0])    # 2 / 1 ** 0.3 - 1
1.0
>>> float(engine.log_odds(["boats"])[0, 0])   # unknown, but it begins like "boat": 1 - 1
0.0

How it is made fast
-------------------
Nothing is done word by word in Python. A batch of passages is joined to one array of
folded characters, ``c[0], c[1], ...``, with a separator (the number 1) wherever no
word is. With ``B`` an odd number, ``P[j] = c[0] + c[1] B + ... + c[j-1] B^(j-1)``
(mod 2^64) is one cumulative sum, and ``(P[j] - P[i]) / B^i`` is a number that depends on
the characters from ``i`` to ``j`` alone: a hash of any word or run for one subtraction
and one product (Rabin & Karp 1987; an odd ``B`` can be divided by). All hashes are
looked up together, and their weights, whole numbers, are added up by another
cumulative sum.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from palermo.artifact import Artifact
from palermo.keys import BASE, LEFT, RIGHT, RUN, SEPARATOR, U64, WORD, keys
from palermo.text import LONGEST, RUN_SIZES, fold

EXPONENT: Final = 0.3
"""A passage's sums are divided by its number of words to this power."""

Rows = NDArray[np.int64]

# Characters scored at a time. With fewer, one thread is no faster and two wait for each other;
# with more, arrays outgrow the cache. Values are looked up by `take`, since indexing by an array
# keeps other threads waiting.
_BATCH: Final = 3 << 18
_PIECE: Final = 512  # words: 512 * 82 terms * 2^15 stay below 2^31
_ODD: Final = 2  # of a character that folds to none or to several


class Engine:
    """The numbers of one model, laid out for scoring.

    Parameters
    ----------
    artifact : Artifact
        A model with ``n_terms`` terms and ``n_heads`` columns of weights.

    Examples
    --------
    >>> from palermo.artifact import tiny
    >>> Engine(tiny()).known(["a boat", ""]).tolist()
    [0.5, 0.0]
    """

    def __init__(self, artifact: Artifact) -> None:
        self._table = _Table(artifact.keys)
        self._step = artifact.step
        self._intercepts = artifact.intercepts
        # The last row is for what the model does not know. Two heads share one 64-bit
        # number, so that one sum adds up both.
        heads = artifact.weights.shape[1]
        padded = np.zeros((heads + heads % 2, len(artifact.keys) + 1), np.int64)
        padded[:heads, :-1] = artifact.weights.T
        self._weights = (padded[0::2] + (padded[1::2] << 32)).take(self._table.number, axis=1)

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Score passages.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_heads)
            Any real numbers; 0 is as likely as not.

        Examples
        --------
        >>> from palermo.artifact import tiny
        >>> Engine(tiny()).log_odds(["boat", "bus"]).shape
        (2, 2)
        """
        return self.measure(texts)[0]

    def known(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Tell how much of each passage's wording the model has seen in training.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages.

        Returns
        -------
        ndarray of float64, shape (n_texts,)
            Share of the passage's words that the model knows, 0 to 1; 0 without words.

        Examples
        --------
        >>> from palermo.artifact import tiny
        >>> Engine(tiny()).known(["boat to Malta"]).round(3).tolist()
        [0.333]
        """
        return self.measure(texts)[1]

    def measure(
        self, texts: Sequence[str]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], Rows]:
        """Give what :meth:`log_odds` and :meth:`known` give, and lengths, for the price of one.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages.

        Returns
        -------
        log_odds : ndarray of float64, shape (n_texts, n_heads)
        known : ndarray of float64, shape (n_texts,)
        words : ndarray of int64, shape (n_texts,)
            How many words each passage has.

        Examples
        --------
        >>> from palermo.artifact import tiny
        >>> [each.tolist() for each in Engine(tiny()).measure(["boat"])]
        [[[1.0, 2.0]], [1.0], [1]]
        """
        scores = np.empty((len(texts), len(self._intercepts)))
        known = np.empty(len(texts))
        words = np.empty(len(texts), np.int64)
        for start, stop in _batches(texts):
            part = slice(start, stop)
            scores[part], known[part], words[part] = self._score(texts[part])
        return scores, known, words

    def weights(self, terms: Sequence[str]) -> NDArray[np.float64]:
        """Look up the weights of terms.

        Parameters
        ----------
        terms : sequence of str
            ``n_terms`` words, pairs and runs.

        Returns
        -------
        ndarray of float64, shape (n_terms, n_heads)
            0 for a term that the model does not know.

        Examples
        --------
        >>> from palermo.artifact import tiny
        >>> Engine(tiny()).weights(["boat", "bus"]).tolist()
        [[2.0, 2.0], [0.0, 0.0]]
        """
        both = self._weights[:, self._table.places(keys(terms))]
        low, high = _halves(both)
        found = np.stack([low, high], axis=1).reshape(2 * len(both), len(terms))
        return np.asarray(found[: len(self._intercepts)].T * self._step)

    def _score(self, texts: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.float64], Rows]:
        """Score one batch."""
        words = _Words(texts)
        places = self._table.places(words.keys)
        pairs = self._table.places(words.pair_keys)
        unknown = places == self._table.nowhere
        run_keys, run_words = words.runs(np.flatnonzero(unknown))
        runs = self._table.places(run_keys)
        found = runs != self._table.nowhere
        runs, run_words = runs[found], run_words[found]
        # Sums are taken over pieces of passages, too short to overflow half a number.
        pieces = np.sort(np.append(words.first, np.arange(0, len(places), _PIECE)))
        passages = np.searchsorted(pieces, words.first)
        run_pieces = np.searchsorted(run_words, pieces)
        sums = np.empty((len(texts), 2 * len(self._weights)), np.int64)
        for column, weights in enumerate(self._weights):
            both = _sums(weights.take(places) + weights.take(pairs), pieces)
            both += _sums(weights.take(runs), run_pieces)
            low, high = _halves(both)
            sums[:, 2 * column] = _sums(low, passages)
            sums[:, 2 * column + 1] = _sums(high, passages)
        lengths = np.diff(words.first)
        count = np.maximum(lengths, 1)
        scale = self._step / count**EXPONENT
        return (
            sums[:, : len(self._intercepts)] * scale[:, None] + self._intercepts,
            _sums(~unknown, words.first) / count,
            lengths,
        )


def _halves(both: Rows) -> tuple[Rows, Rows]:
    """Part numbers that hold two sums each: the lower half, with its sign, and the upper."""
    low = ((both & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000
    return low, (both - low) >> 32


def _sums(values: NDArray[np.generic], bounds: Rows) -> Rows:
    """Add up the values between each two neighbouring bounds."""
    totals = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=totals[1:])
    return np.diff(totals[bounds])


def _batches(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Part passages into slices of some 800,000 characters; yield (start, stop)."""
    start = size = 0
    for number, text in enumerate(texts):
        if size > _BATCH:
            yield start, number
            start, size = number, 0
        size += len(text) + 1
    if texts:
        yield start, len(texts)


class _Table:
    """Where each key stands: a sorted array with gaps, in which a key's high bits say where.

    Every gap holds the next key after it, so the whole array ascends, and looking
    from a key's place forward until nothing is smaller finds it or proves it absent.

    Attributes
    ----------
    number : ndarray of int64, shape (n_places,)
        Which key stands at each place; ``n_keys`` behind the last one.
    nowhere : int
        The last place, at which none stands.
    """

    def __init__(self, keys: U64) -> None:
        """Take ``keys``, ascending."""
        bits = max(len(keys).bit_length() + 1, 4)  # a quarter to a half of it is filled
        self._shift = np.uint64(64 - bits)
        number = np.arange(len(keys))
        home = (keys >> self._shift).astype(np.int64)
        place = number + np.maximum.accumulate(home - number)
        taken = np.zeros(max(1 << bits, *place[-1:] + 1) + 1, np.int64)
        taken[place + 1] = 1
        self.number = np.cumsum(taken)
        self.nowhere = len(taken) - 1
        self._keys = np.append(keys, np.uint64(2**64 - 1))[self.number]

    def places(self, keys: U64) -> Rows:
        """Look up ``keys``, in any order; ``nowhere`` for those that are not in the table."""
        at = (keys >> self._shift).astype(np.int64)
        there = self._keys.take(at)
        late = np.flatnonzero(there < keys)
        while late.size:
            at[late] += 1
            there[late] = self._keys[at[late]]
            late = late[there[late] < keys[late]]
        at[there != keys] = self.nowhere
        return at


class _Words:
    """The words of a batch of passages, as hashes.

    Attributes
    ----------
    first : ndarray of int64, shape (n_texts + 1,)
        Number of each passage's first word; at the end, of all words.
    keys, pair_keys : ndarray of uint64, shape (n_words,)
        Of each word; of each word and the one after it (0 where a passage ends).
    """

    def __init__(self, texts: Sequence[str]) -> None:
        codes, begins = _codes(texts)
        powers, self._inverses = _powers(len(codes))
        self._prefix = np.zeros(len(codes) + 1, np.uint64)
        np.cumsum(codes * powers, out=self._prefix[1:])
        edges = np.flatnonzero(np.diff(codes != SEPARATOR)) + 1  # begin, end, begin, end ...
        self._start, self._stop = edges[0::2], edges[1::2]
        self.first = np.searchsorted(self._start, begins)
        hashes = self._hash(self._start, self._stop)
        self.keys = hashes * WORD
        self.pair_keys = np.zeros(len(hashes), np.uint64)
        self.pair_keys[:-1] = hashes[:-1] * LEFT + hashes[1:] * RIGHT
        ends = self.first[1:]
        self.pair_keys[ends[ends > 0] - 1] = 0

    def runs(self, words: Rows) -> tuple[U64, Rows]:
        """Hash the character runs of some words; return keys and the word of each, ascending."""
        length = self._stop[words] - self._start[words]
        words, length = words[length <= LONGEST], length[length <= LONGEST]
        size = np.array(RUN_SIZES)
        count = np.maximum(length[:, None] + 3 - size, 0).ravel()  # of each word and size
        begin = np.repeat(self._start[words] - 1, len(size))
        at = np.arange(count.sum()) + np.repeat(begin - (count.cumsum() - count), count)
        stop = at + np.repeat(np.tile(size, len(words)), count)
        return self._hash(at, stop) * RUN, np.repeat(np.repeat(words, len(size)), count)

    def _hash(self, start: Rows, stop: Rows) -> U64:
        """Hash the characters from ``start`` to ``stop``."""
        return (self._prefix.take(stop) - self._prefix.take(start)) * self._inverses.take(start)


_ones = np.ones(1, np.uint64)
_longest = (_ones, _ones)  # powers worked out so far; one tuple, so that threads see both or none


def _powers(size: int) -> tuple[U64, U64]:
    """Give ``size`` powers of the base, from 0 on, and of one over it."""
    global _longest
    if len(_longest[0]) < size:
        inverse = pow(BASE, -1, 2**64)
        room = max(size, min(1 << size.bit_length(), 2 * _BATCH))  # few passages need few powers
        both = np.full((2, room), [[BASE], [inverse]], np.uint64)
        both[:, 0] = 1
        _longest = tuple(np.cumprod(both, axis=1))
    powers, inverses = _longest
    return powers[:size], inverses[:size]


_folded = np.zeros(0x110000, np.uint64)  # of each code point; 0: not worked out yet


def _codes(texts: Sequence[str]) -> tuple[U64, Rows]:
    """Fold passages to one array of characters; return it and where each passage begins.

    The array begins and ends with a separator, and has one between passages. The
    places have one more at their end: the length of the array.
    """
    codes = _look_up("\n".join(["", *texts, ""]))
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    begins = np.append(1, 1 + np.cumsum(sizes + 1))
    odd = np.flatnonzero(codes == _ODD)  # rare: ligatures, loose accents, soft hyphens
    if odd.size:
        parts, done = [], 0
        for number in np.unique(np.searchsorted(begins, odd, "right") - 1).tolist():
            folded = _look_up(fold(texts[number]))
            parts += [codes[done : begins[number]], folded]
            done = begins[number] + sizes[number]
            sizes[number] = len(folded)
        codes = np.concatenate([*parts, codes[done:]])
        begins = np.append(1, 1 + np.cumsum(sizes + 1))
    return codes, begins


def _look_up(text: str) -> U64:
    """Fold each character of a text to one number."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4").astype(np.int64)
    codes = _folded.take(points)
    if not codes.all():
        for point in np.flatnonzero(np.bincount(points[codes == 0])).tolist():
            char = fold(chr(point))
            _folded[point] = _ODD if len(char) != 1 else ord(char) if char.isalnum() else SEPARATOR
        codes = _folded.take(points)
    return codes
