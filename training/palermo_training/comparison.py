"""Whether a new model is better than the one before: both on the same rows, held out of both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from palermo.artifact import Artifact
from palermo.outputs.table import printable
from palermo_training import recipe
from palermo_training.corpus import Row
from palermo_training.evaluation import counts, drawn, macro_f1
from palermo_training.fitting import Counts, finish, train

MACRO: Final = "macro-F1"
"""What the mean over the labels that both models know is called in a comparison."""

_Parts = list[tuple[NDArray[np.intp], NDArray[np.intp]]]


@dataclass(frozen=True)
class Difference:
    """One figure of two models.

    Attributes
    ----------
    where : {"shipped passages", "your passages"}
        What was scored, all of it held out of training.
    what : str
        A label, whose F1 as a tag is meant, or ``macro-F1``.
    rows : int
        Rows that have the label; for macro-F1 all rows.
    old, new : float or None
        0 to 1; None for a label that the model before does not know.
    low, high : float or None
        95 % interval of new less old, -1 to 1: a paired bootstrap over groups.

    Examples
    --------
    >>> Difference("your passages", "policy", 40, 0.5, 0.6, 0.02, 0.2).worse
    False
    """

    where: str
    what: str
    rows: int
    old: float | None
    new: float | None
    low: float | None
    high: float | None

    @property
    def worse(self) -> bool:
        """Whether the new model is worse by more than chance explains."""
        return self.high is not None and self.high < 0


def compare(
    old: Sequence[Row], new: Sequence[Row], say: Callable[[str], None] | None = None
) -> tuple[Artifact, list[Difference]]:
    """Train on new rows, and hold that against training on the old ones.

    The rows of both are parted into the same folds by group. A row is decided by models
    that were fitted without its fold, with thresholds that were chosen on the other
    folds: once learning from the old rows, once from the new ones.

    Parameters
    ----------
    old : sequence of Row
        What the model before learnt from.
    new : sequence of Row
        What the new model learns from.
    say : callable, optional
        Is told of each step, in a line.

    Returns
    -------
    artifact : Artifact
        The new model, the same as :func:`palermo_training.train` makes.
    differences : list of Difference
        Of each label, then of their mean; on shipped rows, if the new model learns
        from them, then on the user's.

    Raises
    ------
    CorpusError
        If a label has too few rows to be cross-validated.

    Examples
    --------
    >>> from palermo_training import corpus
    >>> rows = corpus.seeds()
    >>> artifact, found = compare(rows, rows)
    >>> found[-1].what, found[-1].low, found[-1].high
    ('macro-F1', 0.0, 0.0)
    """
    every = [*new, *_without(old, new)]
    tell = say or (lambda line: None)
    table = Counts(every)
    parts = list(recipe.folds([row.group for row in every]))
    learnt_new = np.arange(len(new))
    learnt_old = _positions(old, every)
    after = table.held_out(parts, learnt_new, lambda line: tell(f"New model. {line}"))
    # A label that the model before alone knows is not compared, and may lie in a single fold.
    both: NDArray[np.bool_] = np.logical_and(
        np.any(table.judged[learnt_new], axis=0), np.any(table.judged[learnt_old], axis=0)
    )
    before = (
        after
        if np.array_equal(learnt_old, learnt_new)
        else table.held_out(
            parts,
            learnt_old,
            lambda line: tell(f"Model before. {line}"),
            columns=np.flatnonzero(both).tolist() if both[:-1].any() else [],
        )
    )
    said = [
        _decided(table, parts, scores, learnt)
        for scores, learnt in ((before, learnt_old), (after, learnt_new))
    ]
    artifact = finish(new, table, after, say) if len(every) == len(new) else train(new, say)
    return artifact, _differences(new, table, *said)


def _key(row: Row) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return row.text, row.tags, row.judged  # the id may have changed with the file's name


def _without(rows: Sequence[Row], others: Sequence[Row]) -> list[Row]:
    """List the rows that are none of the others."""
    known = {_key(row) for row in others}
    return [row for row in rows if _key(row) not in known]


def _positions(rows: Sequence[Row], every: Sequence[Row]) -> NDArray[np.intp]:
    """Say where rows stand."""
    wanted = {_key(row) for row in rows}
    return np.array([at for at, row in enumerate(every) if _key(row) in wanted], dtype=np.intp)


def _decided(
    table: Counts, parts: _Parts, scores: NDArray[np.float64], learnt: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Say of each row and label 1 or 0, or NaN where the model does not know the label."""
    found = np.full((len(scores), len(table.labels)), np.nan)
    known = ~np.isnan(scores[0, :-1])
    for inside, outside in parts:
        chosen = np.intersect1d(inside, learnt)
        rule = recipe.rule(scores[chosen], table.has[chosen], table.judged[chosen])
        tags, _ = rule.decide(scores[outside], table.labels)
        found[np.ix_(outside, known)] = tags[:, known]
    return found


