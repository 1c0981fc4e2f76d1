"""The search: what each setting of the recipe is worth on rows held out of training."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, f1_score

from palermo.labels import LABELS, NONE
from palermo.tags import LEAD
from palermo.text import terms, tokens
from palermo_training import recipe
from palermo_training.corpus import Row
from palermo_training.fitting import Counts
from palermo_training.recipe import SHIPPED, Settings

_DIGIT = re.compile(r"\d")


def _digit_classes(text: str) -> list[str]:
    return terms(_DIGIT.sub("0", text))


def _triples(text: str) -> list[str]:
    words = tokens(text)
    return terms(text) + [
        " ".join(three) for three in zip(words, words[1:], words[2:], strict=False)
    ]


def _gaps(text: str) -> list[str]:
    words = tokens(text)
    return terms(text) + [f"{one} * {two}" for one, two in zip(words, words[2:], strict=False)]


def _stems(text: str) -> list[str]:
    return terms(text) + [f"{word[:5]} *" for word in tokens(text) if len(word) > 5]


VARIANTS: Final = {
    "as shipped": SHIPPED,
    "words alone": replace(SHIPPED, pairs=0, runs=0),
    "words and pairs": replace(SHIPPED, runs=0),
    "words and runs": replace(SHIPPED, pairs=0),
    "pairs count half": replace(SHIPPED, pairs=0.5),
    "runs count half": replace(SHIPPED, runs=SHIPPED.runs / 2),
    "runs count double": replace(SHIPPED, runs=SHIPPED.runs * 2),
    "pairs and runs from 2 rows on": replace(SHIPPED, least_rows=2),
    "pairs and runs from 5 rows on": replace(SHIPPED, least_rows=5),
    "divided by words ^ 0.5": replace(SHIPPED, exponent=0.5, c=2 * SHIPPED.c),
    "divided by words ^ 0.1": replace(SHIPPED, exponent=0.1, c=SHIPPED.c / 2),
    "C a third": replace(SHIPPED, c=SHIPPED.c / 3),
    "C times 3": replace(SHIPPED, c=SHIPPED.c * 3),
    "classes not balanced": replace(SHIPPED, balanced=False),
    "seed sentences count 5 times": replace(SHIPPED, seeds=5),
    "Spanish counts double": replace(SHIPPED, spanish=2),
    "naming words always there": replace(SHIPPED, masked=0),
    "learnt without them by half": replace(SHIPPED, masked=0.5),
    "digits are all 0": replace(SHIPPED, analyzer=_digit_classes),
    "also triples of words": replace(SHIPPED, analyzer=_triples),
    "also pairs with a gap": replace(SHIPPED, analyzer=_gaps),
    "also stems of 5 letters": replace(SHIPPED, analyzer=_stems),
}
"""Names of what is tried, each one step away from what ships."""

LEADS: Final[dict[str, dict[str, float]]] = {
    "label: the most probable tag": {},
    "label: enforcement's odds alone times 3": {"enforcement": 3.0},
    "label: odds of enforcement and policy times 1.7": {"enforcement": 1.7, "policy": 1.7},
    "label: odds of enforcement and policy times 8": {"enforcement": 8.0, "policy": 8.0},
}
"""Other ways to pick the label."""

Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Result:
    """Figures of one variant, each 0 to 1.

    Attributes
    ----------
    name : str
        What was changed.
    macro_f1, macro_f1_tags, average_precision : dict of str to float
        Over the primary and none, over the tags, and over the tags without a
        threshold; by ``en``, ``es`` (authored rows, grouped folds) and ``seeds``
        (each article left out).

    Examples
    --------
    >>> Result("as shipped", {"en": 0.7}, {"en": 0.7}, {"en": 0.8}).name
    'as shipped'
    """

    name: str
    macro_f1: dict[str, float]
    macro_f1_tags: dict[str, float]
    average_precision: dict[str, float]


def search(
    seeds: Sequence[Row], authored: Sequence[Row], jobs: int = -1, names: Sequence[str] = ()
) -> list[Result]:
    """Score every variant on held-out rows.

    Sigmoids and thresholds are those of the authored rows' out-of-fold scores,
    so a single one is a little flattered, but all variants alike.

    Parameters
    ----------
    seeds, authored : sequence of Row
        The corpus.
    jobs : int, default -1
        Processes to use; -1 for one a core.
    names : sequence of str, default ()
        Variants to try; all if empty.

    Returns
    -------
    list of Result
        One a variant; then, from the scores of what ships, other ways to pick the label, and
        tags by the labels' own thresholds alone.

    Examples
    --------
    >>> search([], [], names=["no such"])
    Traceback (most recent call last):
    KeyError: 'no such'
    """
    wanted = {name: VARIANTS[name] for name in names or VARIANTS}
    rows = [*seeds, *authored]
    scores = Parallel(n_jobs=jobs)(
        delayed(_held_out)(rows, len(seeds), settings) for settings in wanted.values()
    )
    truth = _Truth(rows, len(seeds))
    found = [truth.result(name, each) for name, each in zip(wanted, scores, strict=True)]
    if "as shipped" in wanted:
        shipped = scores[list(wanted).index("as shipped")]
        found += [truth.result(name, shipped, lead) for name, lead in LEADS.items()]
        found.append(
            truth.result("of the field is not asked", shipped * np.append(np.ones(len(LABELS)), 0))
        )
    return found


def _held_out(rows: Sequence[Row], seeds: int, settings: Settings) -> Scores:
    """Score each row by a model that saw nothing of its group; shape (n_rows, n_labels + 1)."""
    table = Counts(rows, settings)
    groups = [row.group for row in rows]
    authored = np.arange(seeds, len(rows))
    parts = [
        (np.r_[:seeds, authored[inside]], authored[outside])
        for inside, outside in recipe.folds(groups[seeds:])
    ]
    for group in dict.fromkeys(groups[:seeds]):
        out = np.array([row.group == group for row in rows])
        parts.append(
            (np.flatnonzero(~out & [row.about != group for row in rows]), np.flatnonzero(out))
        )
    return table.held_out(parts, np.arange(len(rows)))


class _Truth:
    """Labels of all rows, to hold scores against."""

    def __init__(self, rows: Sequence[Row], seeds: int) -> None:
        tags = np.array([[label in row.tags for label in LABELS] for row in rows])
        self.has = np.column_stack([tags, tags.any(axis=1)])
        self.primary = np.array([(*LABELS, NONE).index(row.primary) for row in rows])
        self.authored = np.arange(len(rows)) >= seeds
        lang = np.array([row.lang for row in rows])
        parts = {
            "en": self.authored & (lang == "en"),
            "es": self.authored & (lang == "es"),
            "seeds": ~self.authored,
        }
        self.parts = {name: which for name, which in parts.items() if which.any()}

    def result(self, name: str, scores: Scores, lead: Mapping[str, float] = LEAD) -> Result:
        """Calibrate, decide and count."""
        rule = recipe.rule(scores[self.authored], self.has[self.authored])
        tags, said = rule.decide(scores, LABELS, lead)
        has = self.has[:, :-1]
        figures: list[dict[str, float]] = [{}, {}, {}]
        for part, which in self.parts.items():
            for figure, value in zip(
                figures,
                (
                    f1_score(self.primary[which], said[which], average="macro"),
                    f1_score(has[which], tags[which], average="macro"),
                    average_precision_score(has[which], scores[which, :-1]),
                ),
                strict=True,
            ):
                figure[part] = round(float(value), 4)
        return Result(name, *figures)


def table(results: Sequence[Result]) -> str:
    """Lay results out as Markdown.

    Parameters
    ----------
    results : sequence of Result
        From :func:`search`.

    Returns
    -------
    str
        A table, without a line feed at the end.

    Examples
    --------
    >>> one = dict.fromkeys(("en", "es", "seeds"), 0.5)
    >>> print(table([Result("as shipped", one, one, one)]).splitlines()[-1])
    | as shipped | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 | 0.500 |
    """
    parts = ("en", "es", "seeds")
    lines = [
        "| | "
        + " | ".join(f"{name} {part}" for name in ("F1", "tags", "AP") for part in parts)
        + " |",
        "|---" * 10 + "|",
    ]
    for result in results:
        figures = (result.macro_f1, result.macro_f1_tags, result.average_precision)
        cells = [f"{each[part]:.3f}" if part in each else "" for each in figures for part in parts]
        lines.append(f"| {result.name} | {' | '.join(cells)} |")
    return "\n".join(lines)
