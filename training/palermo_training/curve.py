"""The learning curve: what more groups of written passages are worth."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from joblib import Parallel, delayed

from palermo import Predictor
from palermo.errors import CorpusError
from palermo_training.corpus import Row
from palermo_training.evaluation import evaluate
from palermo_training.fitting import train
from palermo_training.held_out import decide
from palermo_training.plots import picture

DRAWS: Final = 10
_HELD_OUT: Final = 5  # one group in five is tested on
_STEPS: Final = 4  # sizes, each half of the next
_SEED: Final = 11


@dataclass(frozen=True)
class Point:
    """One size of training set, over all draws.

    Attributes
    ----------
    groups : int
        Groups of written passages trained on.
    rows : float
        Rows in them, mean over the draws.
    held_out, seeds : tuple of float
        Macro-F1 (primary and none) of each draw, 0 to 1: on the groups held out, and
        on the seed articles, which are not trained on.

    Examples
    --------
    >>> Point(groups=4, rows=100.0, held_out=(0.5,), seeds=(0.4,)).groups
    4
    """

    groups: int
    rows: float
    held_out: tuple[float, ...]
    seeds: tuple[float, ...]


def learning_curve(
    authored: Sequence[Row], seeds: Sequence[Row], draws: int = DRAWS, jobs: int = 1
) -> list[Point]:
    """Train on more and more groups; test on held-out groups and on the seeds.

    In each draw a fifth of the groups is held out; the others are trained on, in
    nested sets, each half of the next.

    Parameters
    ----------
    authored : sequence of Row
        Written passages of many groups.
    seeds : sequence of Row
        Never trained on here.
    draws : int, default 10
        How often the groups are drawn anew, with a fixed seed.
    jobs : int, default 1
        Processes to use.

    Returns
    -------
    list of Point
        Smallest first.

    Raises
    ------
    CorpusError
        If there are too few groups, or a small set lacks a label.

    Examples
    --------
    >>> learning_curve([], [])
    Traceback (most recent call last):
    palermo.errors.CorpusError: 0 groups are too few for a learning curve; 20 would do
    """
    groups = sorted({row.group for row in authored})
    test = max(len(groups) // _HELD_OUT, 1)
    sizes = sorted({(len(groups) - test) >> step for step in range(_STEPS)})
    if sizes[0] < 2:
        raise CorpusError(f"{len(groups)} groups are too few for a learning curve; 20 would do")
    orders = [np.random.default_rng((_SEED, draw)).permutation(groups) for draw in range(draws)]
    tasks = [(order[:test], order[test : test + size]) for order in orders for size in sizes]
    results = Parallel(n_jobs=jobs)(
        delayed(_score)(authored, seeds, set(held_out), set(inside)) for held_out, inside in tasks
    )
    return [
        Point(
            groups=size,
            rows=float(np.mean([rows for rows, _, _ in results[step :: len(sizes)]])),
            held_out=tuple(value for _, value, _ in results[step :: len(sizes)]),
            seeds=tuple(value for _, _, value in results[step :: len(sizes)]),
        )
        for step, size in enumerate(sizes)
    ]


def _score(
    authored: Sequence[Row], seeds: Sequence[Row], held_out: set[str], inside: set[str]
) -> tuple[int, float, float]:
    rows = [row for row in authored if row.group in inside]
    predictor = Predictor(train(rows))
    unseen = [row for row in authored if row.group in held_out]
    scores = [
        evaluate(each, decide(predictor, each), "").macro_f1.value for each in (unseen, seeds)
    ]
    return len(rows), scores[0], scores[1]


def table(points: Sequence[Point]) -> str:
    """Lay the curve out as text.

    Parameters
    ----------
    points : sequence of Point
        From :func:`learning_curve`.

    Returns
    -------
    str
        A line for each size: mean and standard deviation over the draws, and what
        the last doubling brought, in points of macro-F1.

    Examples
    --------
    >>> print(table([Point(2, 10, (0.2, 0.4), (0.1, 0.1)), Point(4, 20, (0.5, 0.5), (0.2, 0.2))]))
    groups    rows      held-out groups     gain         seed articles     gain
         2      10      0.300 +- 0.100                 0.100 +- 0.000
         4      20      0.500 +- 0.000     +20.0       0.200 +- 0.000     +10.0
    """
    lines = [f"groups    rows{'held-out groups':>21}     gain{'seed articles':>22}     gain"]
    before: Point | None = None
    for point in points:
        line = f"{point.groups:>6}{point.rows:>8,.0f}"
        for name in ("held_out", "seeds"):
            values = np.array(getattr(point, name))
            gain = 100 * (values.mean() - np.mean(getattr(before, name))) if before else None
            line += f"      {values.mean():.3f} +- {values.std():.3f}  "
            line += f"{gain:>+8.1f} " if gain is not None else " " * 9
        lines.append(line.rstrip())
        before = point
    return "\n".join(lines)


def plot(points: Sequence[Point], path: Path) -> None:
    """Draw the curve.

    Parameters
    ----------
    points : sequence of Point
        From :func:`learning_curve`.
    path : Path
        A picture, of the kind that its ending says.

    Raises
    ------
    PalermoError
        If matplotlib is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     picture = Path(folder, "curve.svg")
    ...     plot([Point(2, 10, (0.2,), (0.1,)), Point(4, 20, (0.5,), (0.2,))], picture)
    ...     picture.read_text()[:5]
    '<?xml'
    """
    with picture(path) as axes:
        for name, label, colour in (
            ("held_out", "held-out groups of written passages", "#1b6ca8"),
            ("seeds", "the five seed articles", "#c2571a"),
        ):
            values = np.array([getattr(point, name) for point in points])
            groups = [point.groups for point in points]
            axes.plot(groups, values.mean(axis=1), "o-", color=colour, label=label)
            axes.fill_between(
                groups,
                values.mean(axis=1) - values.std(axis=1),
                values.mean(axis=1) + values.std(axis=1),
                color=colour,
                alpha=0.15,
                linewidth=0,
            )
        axes.set_xscale("log", base=2)
        axes.set_xticks([point.groups for point in points], [str(point.groups) for point in points])
        axes.set(
            xlabel="groups of written passages trained on", ylabel="macro-F1, primary and none"
        )
        axes.set_title(
            "Learning curve (mean of the draws, band: one standard deviation)", fontsize=10
        )
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, loc="lower right")
