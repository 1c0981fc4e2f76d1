"""The recipe: which features, which classifiers, how scores become probabilities and tags.

Every label has a logistic regression of its own over words, pairs and character runs;
a sigmoid turns its out-of-fold scores into probabilities (Platt 1999), and a threshold
decides. One more regression says whether a passage has any label, and no tag is given
where it says no (:func:`palermo.tags.tagged`). The label of a passage is the most
probable of its tags, enforcement and policy favoured (:func:`palermo.tags.leading`).

``training/README.md`` has what each setting is worth, measured by ``palermo search``.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from palermo.engine import EXPONENT
from palermo.errors import CorpusError
from palermo.tags import LEAD, leading, tagged
from palermo.text import terms
from palermo_training.evaluation import DRAWS, SEED

_MOST_FOLDS: Final = 5
_LEAST_SPREAD: Final = 1e-3  # of scores, in log-odds, that can tell rows apart
_POINTS: Final = 40  # thresholds whose precision is estimated
_SOLVER: Final = {"solver": "newton-cg", "max_iter": 1000}


@dataclass(frozen=True)
class Settings:
    """What can be set; the defaults are the shipped model's.

    Attributes
    ----------
    exponent : float
        A passage's values are divided by its number of words to this power. A model
        that ships must have the engine's.
    pairs, runs : float
        What the values of pairs and of character runs are multiplied by, beside words.
    least_rows : int
        Rows that a pair or a run must stand in to be kept. Words stay from one row
        on, so that ``known`` can count them.
    c : float
        Inverse strength of the penalty on the weights.
    balanced : bool
        Whether a rare label's rows count as much in all as the others'.
    seeds, spanish : float
        What a row of a seed article, and a Spanish row, counts in fitting.
    masked : float
        Share of its weight with which a row that says smuggl-, traffick- and the like is
        learnt without these words, so that the model does not rest on them.
    analyzer : callable
        Text to terms. A model that ships must have :func:`palermo.text.terms`.

    Examples
    --------
    >>> Settings(c=1).least_rows
    3
    """

    exponent: float = EXPONENT
    pairs: float = 1.0
    runs: float = 0.35
    least_rows: int = 3
    c: float = 0.05
    balanced: bool = True
    seeds: float = 1.0
    spanish: float = 1.0
    masked: float = 0.25
    analyzer: Callable[[str], list[str]] = terms


SHIPPED: Final = Settings()
"""The settings of the shipped model."""


def features(settings: Settings = SHIPPED) -> CountVectorizer:
    """Make the unfitted vectorizer that counts terms.

    Parameters
    ----------
    settings : Settings, optional

    Returns
    -------
    CountVectorizer
        Of words, pairs and runs, known words' runs too.

    Examples
    --------
    >>> features().fit(["the boat", "the bus"]).transform(["a boat"]).shape
    (1, 16)
    """
    return CountVectorizer(analyzer=settings.analyzer)


def kept(
    counts: csr_matrix, names: Sequence[str], settings: Settings = SHIPPED
) -> NDArray[np.bool_]:
    """Tell which terms are worth keeping.

    Parameters
    ----------
    counts : csr_matrix, shape (n_rows, n_terms)
        Of all rows.
    names : sequence of str
        The terms, in the order of the columns.
    settings : Settings, optional

    Returns
    -------
    ndarray of bool, shape (n_terms,)

    Examples
    --------
    >>> vectorizer = features()
    >>> counts = vectorizer.fit_transform(["the boat", "the bus", "the sea"])
    >>> names = vectorizer.get_feature_names_out()
    >>> names[kept(counts, names)].tolist()
    ['#_the', '#_the_', '#the_', 'boat', 'bus', 'sea', 'the']
    """
    rows = np.bincount(counts.indices, minlength=counts.shape[1])
    wanted = {"word": True, "pair": settings.pairs > 0, "run": settings.runs > 0}
    kind = kinds(names)
    worth = np.array([wanted[each] for each in kind], dtype=bool)
    return np.asarray(worth & ((kind == "word") | (rows >= settings.least_rows)))


def kinds(names: Sequence[str]) -> NDArray[np.str_]:
    """Tell words, pairs and runs apart.

    Parameters
    ----------
    names : sequence of str
        ``n_terms`` terms.

    Returns
    -------
    ndarray of str, shape (n_terms,)
        ``word``, ``pair`` or ``run``.

    Examples
    --------
    >>> kinds(["boat", "the boat", "#_boa"]).tolist()
    ['word', 'pair', 'run']
    """
    return np.array(
        ["run" if name[0] == "#" else "pair" if " " in name else "word" for name in names]
    )


def factors(
    counts: csr_matrix, names: Sequence[str], settings: Settings = SHIPPED
) -> NDArray[np.float64]:
    """Weigh terms by how rare they are in training rows.

    Parameters
    ----------
    counts : csr_matrix, shape (n_rows, n_terms)
        Of the training rows alone; columns may be of terms that only others have.
    names : sequence of str
        The terms.
    settings : Settings, optional

    Returns
    -------
    ndarray of float64, shape (n_terms,)
        Smooth inverse document frequency, ``1 + ln((1 + n_rows) / (1 + rows))``
        (Spärck Jones 1972), times the share of the term's kind; 0 for a term that
        none of the rows has.

    Examples
    --------
    >>> counts = csr_matrix([[1, 1, 0], [1, 0, 0]])
    >>> factors(counts, ["the", "boat", "bus"]).round(2).tolist()
    [1.0, 1.41, 0.0]
    """
    rows = np.bincount(counts.indices, minlength=counts.shape[1])
    share = {"word": 1.0, "pair": settings.pairs, "run": settings.runs}
    idf = 1 + np.log((1 + counts.shape[0]) / (1 + rows))
    return np.where(rows > 0, idf, 0) * [share[kind] for kind in kinds(names)]


def shorten(counts: csr_matrix, words: NDArray[np.int64], exponent: float = EXPONENT) -> csr_matrix:
    """Divide rows of counts by the passages' numbers of words, to a power.

    Parameters
    ----------
    counts : csr_matrix, shape (n_rows, n_terms)
        Any counts.
    words : ndarray of int, shape (n_rows,)
        Words of each passage.
    exponent : float, optional
        1 would be the mean, 0 the sum.

    Returns
    -------
    csr_matrix, shape (n_rows, n_terms)

    Examples
    --------
    >>> shorten(csr_matrix([[2, 4]]), np.array([4]), exponent=0.5).toarray().tolist()
    [[1.0, 2.0]]
    """
    return csr_matrix(diags_array(1.0 / np.maximum(words, 1) ** exponent) @ counts)


def classifier(settings: Settings = SHIPPED, tolerance: float = 1e-10) -> LogisticRegression:
    """Make the unfitted classifier of one label.

    Parameters
    ----------
    settings : Settings, optional
    tolerance : float, default 1e-10
        At which fitting stops. What is only cross-validated needs no more than 1e-6.

    Returns
    -------
    LogisticRegression
        Linear; fitted by ``newton-cg``, which at the default tolerance ends every run
        at the same weights to more digits than are kept; ``lbfgs`` does not.

    Examples
    --------
    >>> classifier().get_params()["solver"]
    'newton-cg'
    """
    weight = "balanced" if settings.balanced else None
    return LogisticRegression(C=settings.c, class_weight=weight, tol=tolerance, **_SOLVER)


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
    line = LogisticRegression(C=np.inf, tol=1e-10, **_SOLVER).fit(
        np.concatenate([scores, scores])[:, None],
        np.repeat([True, False], len(scores)),
        sample_weight=np.concatenate([target, 1 - target]),
    )
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope <= 0:
        slope, offset = 0.0, share
    return round(slope, 5), round(offset, 5) + 0.0


def threshold(
    probabilities: NDArray[np.float64], truth: NDArray[np.bool_], missed: int = 0
) -> float:
    """Choose the probability from which on a label is given: the one with the best F1.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_rows,)
        Out-of-fold probabilities of one label.
    truth : ndarray of bool, shape (n_rows,)
        Whether the row has the label.
    missed : int, default 0
        How many more rows have the label and are not given it, whatever the threshold.

    Returns
    -------
    float
        Half-way to the next lower probability, to 7 decimals; the higher of equally
        good ones, which tags less; 1 if all rows are equally probable, or there are none.

    Examples
    --------
    >>> threshold(np.array([0.1, 0.2, 0.6, 0.9]), np.array([False, False, True, True]))
    0.4
    """
    order = np.argsort(-probabilities, kind="stable")
    sorted_ = np.round(probabilities[order], 6)
    if not len(order) or sorted_[0] == sorted_[-1]:
        return 1.0
    below = np.append(sorted_[1:], 0.0)
    found = truth[order].cumsum()
    f1 = 2 * found / (np.arange(1, len(order) + 1) + truth.sum() + missed)
    f1[:-1][sorted_[:-1] == sorted_[1:]] = -1  # nothing lies between equal probabilities
    best = int(f1.argmax())
    return round(float(sorted_[best] + below[best]) / 2, 7)


@dataclass(frozen=True)
class Rule:
    """How scores become probabilities, tags and labels.

    Attributes
    ----------
    slopes, offsets : ndarray of float64, shape (n_labels + 1,)
        Of each label's :func:`sigmoid`, and of the one for "of the field".
    thresholds : ndarray of float64, shape (n_labels + 1,)
        For :func:`palermo.tags.tagged`. All three are NaN for labels without scores.

    Examples
    --------
    >>> Rule(np.array([1.0, 1.0]), np.zeros(2), np.array([0.5, 0.5])).probabilities(
    ...     np.array([[0.0, 0.0]])
    ... ).tolist()
    [[0.5, 0.5]]
    """

    slopes: NDArray[np.float64]
    offsets: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    def probabilities(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn scores into probabilities.

        Parameters
        ----------
        scores : ndarray of float64, shape (n_rows, n_labels + 1)

        Returns
        -------
        ndarray of float64, shape (n_rows, n_labels + 1)

        Examples
        --------
        >>> Rule(np.ones(1), np.ones(1), np.ones(1)).probabilities(np.array([[-1.0]])).tolist()
        [[0.5]]
        """
        return np.asarray(
            1 / (1 + np.exp(-np.clip(self.slopes * scores + self.offsets, -700, 700)))
        )

    def decide(
        self,
        scores: NDArray[np.float64],
        labels: Sequence[str],
        lead: Mapping[str, float] = LEAD,
    ) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
        """Tag rows and pick their labels, as the predictor does but for page furniture.

        Parameters
        ----------
        scores : ndarray of float64, shape (n_rows, n_labels + 1)
        labels : sequence of str
            ``n_labels`` names.
        lead : mapping of str to float, optional
            For :func:`palermo.tags.leading`.

        Returns
        -------
        tags : ndarray of bool, shape (n_rows, n_labels)
        label : ndarray of int, shape (n_rows,)
            Number of the label; ``n_labels`` for none.

        Examples
        --------
        >>> rule = Rule(np.ones(2), np.zeros(2), np.array([0.5, 0.5]))
        >>> tags, label = rule.decide(np.array([[1.0, 1.0], [1.0, -1.0]]), ["policy"])
        >>> tags.tolist(), label.tolist()
        ([[True], [False]], [0, 1])
        """
        probabilities = self.probabilities(scores)
        tags = tagged(probabilities, self.thresholds)
        best = leading(labels, probabilities[:, :-1], tags, lead)
        return tags, np.where(tags.any(axis=1), best, len(labels))


