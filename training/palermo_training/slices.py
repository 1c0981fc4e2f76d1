"""Figures by part: where the model is right, and where it is not."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from palermo.labels import LABELS
from palermo.terms import uses
from palermo_training.corpus import Row
from palermo_training.evaluation import DRAWS, SEED, Decision, evaluate

_LEAST: Final = 100  # rows of a part that gets a line of its own
_BINS: Final = 10  # of the reliability diagram


def parts(rows: Sequence[Row], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Score authored rows by language, region, genre and kind.

    Parameters
    ----------
    rows : sequence of Row
        Authored rows with their attributes.
    decisions : sequence of Decision
        What models said of them that never saw their groups.

    Returns
    -------
    list of dict
        ``part``, ``rows``, ``macro_f1`` with its interval ``low`` to ``high``,
        ``macro_f1_tags`` and ``accuracy`` of every part of a hundred rows or more.

    Examples
    --------
    >>> parts([], [])
    []
    """
    found = []
    for name in ("lang", "region", "genre", "unit", "period"):
        values = [row.lang if name == "lang" else row.attributes.get(name, "") for row in rows]
        for value in sorted(set(values)):
            which = [at for at, each in enumerate(values) if each == value]
            if len(which) < _LEAST:
                continue
            figures = evaluate([rows[at] for at in which], [decisions[at] for at in which], "")
            found.append(
                {
                    "part": f"{name} {value}",
                    "rows": len(which),
                    "macro_f1": round(figures.macro_f1.value, 4),
                    "low": round(figures.macro_f1.low, 4),
                    "high": round(figures.macro_f1.high, 4),
                    "macro_f1_tags": round(figures.macro_f1_tags.value, 4),
                    "accuracy": round(figures.accuracy, 4),
                }
            )
    return found


def wrong_word(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, Any]:
    """Score what the model makes of passages that call smuggling trafficking.

    Parameters
    ----------
    rows : sequence of Row
        Of which those count that have the tag smuggling and not trafficking, and whose
        attribute ``term`` is ``wrong``; of a seed article, which has no attributes, those
        that say traffick-.
    decisions : sequence of Decision
        What the model said.

    Returns
    -------
    dict
        ``rows``; ``smuggling found``: share tagged smuggling; ``trafficking not
        claimed``: share not tagged trafficking. Shares are 0 to 1, 0 without rows;
        ``low`` and ``high`` behind their names are their 95 % intervals.

    Examples
    --------
    >>> row = Row("1", "Traffickers led them over.", ("smuggling",), "smuggling", "a",
    ...           attributes={"term": "wrong"})
    >>> wrong_word([row], [Decision(("smuggling",), "smuggling")])["smuggling found"]
    1.0
    """
    which = [
        (row.group, decision.tags)
        for row, decision in zip(rows, decisions, strict=True)
        if "smuggling" in row.tags
        and "trafficking" not in row.tags
        and (
            "traffick" in row.text.lower()
            if row.origin == "seed"
            else row.attributes.get("term") == "wrong"
        )
    ]
    groups = [group for group, _ in which]
    return {
        "rows": len(which),
        **_share("smuggling found", groups, ["smuggling" in tags for _, tags in which]),
        **_share("trafficking not claimed", groups, ["trafficking" not in t for _, t in which]),
    }


def term_check(rows: Sequence[Row], masked: Sequence[Decision]) -> dict[str, dict[str, Any]]:
    """Score the warnings of :mod:`palermo.terms`.

    Parameters
    ----------
    rows : sequence of Row
        The truth; those count that use one of the two words of people, not both.
    masked : sequence of Decision
        What the model said of them with the words taken out.

    Returns
    -------
    dict
        By the word that is used: ``rows``; ``wrong``, how many of them have the other
        label alone; ``precision`` of the warnings and ``recall`` of what is wrong, each
        with its 95 % interval.

    Examples
    --------
    >>> row = Row("1", "Traffickers led them over.", ("smuggling",), "smuggling", "a")
    >>> term_check([row], [Decision(("smuggling",), "smuggling")])["said trafficking"]["recall"]
    1.0
    """
    found = {}
    for word, other in (("trafficking", "smuggling"), ("smuggling", "trafficking")):
        which = [
            (row.group, other in row.tags and word not in row.tags,
             other in said.tags and word not in said.tags)
            for row, said in zip(rows, masked, strict=True)
            if uses(row.text) == word
        ]  # fmt: skip
        warned = [(group, wrong) for group, wrong, warning in which if warning]
        wrong = [(group, warning) for group, wrong, warning in which if wrong]
        found[f"said {word}"] = {
            "rows": len(which),
            "wrong": len(wrong),
            **_share("precision", [group for group, _ in warned], [yes for _, yes in warned]),
            **_share("recall", [group for group, _ in wrong], [yes for _, yes in wrong]),
        }
    return found


