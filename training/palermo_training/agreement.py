"""How far the readers of the corpus agree, from their raw readings."""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from sklearn.metrics import cohen_kappa_score

from palermo.errors import CorpusError
from palermo.labels import LABELS
from palermo_training import corpus

Agreement = dict[str, float | int | None]
"""``rows``, ``same primary``, and kappa for ``primary`` and each label."""


def kappa(left: Sequence[Any], right: Sequence[Any]) -> float | None:
    """Agreement of two readings beyond chance (Cohen 1960).

    Parameters
    ----------
    left, right : sequence
        What each said of the same rows.

    Returns
    -------
    float or None
        -1 to 1; None where both say the same one thing throughout, and chance
        cannot be told from agreement.

    Examples
    --------
    >>> kappa(["a", "a", "b", "b"], ["a", "a", "b", "a"])
    0.5
    """
    if len({*left, *right}) < 2:
        return None
    return float(cohen_kappa_score(left, right))


def agreement(folder: Path) -> dict[str, Agreement]:
    """Compute from the raw readings how far their readers agree.

    Parameters
    ----------
    folder : Path
        Holds files ``NAME-READER.jsonl``: rows of ``id, tags, primary`` as one
        reader gave them, before anything was settled.

    Returns
    -------
    dict of str to dict
        For each two readers of the same rows, as ``"seeds a-b"``: the number of
        rows, the share whose primary is the same, and Cohen's kappa of the primary
        and of each label.

    Raises
    ------
    CorpusError
        If there are no readings, a row breaks the contract, or two readers of one
        set did not read the same rows.

    Examples
    --------
    >>> agreement(corpus.data("readings"))["seeds a-b"]["rows"]
    214
    """
    sets: dict[str, dict[str, dict[str, tuple[tuple[str, ...], str]]]] = {}
    for path in sorted(folder.glob("*-*.jsonl")):
        name, reader = path.stem.rsplit("-", 1)
        sets.setdefault(name, {})[reader] = {
            str(found.get("id", place)): corpus.read_labels(found, place)[:2]
            for place, found in corpus.read_objects(path)
        }
    if not sets:
        raise CorpusError(f"{folder}: no readings; expected files such as seeds-a.jsonl")
    return {
        f"{name} {one}-{other}": _compare(readers[one], readers[other], f"{name} {one}-{other}")
        for name, readers in sets.items()
        for one, other in combinations(readers, 2)
    }


def _compare(
    left: dict[str, tuple[tuple[str, ...], str]],
    right: dict[str, tuple[tuple[str, ...], str]],
    what: str,
) -> Agreement:
    if odd := left.keys() ^ right.keys():
        raise CorpusError(f"readings {what}: only one reader has {', '.join(sorted(odd)[:3])}")
    primary = [(left[row][1], right[row][1]) for row in left]
    return {
        "rows": len(left),
        "same primary": sum(one == other for one, other in primary) / len(primary),
        "primary": kappa(*zip(*primary, strict=True)),
        **{
            label: kappa(
                [label in left[row][0] for row in left], [label in right[row][0] for row in left]
            )
            for label in LABELS
        },
    }


def table(found: dict[str, Agreement]) -> str:
    """Lay the agreement out as text.

    Parameters
    ----------
    found : dict
        From :func:`agreement`.

    Returns
    -------
    str
        One line for each two readers, below a head.

    Examples
    --------
    >>> table(agreement(corpus.data("readings"))).split()[:4]
    ['kappa', 'rows', 'same', 'primary']
    """
    names = ["rows", "same primary", "primary", *LABELS]
    lines = [f"{'kappa':<16}" + "".join(f"{name:>14}" for name in names)]
    for pair, figures in found.items():
        cells = [
            f"{value:,}" if isinstance(value, int) else "–" if value is None else f"{value:.3f}"
            for value in (figures[name] for name in names)
        ]
        lines.append(f"{pair:<16}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)
