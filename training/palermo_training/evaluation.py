"""How right a model is: figures from what it decided."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from palermo.errors import CorpusError
from palermo.labels import LABELS, NONE
from palermo.outputs.table import printable
from palermo_training.agreement import kappa
from palermo_training.corpus import Row

PRIMARY: Final = (*LABELS, NONE)
"""What a primary label can be, in the order of every table."""

DRAWS: Final = 2000
"""How often groups are drawn anew for an interval (bootstrap)."""

SEED: Final = 20001215
"""Of all random draws: the day on which the protocols were opened for signature."""


@dataclass(frozen=True)
class Decision:
    """What a model said of one row.

    Attributes
    ----------
    tags : tuple of str
        Labels at or above their threshold, of passages of the field.
    primary : str
        One of the tags, or ``none``.
    probabilities : tuple of float
        Of each label, 0 to 1; empty where nobody asks.

    Examples
    --------
    >>> Decision(("smuggling", "policy"), "policy").primary
    'policy'
    """

    tags: tuple[str, ...]
    primary: str
    probabilities: tuple[float, ...] = ()


@dataclass(frozen=True)
class Score:
    """Figures of one label, each 0 to 1.

    Attributes
    ----------
    precision, recall, f1 : float or None
        None where nothing was there to be right or wrong about.
    support : int
        Rows that have the label.

    Examples
    --------
    >>> Score(precision=0.5, recall=1.0, f1=0.667, support=3).recall
    1.0
    """

    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True)
class Interval:
    """A figure and where it lies in 95 % of the draws of a bootstrap over groups.

    Attributes
    ----------
    value, low, high : float
        0 to 1.

    Examples
    --------
    >>> Interval(value=0.6, low=0.5, high=0.7).low
    0.5
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Evaluation:
    """All figures of one comparison.

    Attributes
    ----------
    what : str
        What was scored, and how.
    rows, groups : int
        How many.
    primary : dict of str to Score
        By primary label, ``none`` included.
    tags : dict of str to Score
        By label, any number a row.
    macro_f1 : Interval
        Mean F1 over the primary labels and ``none`` (those that occur).
    macro_f1_tags : Interval
        Mean F1 over the labels as tags (those that occur).
    accuracy : float
        Share of rows whose primary is right, 0 to 1.
    kappa : float or None
        Cohen's kappa (1960) between the model's primary and the row's, -1 to 1;
        None where both say the same one label throughout.
    confusion : list of list of int
        Rows of the matrix are the truth, columns the model, in the order of ``primary``.

    Examples
    --------
    >>> row, right = Row("1", "Sign up", (), "none", "a"), Decision((), "none")
    >>> evaluate([row], [right], "one row").macro_f1
    Interval(value=1.0, low=1.0, high=1.0)
    """

    what: str
    rows: int
    groups: int
    primary: dict[str, Score]
    tags: dict[str, Score]
    macro_f1: Interval
    macro_f1_tags: Interval
    accuracy: float
    kappa: float | None
    confusion: list[list[int]]

    def as_dict(self) -> dict[str, Any]:
        """Lay all figures out for JSON, rounded to 4 decimals.

        Returns
        -------
        dict
            Of plain values, named like the attributes.

        Examples
        --------
        >>> row, right = Row("1", "Sign up", (), "none", "a"), Decision((), "none")
        >>> evaluate([row], [right], "one row").as_dict()["accuracy"]
        1.0
        """
        rounded: dict[str, Any] = _rounded(asdict(self))
        return rounded


