"""Corpus -> fitted recipe -> Artifact."""

from collections import Counter
from collections.abc import Sequence
from math import floor, log2
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from palermo import __version__
from palermo.artifact import Artifact
from palermo.errors import CorpusError
from palermo.keys import keys
from palermo.labels import LABELS, NONE
from palermo.terms import WORDS, mask
from palermo.text import runs
from palermo_training import corpus, recipe
from palermo_training.corpus import Row
from palermo_training.recipe import SHIPPED, Settings

DECIMALS: Final = 5
"""Of intercepts: more than the corpus can tell, fewer than platforms share."""

_EXACT: Final = 1e-10  # of fitting, for what ships
_ROUGH: Final = 1e-6  # for what is only cross-validated


def train(rows: Sequence[Row]) -> Artifact:
    """Fit the recipe to rows.

    Sigmoids, thresholds and operating points come from grouped cross-validation inside
    ``rows``, the weights from all of them.

    Parameters
    ----------
    rows : sequence of Row
        Of two or more groups, each label in two or more of them.

    Returns
    -------
    Artifact
        The same rows give the same values.

    Raises
    ------
    CorpusError
        If a label has too few rows to be cross-validated.

    Examples
    --------
    >>> train(corpus.seeds()).digest == train(corpus.seeds()).digest
    True
    """
    table = Counts(rows)
    held_out = np.empty((len(rows), len(LABELS)))
    for inside, outside in recipe.folds([row.group for row in rows]):
        weights, intercepts = table.fit(inside, _ROUGH)
        held_out[outside] = table.scores(outside, weights, intercepts)
    weights, intercepts = table.fit(np.arange(len(rows)))
    thresholds = np.empty(len(LABELS))
    points = []
    groups = np.array([row.group for row in rows])
    for column in range(len(LABELS)):
        known = table.judged[:, column]
        truth = table.has[known, column]
        slope, offset = recipe.sigmoid(held_out[known, column], truth)
        log_odds = slope * held_out[known, column] + offset
        probabilities = 1 / (1 + np.exp(-log_odds))
        thresholds[column] = recipe.threshold(probabilities, truth)
        points.append(
            recipe.operating_points(thresholds[column], probabilities, truth, groups[known])
        )
        weights[:, column] *= slope
        intercepts[column] = slope * intercepts[column] + offset
    return _artifact(rows, table.names, weights, intercepts, thresholds, np.array(points))


