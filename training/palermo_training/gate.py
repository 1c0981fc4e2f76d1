"""The gate: figures below which no model ships."""

from collections.abc import Mapping
from typing import Any, Final

from palermo.errors import CorpusError

EPSILON: Final = 0.01
"""What a figure may lie below its floor: another platform rounds a few scores otherwise, and
one seed sentence more or less right moves macro-F1 by about that much."""

_EVALUATIONS: Final = ("seeds", "seeds masked", "authored en", "authored es")


def measured(figures: Mapping[str, Any]) -> dict[str, float]:
    """Pick the figures that count out of ``evaluation.json``.

    Parameters
    ----------
    figures : mapping
        The file's content.

    Returns
    -------
    dict of str to float
        0 to 1, more is better.

    Examples
    --------
    >>> measured({"furniture": {"rows": 200, "tagged": 0.02}})
    {'furniture not tagged': 0.98}
    """
    found: dict[str, float] = {}
    for name in _EVALUATIONS:
        if name in figures:
            for figure in ("macro_f1", "macro_f1_tags"):
                found[f"{name} {figure}"] = figures[name][figure]["value"]
    for figure in ("smuggling found", "trafficking not claimed"):
        if "wrong word" in figures:
            found[f"wrong word, {figure}"] = figures["wrong word"][figure]
    if "furniture" in figures:
        found["furniture not tagged"] = round(1 - figures["furniture"]["tagged"], 4)
    return found


def below(pinned: Mapping[str, Any], figures: Mapping[str, float]) -> list[str]:
    """List the figures that lie below their floors.

    Parameters
    ----------
    pinned : mapping
        From :func:`pin`.
    figures : mapping of str to float
        From :func:`measured`.

    Returns
    -------
    list of str
        What is wrong, one a figure; empty if all is well.

    Examples
    --------
    >>> below({"floors": {"seeds macro_f1": 0.6}}, {"seeds macro_f1": 0.5})
    ['seeds macro_f1 is 0.5, its floor 0.6 (less 0.01)']
    """
    return [
        f"{name} is {figures.get(name, 0)}, its floor {floor} (less {EPSILON})"
        for name, floor in pinned["floors"].items()
        if figures.get(name, 0) < floor - EPSILON
    ]


def pin(
    before: Mapping[str, Any],
    figures: Mapping[str, float],
    corpus: Mapping[str, Any],
    lower: bool = False,
) -> dict[str, Any]:
    """Pin floors to what was measured.

    Parameters
    ----------
    before : mapping
        What was pinned so far; may be empty.
    figures : mapping of str to float
        From :func:`measured`.
    corpus : mapping
        Digest of labels and texts, and counts, that the figures belong to.
    lower : bool, default False
        Whether a floor may go down.

    Returns
    -------
    dict
        ``floors`` and ``corpus``.

    Raises
    ------
    CorpusError
        If a floor would go down and nobody asked for it.

    Examples
    --------
    >>> pin({"floors": {"a": 0.5}}, {"a": 0.6}, {"rows": 9})
    {'floors': {'a': 0.6}, 'corpus': {'rows': 9}}
    >>> pin({"floors": {"a": 0.5}}, {"a": 0.4}, {"rows": 9})
    Traceback (most recent call last):
    palermo.errors.CorpusError: a would go down from 0.5 to 0.4; say --lower if that is meant
    """
    for name, floor in before.get("floors", {}).items():
        if figures.get(name, 0) < floor and not lower:
            raise CorpusError(
                f"{name} would go down from {floor} to {figures.get(name, 0)}; "
                "say --lower if that is meant"
            )
    return {"floors": dict(figures), "corpus": dict(corpus)}