def _differences(
    new: Sequence[Row], table: Counts, before: NDArray[np.float64], after: NDArray[np.float64]
) -> list[Difference]:
    found = []
    has, decided = table.has[:, :-1], table.judged[:, :-1]
    users = np.array([row.origin == "user" for row in new])
    both = np.flatnonzero(~np.isnan(before[0]) & ~np.isnan(after[0]))
    for where, rows in (
        ("shipped passages", np.flatnonzero(~users)),
        ("your passages", np.flatnonzero(users)),
    ):
        if not len(rows):
            continue
        groups = [new[at].group for at in rows.tolist()]
        old, fresh = (
            counts(has[rows], said[rows] == 1, groups, decided[rows]) for said in (before, after)
        )
        true = fresh[..., 2].sum(axis=0)
        judged: NDArray[np.bool_] = np.any(decided[rows], axis=0)
        for column in np.flatnonzero(~np.isnan(after[0]) & judged).tolist():
            known = [column] if column in both else []
            figures = _figures(old[:, known], fresh[:, [column]])
            found.append(Difference(where, table.labels[column], int(true[column]), *figures))
        if judged[both].any():
            figures = _figures(old[:, both], fresh[:, both])
            found.append(Difference(where, MACRO, len(rows), *figures))
    return found


def _figures(
    old: NDArray[np.int_], new: NDArray[np.int_]
) -> tuple[float | None, float, float | None, float | None]:
    """Give both macro-F1, and the interval of their difference."""
    after = float(macro_f1(new.sum(axis=0)))
    if not old.shape[1]:
        return None, after, None, None
    before = float(macro_f1(old.sum(axis=0)))
    low, high = np.quantile(macro_f1(drawn(new)) - macro_f1(drawn(old)), [0.025, 0.975])
    return before, after, float(low), float(high)


def table(differences: Sequence[Difference]) -> str:
    """Lay a comparison out as text for a terminal.

    Parameters
    ----------
    differences : sequence of Difference
        From :func:`compare`.

    Returns
    -------
    str
        Several lines, without a line feed at the end.

    Examples
    --------
    >>> print(table([Difference("your passages", "policy", 40, 0.5, 0.6, 0.02, 0.2)]))
    your passages   rows  before   after   difference (95 % interval)
    policy            40   0.500   0.600   +0.100 (+0.020 to +0.200)
    """
    width = max([len("shipped passages"), *(len(printable(each.what)) for each in differences)]) - 1
    lines: list[str] = []
    where = ""
    for each in differences:
        if each.where != where:
            where = each.where
            lines += [""] * bool(lines)
            lines.append(
                f"{where:<{width}} {'rows':>5}  before   after   difference (95 % interval)"
            )
        line = f"{printable(each.what):<{width}} {each.rows:>5}"
        if each.old is None or each.new is None or each.low is None or each.high is None:
            lines.append(f"{line}       –   {each.new or 0:.3f}   a new label")
        else:
            lines.append(
                f"{line}   {each.old:.3f}   {each.new:.3f}   {each.new - each.old:+.3f} "
                f"({each.low:+.3f} to {each.high:+.3f})"
            )
    return "\n".join(lines)