class Counts:
    """Terms of all rows, counted once; fitted and scored for any part of them.

    Parameters
    ----------
    rows : sequence of Row
        ``n_rows`` passages.
    settings : Settings, optional
        The recipe's.

    Attributes
    ----------
    names : ndarray of str, shape (n_terms,)
        Terms that are kept.
    has, judged : ndarray of bool, shape (n_rows, n_labels)
        Which tags a row has, and which somebody decided.

    Examples
    --------
    >>> table = Counts(corpus.seeds())
    >>> scores = table.scores(np.arange(3), *table.fit(np.arange(214)))
    >>> scores.shape
    (3, 4)
    """

    def __init__(self, rows: Sequence[Row], settings: Settings = SHIPPED) -> None:
        vectorizer = recipe.features(settings)
        masked = [at for at, row in enumerate(rows) if settings.masked and WORDS.search(row.text)]
        self._copy = np.full(len(rows), -1)  # where each row stands without the naming words
        self._copy[masked] = np.arange(len(masked)) + len(rows)
        self._origin = np.append(np.arange(len(rows)), np.array(masked, int))
        texts = [row.text for row in rows] + [mask(rows[at].text) for at in masked]
        counts = vectorizer.fit_transform(texts)
        names = vectorizer.get_feature_names_out()
        kept = recipe.kept(counts[: len(rows)], names, settings)
        self.names, counts = names[kept], counts[:, kept].tocsr()
        self.settings = settings
        words = counts @ (recipe.kinds(self.names) == "word").astype(np.int64)
        self._counts = counts
        self._shortened = recipe.shorten(counts, words, settings.exponent)
        weight = np.array(
            [
                (settings.seeds if row.origin == "seed" else 1.0)
                * (settings.spanish if row.lang == "es" else 1.0)
                for row in rows
            ]
        )
        self._weight = np.append(weight, settings.masked * weight[masked])
        self._weight[masked] *= 1 - settings.masked
        self.has = np.array([[label in row.tags for label in LABELS] for row in rows])
        self.judged = np.array([[label in row.judged for label in LABELS] for row in rows])

    def fit(
        self, rows: NDArray[np.intp], tolerance: float = _EXACT
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fit all labels to some rows.

        Parameters
        ----------
        rows : ndarray of int
            Row numbers.
        tolerance : float, optional
            At which fitting stops.

        Returns
        -------
        weights : ndarray of float64, shape (n_terms, n_labels)
            What a term adds, its rarity and kind worked in.
        intercepts : ndarray of float64, shape (n_labels,)

        Raises
        ------
        CorpusError
            If all of the rows have a tag, or none of them.

        Examples
        --------
        >>> Counts(corpus.seeds()).fit(np.arange(214))[1].shape
        (4,)
        """
        factors = recipe.factors(self._counts[rows], self.names, self.settings)
        every = np.append(rows, self._copy[rows][self._copy[rows] >= 0])
        origin = self._origin[every]
        values = csr_matrix(self._shortened[every].multiply(factors))
        weights = np.empty((len(self.names), len(LABELS)))
        intercepts = np.empty(len(LABELS))

        for column, label in enumerate(LABELS):
            known = self.judged[origin, column]
            truth = self.has[origin, column][known]
            if truth.all() or not truth.any():
                raise CorpusError(
                    f"{label}: without some of the groups, no row is left that "
                    f"{'lacks' if truth.any() else 'has'} it; label more, in other groups"
                )
            with threadpool_limits(1):  # sums in another order round a last digit otherwise
                fitted = recipe.classifier(self.settings, tolerance).fit(
                    values[known], truth, sample_weight=self._weight[every][known]
                )
            weights[:, column] = fitted.coef_[0] * factors
            intercepts[column] = fitted.intercept_[0]
        return weights, intercepts

    def scores(
        self, rows: NDArray[np.intp], weights: NDArray[np.float64], intercepts: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Score some rows.

        Parameters
        ----------
        rows : ndarray of int
            Row numbers.
        weights, intercepts : ndarray of float64
            From :meth:`fit`.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_labels)
            Not calibrated.

        Examples
        --------
        >>> table = Counts(corpus.seeds())
        >>> table.scores(np.array([0]), *table.fit(np.arange(214))).shape
        (1, 4)
        """
        return np.asarray(self._shortened[rows] @ weights + intercepts)


def _artifact(
    rows: Sequence[Row],
    names: NDArray[np.str_],
    weights: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    points: NDArray[np.float64],
) -> Artifact:
    """Lay fitted numbers out as the engine wants them."""
    column = {name: number for number, name in enumerate(names.tolist())}
    for number in np.flatnonzero(recipe.kinds(names.tolist()) == "word").tolist():
        inside = [column[run] for run in runs(names[number]) if run in column]
        weights[number] += weights[inside].sum(axis=0)  # a known word brings its runs along
    hashes = keys(names.tolist())
    order = np.argsort(hashes)
    if not (np.diff(hashes[order]) > 0).all():
        raise CorpusError("two terms have the same key; change palermo.keys.BASE")
    step = 2.0 ** -floor(log2(np.iinfo(np.int16).max / max(float(np.abs(weights).max()), 1.0)))
    primary = Counter(row.primary for row in rows)
    return Artifact(
        labels=LABELS,
        keys=hashes[order],
        spelling=np.frombuffer("\n".join(names[order]).encode(), np.uint8),
        weights=np.round(weights[order] / step).astype(np.int16),
        step=step,
        intercepts=np.round(intercepts, DECIMALS),
        thresholds=thresholds,
        points=points,
        about={
            "version": __version__,
            "data": corpus.digest(rows),
            "rows": len(rows),
            "groups": len({row.group for row in rows}),
            "rows authored": sum(row.origin == "authored" for row in rows),
            **{f"rows {label}": primary[label] for label in (*LABELS, NONE)},
        },
    )