def rule(
    scores: NDArray[np.float64], has: NDArray[np.bool_], judged: NDArray[np.bool_] | None = None
) -> Rule:
    """Choose sigmoids and thresholds by rows that were held out of training.

    The threshold of "of the field" comes first; those of the labels are the best for what
    it lets through. Where scores say nothing of the field it lets everything through.

    Parameters
    ----------
    scores : ndarray of float64, shape (n_rows, n_labels + 1)
        Of each label and, last, of having any; NaN in the columns of labels not learnt.
    has : ndarray of bool, shape (n_rows, n_labels + 1)
        What the rows have.
    judged : ndarray of bool, shape (n_rows, n_labels + 1), optional
        What somebody decided; by default everything.

    Returns
    -------
    Rule

    Examples
    --------
    >>> scores = np.array([[-2.0, -2.0], [-1.0, 1.0], [1.0, 2.0], [2.0, 3.0]])
    >>> rule(scores, scores > 0).thresholds.round(2).tolist()
    [0.5, 0.54]
    """
    known = np.ones(scores.shape, dtype=bool) if judged is None else judged
    slopes, offsets, thresholds = np.full((3, scores.shape[1]), np.nan)
    columns = np.flatnonzero(~np.isnan(scores[0])).tolist()
    for column in columns:
        which = known[:, column]
        slopes[column], offsets[column] = sigmoid(scores[which, column], has[which, column])
    found = Rule(slopes, offsets, thresholds)
    probabilities = found.probabilities(scores)
    which = known[:, -1]
    least = threshold(probabilities[which, -1], has[which, -1])
    thresholds[-1] = least if least < 1 else 0.0
    inside = probabilities[:, -1] >= thresholds[-1]
    for column in columns[:-1]:
        which = known[:, column]
        missed = int((which & ~inside & has[:, column]).sum())
        which = which & inside
        thresholds[column] = threshold(probabilities[which, column], has[which, column], missed)
    return found