def evaluate(
    rows: Sequence[Row],
    decisions: Sequence[Decision],
    what: str,
    labels: tuple[str, ...] = LABELS,
) -> Evaluation:
    """Hold decisions against labels.

    Parameters
    ----------
    rows : sequence of Row
        The truth; every label of every row must be judged.
    decisions : sequence of Decision
        What the model said, one a row.
    what : str
        What was scored, for the reader.
    labels : tuple of str, default LABELS
        The model's.

    Returns
    -------
    Evaluation
        With intervals by bootstrap over groups: 2,000 draws with a fixed seed.

    Raises
    ------
    CorpusError
        If a row leaves one of the labels undecided, or has another.

    Examples
    --------
    >>> rows = [Row("1", "Sign up", (), "none", "a"), Row("2", "A raid", ("enforcement",),
    ...         "enforcement", "b")]
    >>> evaluate(rows, [Decision((), "none"), Decision((), "none")], "two rows").accuracy
    0.5
    """
    for row in rows:
        if not {*labels} <= {*row.judged}:
            raise CorpusError(f"{row.id}: only {row.judged} were judged; scoring needs all labels")
        if odd := [tag for tag in row.tags if tag not in labels]:
            raise CorpusError(f"{row.id}: the model has no label {odd[0]!r}, only {labels}")
    names = (*labels, NONE)
    groups = [row.group for row in rows]
    primary = counts(
        _which([(row.primary,) for row in rows], names),
        _which([(each.primary,) for each in decisions], names),
        groups,
    )
    tags = counts(
        _which([row.tags for row in rows], labels),
        _which([each.tags for each in decisions], labels),
        groups,
    )
    confusion = np.zeros((len(names), len(names)), dtype=int)
    for row, decision in zip(rows, decisions, strict=True):
        confusion[names.index(row.primary), names.index(decision.primary)] += 1
    return Evaluation(
        what=what,
        rows=len(rows),
        groups=len(primary),
        primary=_scores(primary.sum(axis=0), names),
        tags=_scores(tags.sum(axis=0), labels),
        macro_f1=_interval(primary),
        macro_f1_tags=_interval(tags),
        accuracy=float(np.trace(confusion) / len(rows)),
        kappa=kappa([row.primary for row in rows], [d.primary for d in decisions]),
        confusion=confusion.tolist(),
    )


def counts(
    truth: NDArray[np.bool_],
    said: NDArray[np.bool_],
    groups: Sequence[str],
    judged: NDArray[np.bool_] | None = None,
) -> NDArray[np.int_]:
    """Count by group and label what was rightly said, said, and true.

    Parameters
    ----------
    truth, said : ndarray of bool, shape (n_rows, n_labels)
        What each row has, and what a model said of it.
    groups : sequence of str
        Group of each row.
    judged : ndarray of bool, shape (n_rows, n_labels), optional
        What somebody decided; the rest is not counted.

    Returns
    -------
    ndarray of int, shape (n_groups, n_labels, 3)

    Examples
    --------
    >>> counts(np.array([[True], [False]]), np.array([[True], [True]]), ["a", "a"]).tolist()
    [[[1, 2, 1]]]
    """
    number = np.unique(groups, return_inverse=True)[1]
    each = np.stack([truth & said, said, truth], axis=-1)
    if judged is not None:
        each &= judged[..., None]
    found = np.zeros((int(number.max()) + 1, *each.shape[1:]), dtype=int)
    np.add.at(found, number, each)
    return found


def _which(given: Sequence[Sequence[str]], names: Sequence[str]) -> NDArray[np.bool_]:
    """Say of each row and name whether the row was given it."""
    return np.array([[name in each for name in names] for each in given])


def _scores(counts: NDArray[np.int_], labels: Sequence[str]) -> dict[str, Score]:
    def share(part: float, whole: float) -> float | None:
        return float(part / whole) if whole else None

    return {
        label: Score(
            precision=share(right, said),
            recall=share(right, true),
            f1=share(2 * right, said + true),
            support=int(true),
        )
        for label, (right, said, true) in zip(labels, counts, strict=True)
    }


def _interval(counts: NDArray[np.int_]) -> Interval:
    low, high = np.quantile(macro_f1(drawn(counts)), [0.025, 0.975])
    return Interval(float(macro_f1(counts.sum(axis=0))), float(low), float(high))


