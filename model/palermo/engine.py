"""Scores: TF-IDF times weights, for many passages at once, on NumPy alone.

For a passage, count its terms (:func:`palermo.text.terms`) and leave out those
the model has never seen. A term that occurs ``n`` times gets the value
``(1 + ln n) * idf``; the values of a passage are divided by their Euclidean
length; a label's log-odds are the label's intercept plus the sum of value times
weight. This is what scikit-learn's ``TfidfVectorizer(sublinear_tf=True)`` and
``LogisticRegression.decision_function`` compute (Salton & Buckley 1988 for the
weighting), and the tests hold the two side by side.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from palermo.artifact import Artifact
from palermo.text import terms, tokens

_BATCH = 1024  # passages looked up at a time: bounds memory, costs no speed


class Engine:
    """The numbers of one model, laid out for scoring.

    Parameters
    ----------
    artifact : Artifact
        A model with ``n_terms`` terms and ``n_labels`` labels.

    Examples
    --------
    >>> from palermo.artifact import tiny
    >>> engine = Engine(tiny())                     # knows "boat", idf 1, weight 2, intercept -1
    >>> engine.log_odds(["boat", "bus"]).tolist()
    [[1.0], [-1.0]]
    >>> engine.known(["boat to Malta", ""]).tolist()
    [0.3333333333333333, 0.0]
    """

    def __init__(self, artifact: Artifact) -> None:
        self._index = {term: column for column, term in enumerate(artifact.terms)}
        self._idf: NDArray[np.float64] = artifact.idf.astype(np.float64)
        self._weights: NDArray[np.float64] = artifact.weights.astype(np.float64)
        self._intercepts: NDArray[np.float64] = artifact.intercepts.astype(np.float64)

    def log_odds(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Score passages.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_labels)
            Log-odds of each label, any real number; 0 is as likely as not.

        Examples
        --------
        >>> from palermo.artifact import tiny
        >>> Engine(tiny()).log_odds(["boat"]).shape
        (1, 1)
        """
        scores = np.empty((len(texts), len(self._intercepts)))
        for start in range(0, len(texts), _BATCH):
            batch = texts[start : start + _BATCH]
            scores[start : start + len(batch)] = self._score(batch)
        return scores

    def _score(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Score one batch."""
        passage: list[int] = []  # of each (passage, term) that occurs: the passage's number,
        column: list[int] = []  # the term's column,
        count: list[int] = []  # how often it occurs there
        for number, text in enumerate(texts):
            found = Counter(map(self._index.get, terms(text)))
            del found[None]  # terms that the model has never seen
            passage += [number] * len(found)
            column += found  # type: ignore[arg-type]  # None is gone
            count += found.values()
        value = (1 + np.log(np.array(count, np.float64))) * self._idf[column]
        squares = np.bincount(passage, value * value, minlength=len(texts))
        length = np.sqrt(np.where(squares > 0, squares, 1))
        sums = [
            np.bincount(passage, value * weights[column], minlength=len(texts))
            for weights in self._weights.T
        ]
        return np.stack(sums, axis=1) / length[:, None] + self._intercepts

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
        >>> Engine(tiny()).known(["a boat"]).tolist()
        [0.5]
        """
        words = [tokens(text) for text in texts]
        return np.array(
            [sum(word in self._index for word in each) / max(len(each), 1) for each in words],
            dtype=np.float64,
        )
