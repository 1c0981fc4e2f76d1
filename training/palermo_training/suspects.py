"""Labels that are likely wrong, found by confident learning.

A label is suspected where models that never saw its row are at least as sure of the opposite
as they are, on average, where the opposite was given (Northcutt, Jiang and Chuang 2021,
"Confident Learning: Estimating Uncertainty in Dataset Labels"). Each label is a question of
its own, yes or no, and only rows that somebody judged for it take part.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palermo.labels import LABELS
from palermo_training import recipe
from palermo_training.corpus import Row
from palermo_training.fitting import Counts

_ROUGH: Final = 1e-3  # of fitting: nothing but an order is wanted


class Suspect(NamedTuple):
    """One label of one row that is likely wrong.

    Attributes
    ----------
    row : Row
        As it was given.
    label : str
        Which label.
    given : bool
        Whether the row has it.
    probability : float
        Of its having it, out of fold, 0 to 1.

    Examples
    --------
    >>> row = Row("1", "The guide took $7,000.", ("policy",), "policy", "a")
    >>> Suspect(row, "policy", given=True, probability=0.04).given
    True
    """

    row: Row
    label: str
    given: bool
    probability: float


def suspects(
    rows: Sequence[Row], probabilities: NDArray[np.float64], labels: Sequence[str]
) -> list[Suspect]:
    """Find labels that are likely wrong.

    Parameters
    ----------
    rows : sequence of Row
        ``n_rows`` rows.
    probabilities : ndarray of float64, shape (n_rows, n_labels)
        Of each label, by models that saw nothing of a row's group, 0 to 1. They need not be
        calibrated: each is held against its own average.
    labels : sequence of str
        In the order of the columns.

    Returns
    -------
    list of Suspect
        Most suspect first: the less probable what was given. A label that all judged rows
        have, or none of them, has none: nothing then says how sure a model is of the other
        answer.

    Examples
    --------
    >>> said = np.array([[0.9], [0.8], [0.1], [0.2], [0.9]])
    >>> rows = [Row(str(n), "text", tags, "none", str(n))
    ...         for n, tags in enumerate([("policy",), ("policy",), (), (), ()])]
    >>> [(each.row.id, each.given) for each in suspects(rows, said, ["policy"])]
    [('4', False)]
    """
    found = []
    for column, label in enumerate(labels):
        judged = [at for at, row in enumerate(rows) if label in row.judged]
        given = np.array([label in rows[at].tags for at in judged], dtype=bool)
        if given.all() or not given.any():
            continue
        yes = probabilities[judged, column]
        least_yes, least_no = yes[given].mean(), 1 - yes[~given].mean()  # to be sure of an answer
        sure_yes, sure_no = yes >= least_yes, 1 - yes >= least_no
        wrong = np.where(
            given,
            sure_no & ~(sure_yes & (yes >= 0.5)),
            sure_yes & ~(sure_no & (yes <= 0.5)),
        )
        found += [
            Suspect(rows[judged[at]], label, bool(given[at]), float(yes[at]))
            for at in np.flatnonzero(wrong).tolist()
        ]
    return sorted(found, key=lambda each: each.probability if each.given else 1 - each.probability)


def out_of_fold(
    rows: Sequence[Row], shipped: Sequence[Row] = (), labels: Sequence[str] = LABELS
) -> NDArray[np.float64]:
    """Score rows by models that saw nothing of their groups.

    Parameters
    ----------
    rows : sequence of Row
        ``n_rows`` rows to score; they teach, too, where they are not scored.
    shipped : sequence of Row, default ()
        Rows that teach alone. Together with ``rows`` of two groups or more.
    labels : sequence of str, optional
        ``n_labels`` labels; by default the four.

    Returns
    -------
    ndarray of float64, shape (n_rows, n_labels)
        0 to 1, from scores that are not calibrated; NaN for a label that nobody judged.

    Raises
    ------
    CorpusError
        If without some fold no row is left that has a label, or that lacks it.

    Examples
    --------
    >>> from palermo_training import corpus
    >>> rows = corpus.seeds()
    >>> out_of_fold(rows[:9], rows[9:]).shape
    (9, 4)
    """
    every = [
        replace(row, judged=tuple(label for label in row.judged if label in labels))
        for row in (*rows, *shipped)
    ]
    table = Counts(every)
    parts = [
        (inside, outside[outside < len(rows)])
        for inside, outside in recipe.folds([row.group for row in every])
    ]
    parts = [(inside, wanted) for inside, wanted in parts if len(wanted)]
    scores = np.full((len(rows), len(labels)), np.nan)
    scores[:, [labels.index(label) for label in table.labels]] = table.held_out(
        parts, np.arange(len(every)), tolerance=_ROUGH, columns=range(len(table.labels))
    )[: len(rows), :-1]
    return np.asarray(1 / (1 + np.exp(-scores)))
