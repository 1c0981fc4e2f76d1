"""The recipe: which features, which classifier, how scores become probabilities and tags.

Settings and why
----------------
* Terms are words, pairs and character runs. On the seeds, leaving one article out,
  character runs help most; pairs neither help nor hurt, and are kept for wordings such
  as "paid to" that a larger corpus can tell apart.
* ``sublinear_tf``: a word said twice is not twice the evidence.
* ``class_weight="balanced"``: labels are rare beside ``none``, and without it rare ones
  come out last. ``C=10`` lies on a plateau from 3 to 100.
* ``newton-cg`` to a tolerance of 1e-10, so that every run ends at the same weights
  to more digits than are kept; ``lbfgs`` does not.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from palermo.artifact import Artifact
from palermo.errors import CorpusError
from palermo.text import terms

_MOST_FOLDS: Final = 5
_LEAST_SPREAD: Final = 1e-3  # of scores, in log-odds, that can tell rows apart
_SOLVER: Final = {"solver": "newton-cg", "tol": 1e-10, "max_iter": 1000}


def features() -> CountVectorizer:
    """Make the unfitted vectorizer that counts terms.

    Returns
    -------
    CountVectorizer
        Of the terms that :mod:`palermo.engine` looks up.

    Examples
    --------
    >>> features().fit(["the boat", "the bus"]).transform(["a boat"]).shape
    (1, 26)
    """
    return CountVectorizer(analyzer=terms)


def kept(counts: csr_matrix, names: Sequence[str]) -> NDArray[np.bool_]:
    """Tell which terms are worth keeping: every word, and what stands in two rows or more.

    Parameters
    ----------
    counts : csr_matrix, shape (n_rows, n_terms)
        Of all rows.
    names : sequence of str
        The terms, in the order of the columns.

    Returns
    -------
    ndarray of bool, shape (n_terms,)
        Words that stand in one row stay, so that ``known`` can count them.

    Examples
    --------
    >>> vectorizer = features()
    >>> counts = vectorizer.fit_transform(["the boat", "the bus"])
    >>> names = vectorizer.get_feature_names_out()
    >>> names[kept(counts, names)].tolist()
    ['#<th', '#<the', '#<the>', '#he>', '#the', '#the>', 'boat', 'bus', 'the']
    """
    rows = np.bincount(counts.indices, minlength=counts.shape[1])
    word = np.array([name[0] != "#" and " " not in name for name in names], dtype=bool)
    return word | (rows > 1)


def weighting(counts: csr_matrix) -> TfidfTransformer:
    """Fit the TF-IDF weighting to training rows.

    Parameters
    ----------
    counts : csr_matrix, shape (n_rows, n_terms)
        Of the training rows alone; columns may be of terms that only others have.

    Returns
    -------
    TfidfTransformer
        Its values are what :mod:`palermo.engine` computes. A term that none of the
        rows has gets idf 0, as if the vectorizer had never seen it.

    Examples
    --------
    >>> counts = features().fit_transform(["the boat", "the bus"])
    >>> float(weighting(counts[:1]).idf_.min())
    0.0
    """
    transformer = TfidfTransformer(sublinear_tf=True).fit(counts)
    unseen = np.asarray(counts.sum(axis=0)).ravel() == 0
    transformer.idf_ = np.where(unseen, 0, transformer.idf_)
    return transformer


def classifier() -> LogisticRegression:
    """Make the unfitted classifier of one label.

    Returns
    -------
    LogisticRegression
        Linear, so that calibrated scores are a sum of weights.

    Examples
    --------
    >>> classifier().get_params()["solver"]
    'newton-cg'
    """
    return LogisticRegression(C=10, class_weight="balanced", **_SOLVER)


def folds(groups: Sequence[str]) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Part rows for cross-validation, never a group.

    Parameters
    ----------
    groups : sequence of str
        Group of each row; at least two different ones.

    Yields
    ------
    train, test : ndarray of int
        Row numbers. There are five folds, or one a group if there are fewer.

    Raises
    ------
    CorpusError
        If all rows are of one group.

    Examples
    --------
    >>> [(train.tolist(), test.tolist()) for train, test in folds(["a", "a", "b"])]
    [([2], [0, 1]), ([0, 1], [2])]
    """
    count = min(_MOST_FOLDS, len(set(groups)))
    if count < 2:
        raise CorpusError(
            "all rows are of one group; cross-validation needs two or more articles or families"
        )
    yield from GroupKFold(count).split(groups, groups=groups)