def macro_f1(sums: NDArray[np.int_]) -> NDArray[np.float64]:
    """Take the mean F1 over labels; those that nobody gave and nobody said are left out.

    Parameters
    ----------
    sums : ndarray of int, shape (..., n_labels, 3)
        How often each label was rightly said, said, and true.

    Returns
    -------
    ndarray of float64, shape (...)
        0 to 1.

    Examples
    --------
    >>> macro_f1(np.array([[1, 2, 2], [1, 1, 1], [0, 0, 0]])).tolist()
    0.75
    """
    right, both = sums[..., 0], sums[..., 1] + sums[..., 2]
    occurs = both > 0
    f1 = np.where(occurs, 2 * right / np.maximum(both, 1), 0)
    mean: NDArray[np.float64] = f1.sum(axis=-1) / np.maximum(occurs.sum(axis=-1), 1)
    return mean


def drawn(counts: NDArray[np.int_]) -> NDArray[np.int_]:
    """Draw groups anew, each time as many as there are (bootstrap; Efron 1979).

    Parameters
    ----------
    counts : ndarray of int, shape (n_groups, ...)
        What was counted in each group.

    Returns
    -------
    ndarray of int, shape (DRAWS, ...)
        Sums over the groups drawn; the same groups for every call with as many groups,
        so that differences between two models are paired.

    Examples
    --------
    >>> drawn(np.array([[1, 2], [1, 2]]))[0].tolist()
    [2, 4]
    """
    random = np.random.default_rng(SEED)
    even = np.full(len(counts), 1 / len(counts))
    return np.array(
        [np.tensordot(random.multinomial(len(counts), even), counts, axes=1) for _ in range(DRAWS)]
    )


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(value, 4) if isinstance(value, float) else value


def table(evaluation: Evaluation) -> str:
    """Lay the figures out as text for a terminal or a Markdown code block.

    Parameters
    ----------
    evaluation : Evaluation
        What to show.

    Returns
    -------
    str
        Several lines, without a line feed at the end.

    Examples
    --------
    >>> rows = [Row("1", "Sign up", (), "none", "a")]
    >>> print(table(evaluate(rows, [Decision((), "none")], "one row")).splitlines()[0])
    one row: 1 row in 1 group
    """
    groups = evaluation.groups
    lines = [
        f"{evaluation.what}: {_count(evaluation.rows, 'row')} in {_count(groups, 'group')}",
        "",
        *_score_lines("primary", evaluation.primary),
        "",
        *_score_lines("tags", evaluation.tags),
        "",
    ]
    for name, interval in (
        ("macro-F1, primary and none", evaluation.macro_f1),
        ("macro-F1, tags", evaluation.macro_f1_tags),
    ):
        few = ", indicative: few groups" if groups < 20 else ""
        lines.append(
            f"{name:<28}{interval.value:.3f}  (95 % interval over groups "
            f"{interval.low:.3f} to {interval.high:.3f}{few})"
        )
    lines += [f"{'accuracy, primary':<28}{evaluation.accuracy:.3f}"]
    lines += [f"{'kappa, primary':<28}{_figure(evaluation.kappa)}", ""]
    names = list(map(printable, evaluation.primary))  # a stranger's model brings its own
    width = max(map(len, names)) + 2
    lines += ["truth below, model to the right".ljust(width)]
    lines += [" " * width + "".join(f"{name:>{width}}" for name in names)]
    for name, counts in zip(names, evaluation.confusion, strict=True):
        lines.append(f"{name:<{width}}" + "".join(f"{count:>{width},}" for count in counts))
    return "\n".join(lines)


def _score_lines(title: str, scores: dict[str, Score]) -> list[str]:
    names = list(map(printable, scores))
    width = max(14, max(map(len, names)) + 2)
    lines = [f"{title:<{width}}{'precision':>10}{'recall':>10}{'F1':>10}{'rows':>10}"]
    for name, score in zip(names, scores.values(), strict=True):
        figures = "".join(
            f"{_figure(value):>10}" for value in (score.precision, score.recall, score.f1)
        )
        lines.append(f"{name:<{width}}{figures}{score.support:>10,}")
    return lines


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
