"""Corpus -> fitted recipe -> Artifact."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from palermo import __version__
from palermo.artifact import Artifact
from palermo.errors import CorpusError
from palermo.labels import LABELS, NONE
from palermo_training import corpus, recipe
from palermo_training.corpus import Row

DECIMALS: Final = 5
"""Of weights, intercepts and idf: more than the corpus can tell, fewer than platforms share."""


def train(rows: Sequence[Row]) -> Artifact:
    """Fit the recipe to rows.

    Sigmoids and thresholds come from grouped cross-validation inside ``rows``, the
    weights from all of them.

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
    vectorizer = recipe.features()
    counts = vectorizer.fit_transform(row.text for row in rows)
    names = vectorizer.get_feature_names_out()
    kept = recipe.kept(counts, names)
    names, counts = names[kept], counts[:, kept]
    has = np.array([[label in row.tags for label in LABELS] for row in rows])
    judged = np.array([[label in row.judged for label in LABELS] for row in rows])
    held_out = _out_of_fold(counts, [row.group for row in rows], has, judged)
    weighting = recipe.weighting(counts)
    values = weighting.transform(counts)
    weights = np.empty((values.shape[1], len(LABELS)))
    intercepts = np.empty(len(LABELS))
    thresholds = np.empty(len(LABELS))
    for column in range(len(LABELS)):
        known = judged[:, column]
        truth = has[known, column]
        slope, offset = recipe.sigmoid(held_out[known, column], truth)
        probabilities = 1 / (1 + np.exp(-(slope * held_out[known, column] + offset)))
        thresholds[column] = recipe.threshold(probabilities, truth)
        head = recipe.classifier().fit(values[known], truth)
        weights[:, column] = slope * head.coef_[0]
        intercepts[column] = slope * head.intercept_[0] + offset
    primary = Counter(row.primary for row in rows)
    return Artifact(
        labels=LABELS,
        terms=tuple(names.tolist()),
        idf=np.round(weighting.idf_, DECIMALS).astype(np.float32),
        weights=np.round(weights, DECIMALS).astype(np.float32),
        intercepts=np.round(intercepts, DECIMALS),
        thresholds=thresholds,
        about={
            "version": __version__,
            "data": corpus.digest(rows),
            "rows": len(rows),
            "groups": len({row.group for row in rows}),
            "rows authored": sum(row.origin == "authored" for row in rows),
            **{f"rows {label}": primary[label] for label in (*LABELS, NONE)},
        },
    )


def _out_of_fold(
    counts: csr_matrix, groups: Sequence[str], has: NDArray[np.bool_], judged: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Score every row by classifiers that saw nothing of its group; shape (n_rows, n_labels)."""
    scores = np.empty(has.shape)
    for train, test in recipe.folds(groups):
        weighting = recipe.weighting(counts[train])
        values, unseen = weighting.transform(counts[train]), weighting.transform(counts[test])
        for column, label in enumerate(LABELS):
            known = judged[train, column]
            truth = has[train, column][known]
            if truth.all() or not truth.any():
                raise CorpusError(
                    f"{label}: without some of the groups, no row is left that "
                    f"{'lacks' if truth.any() else 'has'} it; label more, in other groups"
                )
            head = recipe.classifier().fit(values[known], truth)
            scores[test, column] = head.decision_function(unseen)
    return scores