def operating_points(
    least: float,
    probabilities: NDArray[np.float64],
    truth: NDArray[np.bool_],
    groups: NDArray[np.str_],
) -> NDArray[np.float64]:
    """Say what precision and recall each of some thresholds gives.

    Parameters
    ----------
    least : float
        The first threshold, 0 to 1; the others lie between it and 1.
    probabilities : ndarray of float64, shape (n_rows,)
        Out of fold, 0 to 1.
    truth : ndarray of bool, shape (n_rows,)
        Whether the row has the label.
    groups : ndarray of str, shape (n_rows,)
        Each row's group.

    Returns
    -------
    ndarray of float64, shape (n_points, 5)
        Threshold; precision, lower and upper end of its 95 % interval by bootstrap over
        groups; recall. A threshold that no row reaches has precision 0.

    Examples
    --------
    >>> said, truth = np.array([0.9, 0.8, 0.1]), np.array([True, False, True])
    >>> operating_points(0.4, said, truth, np.array(["a", "b", "b"]))[0].round(2).tolist()
    [0.4, 0.5, 0.0, 1.0, 0.5]
    """
    _, number = np.unique(groups, return_inverse=True)
    count = int(number.max()) + 1
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), DRAWS)
    found = np.empty((_POINTS, 5))
    for row, point in enumerate(np.linspace(least, 1, _POINTS + 1)[:-1]):
        given = probabilities >= point
        right, said = (np.bincount(number, each, count) for each in (given & truth, given))
        shares = (drawn @ right) / np.maximum(drawn @ said, 1)
        found[row] = (
            point,
            right.sum() / max(said.sum(), 1),
            *np.quantile(shares, [0.025, 0.975]),
            right.sum() / max(truth.sum(), 1),
        )
    return found
