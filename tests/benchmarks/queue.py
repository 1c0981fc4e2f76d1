"""How many labels ``palermo queue`` saves against labelling passages at random.

python -m benchmarks.queue [--draws N] [--jobs N] [--output FOLDER]

Each draw holds a fifth of the writing batches out, starts from 200 rows of the others, and adds
a hundred at a time by each rule; labels are the corpus's own. Every model is fitted, calibrated
and given its thresholds by the rows that are labelled by then alone.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

from benchmarks.words import ROOT
from palermo.labels import LABELS, NONE
from palermo.text import tokens
from palermo_training import corpus, recipe
from palermo_training.fitting import Counts
from palermo_training.selection import choose, nearness

HELD_OUT = 5  # one batch in so many is tested on
START, ROUND, END = 200, 100, 1000
ROUGH = 1e-3  # of fitting: F1 is the same to three digits as at 1e-6
BOOTSTRAPS = 2000

NOTES = """\
By the second table, turns bring the average precision of 1,000 at random with some
750 labels; thresholds, which F1 needs and which the queued rows alone set, probably take a part
of that away. Turns and nearness to any threshold do about equally well; turns vary less
between draws, and no label is forgotten.

Each row of the pool is a document of its own, so that the queue's shares of documents play no
part, and the pool holds no near duplicates. It is written passages, of which many are easy;
term warnings are not simulated.

