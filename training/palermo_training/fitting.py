"""Corpus -> fitted recipe -> Artifact."""

from collections import Counter
from collections.abc import Callable, Sequence
from math import floor, log2
from typing import Final

import numpy as np
from joblib import Parallel, delayed
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


def train(rows: Sequence[Row], say: Callable[[str], None] | None = None) -> Artifact:
    """Fit the recipe to rows.

    Sigmoids, thresholds and operating points come from grouped cross-validation inside
    ``rows``, the weights from all of them.

    Parameters
    ----------
    rows : sequence of Row
        Of two or more groups, each label in two or more of them.
    say : callable, optional
        Is told of each step, in a line.

    Returns
    -------
    Artifact
        Its labels are :func:`palermo_training.corpus.scheme` of the rows. The same rows
        give the same values.

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
    every = np.arange(len(rows))
    parts = list(recipe.folds([row.group for row in rows]))
    return finish(rows, table, table.held_out(parts, every, say), say)


def finish(
    rows: Sequence[Row],
    table: "Counts",
    held_out: NDArray[np.float64],
    say: Callable[[str], None] | None = None,
) -> Artifact:
    """Fit all rows, and choose sigmoids and thresholds by what models said of rows held out.

    Parameters
    ----------
    rows : sequence of Row
        All that are learnt from.
    table : Counts
        Of these rows.
    held_out : ndarray of float64, shape (n_rows, n_labels + 1)
        Scores of each row by a model that was fitted without its group.
    say : callable, optional
        Is told of each step, in a line.

    Returns
    -------
    Artifact

    Raises
    ------
    CorpusError
        If all rows that were judged for a label have it, or none of them.

    Examples
    --------
    >>> rows = corpus.seeds()
    >>> table, every = Counts(rows), np.arange(len(rows))
    >>> parts = list(recipe.folds([row.group for row in rows]))
    >>> finish(rows, table, table.held_out(parts, every)).labels == table.labels
    True
    """
    if say is not None:
        say(f"Fitting all {len(rows):,} rows.")
    weights, intercepts = table.fit(np.arange(len(rows)))
    rule = recipe.rule(held_out, table.has, table.judged)
    probabilities = rule.probabilities(held_out)
    given = probabilities[:, :-1] * (probabilities[:, -1:] >= rule.thresholds[-1])
    groups = np.array([row.group for row in rows])
    points = []
    for column in range(len(table.labels)):
        known = table.judged[:, column]
        points.append(
            recipe.operating_points(
                rule.thresholds[column],
                given[known, column],
                table.has[known, column],
                groups[known],
            )
        )
    weights, intercepts = weights * rule.slopes, rule.slopes * intercepts + rule.offsets
    return _artifact(rows, table, weights, intercepts, rule.thresholds, np.array(points))


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
    labels : tuple of str
        The rows' scheme.
    names : ndarray of str, shape (n_terms,)
        Terms that are kept.
    has, judged : ndarray of bool, shape (n_rows, n_labels + 1)
        Which tags a row has, and which somebody decided; last, whether it has any.

    Examples
    --------
    >>> table = Counts(corpus.seeds())
    >>> scores = table.scores(np.arange(3), *table.fit(np.arange(214)))
    >>> scores.shape
    (3, 5)
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
        self.labels = corpus.scheme(rows)
        has = np.array([[label in row.tags for label in self.labels] for row in rows])
        judged = np.array([[label in row.judged for label in self.labels] for row in rows])
        some = (has & judged).any(axis=1)
        # A label of the user's own was never judged in shipped rows; that is no reason to
        # take those without a tag for perhaps of the field.
        core = [label in LABELS or not {*LABELS} <= {*self.labels} for label in self.labels]
        self.has = np.column_stack([has, some])
        self.judged = np.column_stack([judged, some | judged[:, core].all(axis=1)])

    def fit(
        self,
        rows: NDArray[np.intp],
        tolerance: float = _EXACT,
        columns: Sequence[int] | None = None,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Fit labels to some rows, and whether a row has any.

        Parameters
        ----------
        rows : ndarray of int
            Row numbers.
        tolerance : float, optional
            At which fitting stops.
        columns : sequence of int, optional
            Columns of ``has`` to fit; by default all.

        Returns
        -------
        weights : ndarray of float64, shape (n_terms, n_labels + 1)
            What a term adds, its rarity and kind worked in; NaN for labels not fitted. Where
            every row has a tag, or there is one label alone, nothing is learnt of having
            any, and its column is 0.
        intercepts : ndarray of float64, shape (n_labels + 1,)

        Raises
        ------
        CorpusError
            If all of the rows have some label, or none of them has it.

        Examples
        --------
        >>> Counts(corpus.seeds()).fit(np.arange(214))[1].shape
        (5,)
        """
        factors = recipe.factors(self._counts[rows], self.names, self.settings)
        every = np.append(rows, self._copy[rows][self._copy[rows] >= 0])
        origin = self._origin[every]
        values = csr_matrix(self._shortened[every].multiply(factors))
        heads = self.has.shape[1]
        weights = np.full((len(self.names), heads), np.nan)
        intercepts = np.full(heads, np.nan)

        def learn(column: int) -> None:
            known = self.judged[origin, column]
            truth = self.has[origin, column][known]
            if column == heads - 1 and (truth.all() or heads == 2):
                weights[:, column] = intercepts[column] = 0
                return
            if truth.all() or not truth.any():
                raise CorpusError(
                    f"{self.labels[column]}: without some of the groups, no row is left that "
                    f"{'lacks' if truth.any() else 'has'} it; label more, in other groups"
                )
            fitted = recipe.classifier(self.settings, tolerance).fit(
                values if known.all() else values[known],
                truth,
                sample_weight=self._weight[every][known],
            )
            weights[:, column] = fitted.coef_[0] * factors
            intercepts[column] = fitted.intercept_[0]

        # Labels are independent of one another, and sparse products leave the interpreter's
        # lock. Inside a label, one thread: sums in another order round a last digit otherwise.
        with threadpool_limits(1):
            Parallel(n_jobs=-1, backend="threading")(
                delayed(learn)(column) for column in (range(heads) if columns is None else columns)
            )
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
        ndarray of float64, shape (n_rows, n_labels + 1)
            Not calibrated.

        Examples
        --------
        >>> table = Counts(corpus.seeds())
        >>> table.scores(np.array([0]), *table.fit(np.arange(214))).shape
        (1, 5)
        """
        return np.asarray(self._shortened[rows] @ weights + intercepts)

    def held_out(
        self,
        parts: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
        learnt: NDArray[np.intp],
        say: Callable[[str], None] | None = None,
        tolerance: float = _ROUGH,
        columns: Sequence[int] | None = None,
    ) -> NDArray[np.float64]:
        """Score each row by a model that was fitted without it.

        Parameters
        ----------
        parts : sequence of pairs of ndarray of int
            Folds: rows that may be learnt from, and rows to score, each of them once.
        learnt : ndarray of int
            Rows that are learnt from where a fold allows it.
        say : callable, optional
            Is told of each fold, in a line.
        tolerance : float, optional
            At which fitting stops.
        columns : sequence of int, optional
            Columns of ``has`` to fit; by default those that some row learnt from was judged for.

        Returns
        -------
        ndarray of float64, shape (n_rows, n_labels + 1)
            Not calibrated; NaN for labels not fitted, and for rows that no fold scores.

        Raises
        ------
        CorpusError
            If a label is left without a yes or without a no.

        Examples
        --------
        >>> rows = corpus.seeds()
        >>> parts = list(recipe.folds([row.group for row in rows]))
        >>> Counts(rows).held_out(parts, np.arange(len(rows))).shape
        (214, 5)
        """
        if columns is None:
            columns = np.flatnonzero(self.judged[learnt].any(axis=0)).tolist()
        found = np.full(self.has.shape, np.nan)
        for number, (inside, outside) in enumerate(parts, 1):
            if say is not None:
                say(f"Fold {number} of {len(parts)}.")
            fitted = self.fit(np.intersect1d(inside, learnt), tolerance, columns)
            found[outside] = self.scores(outside, *fitted)
        return found


def _artifact(
    rows: Sequence[Row],
    table: Counts,
    weights: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    thresholds: NDArray[np.float64],
    points: NDArray[np.float64],
) -> Artifact:
    """Lay fitted numbers out as the engine wants them."""
    names = table.names
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
        labels=table.labels,
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
            **{f"rows {label}": primary[label] for label in (*table.labels, NONE)},
        },
    )