def sigmoid(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> tuple[float, float]:
    """Fit the sigmoid that turns scores into probabilities (Platt 1999).

    Parameters
    ----------
    scores : ndarray of float64, shape (n_rows,)
        Out-of-fold scores of one label.
    truth : ndarray of bool, shape (n_rows,)
        Whether the row has the label; some have, some have not.

    Returns
    -------
    slope, offset : float
        Log-odds are ``slope * score + offset``. Both are rounded to 5 decimals. The
        slope is 0 where higher scores went with fewer yeses, or scores hardly differ:
        held-out rows then say that nothing was learnt, and every row gets the label's share.

    Notes
    -----
    Platt's smoothed targets, ``(n_yes + 1) / (n_yes + 2)`` and ``1 / (n_no + 2)``,
    enter as weights: each row counts once as a yes and once as a no.

    Examples
    --------
    >>> sigmoid(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([False, False, True, True]))
    (0.674, 0.0)
    """
    yes, no = int(truth.sum()), int((~truth).sum())
    share = float(np.log((yes + 1) / (no + 1)))
    if np.ptp(scores) < _LEAST_SPREAD:
        return 0.0, round(share, 5) + 0.0
    target = np.where(truth, (yes + 1) / (yes + 2), 1 / (no + 2))
    line = LogisticRegression(C=np.inf, **_SOLVER).fit(
        np.concatenate([scores, scores])[:, None],
        np.repeat([True, False], len(scores)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope <= 0:
        slope, offset = 0.0, share
    return round(slope, 5), round(offset, 5) + 0.0


def threshold(probabilities: NDArray[np.float64], truth: NDArray[np.bool_]) -> float:
    """Choose the probability from which on a label is given: the one with the best F1.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_rows,)
        Out-of-fold probabilities of one label.
    truth : ndarray of bool, shape (n_rows,)
        Whether the row has the label.

    Returns
    -------
    float
        Half-way to the next lower probability, to 7 decimals; the higher of equally
        good ones, which tags less; 1 if all rows are equally probable.

    Examples
    --------
    >>> threshold(np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True]))
    0.4
    """
    order = np.argsort(-probabilities, kind="stable")
    sorted_ = np.round(probabilities[order], 6)
    if sorted_[0] == sorted_[-1]:
        return 1.0
    below = np.append(sorted_[1:], 0.0)
    found = truth[order].cumsum()
    f1 = 2 * found / (np.arange(1, len(order) + 1) + truth.sum())
    f1[:-1][sorted_[:-1] == sorted_[1:]] = -1  # nothing lies between equal probabilities
    best = int(f1.argmax())
    return round(float(sorted_[best] + below[best]) / 2, 7)


def reference(artifact: Artifact) -> Pipeline:
    """Write a model's numbers back into a scikit-learn pipeline.

    Parameters
    ----------
    artifact : Artifact
        Any model.

    Returns
    -------
    Pipeline
        Fitted; its ``predict_proba`` is what the engine's scores are held against.
        (With a single label, scikit-learn puts a column for "not" before it.)

    Examples
    --------
    >>> from palermo.artifact import tiny
    >>> reference(tiny()).predict_proba(["boat"]).round(3).tolist()
    [[0.269, 0.731]]
    """
    vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True, vocabulary=list(artifact.terms))
    vectorizer.idf_ = artifact.idf.astype(np.float64)
    heads = OneVsRestClassifier(classifier())
    heads.estimators_ = []
    for weights, intercept in zip(artifact.weights.T, artifact.intercepts, strict=True):
        head = classifier()
        head.classes_ = np.array([0, 1])
        head.coef_ = weights.astype(np.float64)[None, :]
        head.intercept_ = np.array([intercept])
        heads.estimators_.append(head)
    heads.classes_ = np.array(artifact.labels)
    heads.label_binarizer_ = _Labels()
    return make_pipeline(vectorizer, heads)


class _Labels:
    """What a OneVsRestClassifier asks of its binarizer: labels do not exclude each other."""

    y_type_ = "multilabel-indicator"