Tried on one to three other draws each and dropped; their scripts were not kept, so no figures.
Half by turns and half at random, and turns among passages that the model tags, brought less
than turns among the nearest; no more than three passages of a batch brought the same. No
better than random: passages between their best two labels, any of the nearest fifth, any with
a chance that falls with distance. Worse than random: any of a label's nearest twentieth, and
nearness divided by unlikeness to what is chosen (cosine of TF-IDF), which drifts to odd
passages; so near duplicates are left out, and variety is asked for no further.
"""

Rows = NDArray[np.intp]


class Pool(NamedTuple):
    """What a rule may go by: distances from thresholds, words, and what it must decide by lot."""

    near: NDArray[np.float64]
    texts: list[str]
    random: np.random.Generator


def at_random(pool: Pool, count: int) -> Sequence[int]:
    return pool.random.permutation(len(pool.texts))[:count].tolist()


def by_turns(pool: Pool, count: int) -> Sequence[int]:
    """What ``palermo queue`` does; each row is a document of its own."""
    orders = np.argsort(pool.near, axis=0, kind="stable").T
    return [at for at, _ in choose(orders, pool.texts, range(len(pool.texts)), count)[0]]


def nearest(pool: Pool, count: int) -> Sequence[int]:
    return np.argsort(pool.near.min(axis=1), kind="stable")[:count].tolist()


RULES: dict[str, Callable[[Pool, int], Sequence[int]]] = {
    "at random": at_random,
    "labels by turns (`palermo queue`)": by_turns,
    "nearest to any threshold": nearest,
}
RANDOM, SHIPPED = list(RULES)[:2]


class Simulation:
    """The corpus as a pool, its terms counted once."""

    def __init__(self) -> None:
        rows = corpus.authored()
        self.table = Counts(rows)
        self.texts = [" ".join(tokens(row.text)) for row in rows]
        self.groups = np.array([row.group for row in rows])
        self.primary = np.array([(*LABELS, NONE).index(row.primary) for row in rows])

    def draw(self, seed: int) -> dict[str, NDArray[np.float64]]:
        """Macro-F1 and average precision on held-out batches, by rule; (n_sizes, 2)."""
        random = np.random.default_rng((17, seed))
        groups = random.permutation(np.unique(self.groups))
        out = np.isin(self.groups, groups[: len(groups) // HELD_OUT])
        test, inside = np.flatnonzero(out), np.flatnonzero(~out)
        start = random.permutation(inside)[:START]
        first = self.fit(start)
        found = {}
        for name, rule in RULES.items():
            labelled, model = start, first
            figures = [self.figures(model, test)]
            while len(labelled) < END:
                rest = np.setdiff1d(inside, labelled)
                probabilities = model.rule.probabilities(model.scores(rest))
                near = nearness(probabilities[:, :-1], model.rule.thresholds[:-1])
                pool = Pool(near, [self.texts[at] for at in rest], random)
                labelled = np.append(labelled, rest[rule(pool, ROUND)])
                model = self.fit(labelled)
                figures.append(self.figures(model, test))
            found[name] = np.array(figures)
        return found

    def fit(self, rows: Rows) -> "Model":
        return Model(self.table, rows, self.groups[rows].tolist())

    def figures(self, model: "Model", rows: Rows) -> tuple[float, float]:
        scores = model.scores(rows)
        _, said = model.rule.decide(scores, LABELS)
        return (
            float(f1_score(self.primary[rows], said, average="macro")),
            float(average_precision_score(self.table.has[rows, :-1], scores[:, :-1])),
        )


class Model:
    """Weights, sigmoids and thresholds from some rows, as palermo_training.train makes them."""

    def __init__(self, table: Counts, rows: Rows, groups: list[str]) -> None:
        held_out = np.empty((len(rows), len(LABELS) + 1))
        for inside, outside in recipe.folds(groups):
            held_out[outside] = table.scores(rows[outside], *table.fit(rows[inside], ROUGH))
        self.rule = recipe.rule(held_out, table.has[rows])
        self._fitted = table.fit(rows, ROUGH)
        self._table = table

    def scores(self, rows: Rows) -> NDArray[np.float64]:
        return self._table.scores(rows, *self._fitted)


def needed(curve: NDArray[np.float64], target: float) -> float:
    """Labels from which on a curve stays at or above a target; infinite if it never does."""
    sizes = np.arange(START, END + 1, ROUND)
    below = np.flatnonzero(curve < target)
    if not below.size:
        return float(sizes[0])
    last = int(below[-1])
    if last == len(sizes) - 1:
        return float("inf")
    part = (target - curve[last]) / (curve[last + 1] - curve[last])
    return float(sizes[last] + part * ROUND)


def saved(curves: dict[str, NDArray[np.float64]], name: str) -> tuple[float, float, float]:
    """Labels needed for what random choice reaches at the end; 95 % interval over draws."""
    random, other = curves[RANDOM][:, :, 0], curves[name][:, :, 0]
    drawn = np.random.default_rng(17).integers(0, len(random), (BOOTSTRAPS, len(random)))
    every = [needed(other[at].mean(axis=0), random[at].mean(axis=0)[-1]) for at in drawn]
    low, high = np.quantile(every, [0.025, 0.975], method="nearest")
    return needed(other.mean(axis=0), random.mean(axis=0)[-1]), float(low), float(high)


def table(curves: dict[str, NDArray[np.float64]]) -> str:
    sizes = np.arange(START, END + 1, ROUND)
    lines = []
    for column, figure in enumerate(("macro-F1 (primary and none)", "mean average precision")):
        lines += [f"\n| {figure} | {' | '.join(f'{size:,}' for size in sizes)} |"]
        lines += ["|---" * (len(sizes) + 1) + "|"]
        for name, values in curves.items():
            mean, spread = values[:, :, column].mean(axis=0), values[:, :, column].std(axis=0)
            cells = [f"{m:.3f} ± {s:.3f}" for m, s in zip(mean, spread, strict=True)]
            lines.append(f"| {name} | {' | '.join(cells)} |")
    end = f"{END:,}"
    lines += ["", f"| rule | labels for the macro-F1 of {end} at random | better at {end} by |"]
    lines += ["|---|---|---|"]
    for name, values in list(curves.items())[1:]:
        count, low, high = (
            "more" if np.isinf(each) else f"{each:,.0f}" for each in saved(curves, name)
        )
        gain = 100 * (values - curves[RANDOM])[:, -1, 0]
        wins = int((gain > 0).sum())
        lines.append(
            f"| {name} | {count} (95 % interval {low} to {high}) | {gain.mean():+.1f} ± "
            f"{gain.std():.1f} points; in {wins} of {len(gain)} draws |"
        )
    return "\n".join(lines)


def draw(curves: dict[str, NDArray[np.float64]], path: Path) -> None:
    from palermo_training.plots import COLOURS, picture

    sizes = np.arange(START, END + 1, ROUND)
    with picture(path) as axes:
        for (name, values), colour in zip(curves.items(), COLOURS, strict=False):
            mean = values[:, :, 0].mean(axis=0)
            spread = values[:, :, 0].std(axis=0) / np.sqrt(len(values))
            axes.plot(sizes, mean, "o-", color=colour, label=name.replace("`", ""))
            axes.fill_between(
                sizes, mean - spread, mean + spread, color=colour, alpha=0.12, linewidth=0
            )
        axes.set(xlabel="labelled passages", ylabel="macro-F1, primary and none")
        axes.set_title(
            "Held-out batches (mean of the draws, band: its standard error)", fontsize=10
        )
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, loc="lower right", fontsize=8)


def main(given: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--draws", type=int, default=10)
    asked.add_argument("--jobs", type=int, default=1)
    asked.add_argument("--output", type=Path, default=ROOT / "artifacts")
    options = asked.parse_args(given)
    simulation = Simulation()
    draws = Parallel(n_jobs=options.jobs)(
        delayed(simulation.draw)(seed) for seed in range(options.draws)
    )
    curves = {name: np.array([each[name] for each in draws]) for name in RULES}
    found = table(curves)
    print(found)
    text = (
        "# What to label next: is it worth it?\n\n"
        "What `cd tests && python -m benchmarks.queue` printed. "
        + " ".join((__doc__ or "").split("\n\n", 2)[2].split())
        + f"\n\nMean ± standard deviation over {options.draws} draws, by labelled passages:\n"
        + f"{found}\n\n![Learning curves by rule](plots/queue.svg)\n\n{NOTES}"
    )
    (options.output / "QUEUE.md").write_text(text, encoding="utf-8")
    draw(curves, options.output / "plots" / "queue.svg")


if __name__ == "__main__":
    main()