def furniture(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, Any]:
    """Count page furniture that is tagged by mistake.

    Parameters
    ----------
    rows : sequence of Row
        Of which those count whose attribute ``unit`` is ``furniture`` and that have no tag.
    decisions : sequence of Decision
        What the model said.

    Returns
    -------
    dict
        ``rows``; ``tagged``: share that got a tag, 0 to 1, with its interval.

    Examples
    --------
    >>> row = Row("1", "Sign up", (), "none", "a", attributes={"unit": "furniture"})
    >>> furniture([row], [Decision((), "none")])
    {'rows': 1, 'tagged': 0.0, 'tagged low': 0.0, 'tagged high': 0.0}
    """
    which = [
        (row.group, bool(decision.tags))
        for row, decision in zip(rows, decisions, strict=True)
        if row.attributes.get("unit") == "furniture" and not row.tags
    ]
    return {
        "rows": len(which),
        **_share("tagged", [group for group, _ in which], [tagged for _, tagged in which]),
    }


def _share(name: str, groups: Sequence[str], yes: Sequence[bool]) -> dict[str, float]:
    """Give a share and its 95 % interval by bootstrap over groups."""
    if not yes:
        return {name: 0.0, f"{name} low": 0.0, f"{name} high": 0.0}
    _, number = np.unique(groups, return_inverse=True)
    counts = np.stack([np.bincount(number, yes), np.bincount(number)])
    even = np.full(counts.shape[1], 1 / counts.shape[1])
    drawn = np.random.default_rng(SEED).multinomial(counts.shape[1], even, DRAWS)
    low, high = np.quantile(np.divide(*(counts @ drawn.T)), [0.025, 0.975])
    value = counts[0].sum() / counts[1].sum()
    return {
        name: round(float(value), 4),
        f"{name} low": round(float(low), 4),
        f"{name} high": round(float(high), 4),
    }


def calibration(rows: Sequence[Row], decisions: Sequence[Decision]) -> dict[str, Any]:
    """Say whether probabilities mean what they say.

    Parameters
    ----------
    rows : sequence of Row
        The truth.
    decisions : sequence of Decision
        With their probabilities.

    Returns
    -------
    dict
        By label: ``brier``, the mean squared difference between probability and truth
        (Brier 1950); ``ece``, the expected calibration error over ten bins of equal width
        (Naeini et al. 2015); ``bins``: mean probability, share that has the label,
        and count, of each bin that is not empty.

    Examples
    --------
    >>> row = Row("1", "A raid", ("enforcement",), "enforcement", "a")
    >>> said = Decision(("enforcement",), "enforcement", (0.1, 0.1, 0.8, 0.1))
    >>> calibration([row], [said])["enforcement"]
    {'brier': 0.04, 'ece': 0.2, 'bins': [[0.8, 1.0, 1]]}
    """
    said, truth = _probabilities(rows, decisions)
    found = {}
    for column, label in enumerate(LABELS):
        bin_ = np.minimum((said[:, column] * _BINS).astype(int), _BINS - 1)
        bins = [
            [
                round(float(said[bin_ == at, column].mean()), 4),
                round(float(truth[bin_ == at, column].mean()), 4),
                int((bin_ == at).sum()),
            ]
            for at in range(_BINS)
            if (bin_ == at).any()
        ]
        gap = sum(abs(mean - share) * count for mean, share, count in bins)
        found[label] = {
            "brier": round(float(((said[:, column] - truth[:, column]) ** 2).mean()), 4),
            "ece": round(gap / len(rows), 4),
            "bins": bins,
        }
    return found


def precision_and_coverage(
    rows: Sequence[Row], decisions: Sequence[Decision]
) -> dict[str, list[list[float]]]:
    """Say how many tags survive a higher threshold, and how many of them are right.

    Parameters
    ----------
    rows : sequence of Row
        The truth.
    decisions : sequence of Decision
        With their probabilities.

    Returns
    -------
    dict of str to list
        By label: threshold, precision and recall (coverage of what is there), each
        0 to 1, for thresholds from 0.05 to 0.95.

    Examples
    --------
    >>> row = Row("1", "A raid", ("enforcement",), "enforcement", "a")
    >>> said = Decision(("enforcement",), "enforcement", (0.1, 0.1, 0.8, 0.1))
    >>> precision_and_coverage([row], [said])["enforcement"][0]
    [0.05, 1.0, 1.0]
    """
    said, truth = _probabilities(rows, decisions)
    found: dict[str, list[list[float]]] = {}
    for column, label in enumerate(LABELS):
        found[label] = []
        for threshold in np.arange(0.05, 0.96, 0.05).round(2).tolist():
            given = said[:, column] >= threshold
            right = int((given & truth[:, column]).sum())
            found[label].append(
                [
                    threshold,
                    round(right / max(int(given.sum()), 1), 4),
                    round(right / max(int(truth[:, column].sum()), 1), 4),
                ]
            )
    return found


def _probabilities(
    rows: Sequence[Row], decisions: Sequence[Decision]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    said = np.array([decision.probabilities for decision in decisions])
    return said, np.array([[label in row.tags for label in LABELS] for row in rows])
