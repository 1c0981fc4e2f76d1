"""Figures by part: where the model is right, and where it is not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from palermo.labels import LABELS
from palermo.tags import rolled_up
from palermo.terms import uses
from palermo_training.corpus import Row
from palermo_training.evaluation import DRAWS, SEED, Decision, evaluate

_PARTS: Final = ("article", "lang", "region", "genre", "unit", "period")
_LEAST: Final = 100  # authored rows of a part that gets a line of its own
_BINS: Final = 10  # of the reliability diagram


def parts(rows: Sequence[Row], decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Score seeds by article, and authored rows by language, region, genre and kind.

    Parameters
    ----------
    rows : sequence of Row
        All of one origin; authored rows with their attributes.
    decisions : sequence of Decision
        What models said of them that never saw their groups.

    Returns
    -------
    list of dict
        ``part``, ``rows``, ``macro_f1`` with its interval ``low`` to ``high`` (none where the
        part is one group), ``macro_f1_tags`` and ``accuracy`` of every article, and of every
        part of a hundred authored rows or more.

    Examples
    --------
    >>> row = Row("1", "Sign up", (), "none", "seed-000", origin="seed")
    >>> parts([row], [Decision((), "none")])[0]["part"]
    'article seed-000'
    """
    found = []
    for name in _PARTS:
        values = [_part(row, name) for row in rows]
        for value in sorted(set(values) - {""}):
            which = [at for at, each in enumerate(values) if each == value]
            if name != "article" and len(which) < _LEAST:
                continue
            figures = evaluate([rows[at] for at in which], [decisions[at] for at in which], "")
            score = figures.macro_f1
            interval = {"low": round(score.low, 4), "high": round(score.high, 4)}
            found.append(
                {
                    "part": f"{name} {value}",
                    "rows": len(which),
                    "macro_f1": round(score.value, 4),
                    **(interval if figures.groups > 1 else {}),
                    "macro_f1_tags": round(figures.macro_f1_tags.value, 4),
                    "accuracy": round(figures.accuracy, 4),
                }
            )
    return found


def _part(row: Row, name: str) -> str:
    """Name the part of that sort to which a row belongs; empty for none."""
    if row.origin == "seed":
        return row.group if name == "article" else ""
    return row.lang if name == "lang" else row.attributes.get(name, "")


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


def term_check(
    rows: Sequence[Row], decisions: Sequence[Decision], masked: Sequence[Decision]
) -> dict[str, dict[str, Any]]:
    """Score the warnings of :mod:`palermo.terms`.

    What a row uses, :func:`palermo.terms.uses` reads from its text; what it describes, its
    tags say, which the codebook gives by what is told and not by the words. So a word is
    wrong where the row uses one of the two and has the tag of the other alone. That holds
    for written rows and for sentences of articles alike. A row with neither tag, such as an
    arrest for "trafficking" that tells of no deed, shows no wrong word, whatever its article
    was about: a warning there counts as false.

    Parameters
    ----------
    rows : sequence of Row
        The truth, of either origin.
    decisions, masked : sequence of Decision
        What the model said of them, and of them with the words taken out.

    Returns
    -------
    dict
        By the word that is used: ``rows``, in which it is recognised; ``wrong``, how many of
        them have the other label alone (of ``said both``: both labels); ``warned``, how many
        got a warning; ``precision`` of the warnings and ``recall`` of the wrong words, each
        with its 95 % interval, and left out where there are none. ``word recognised``, if
        any row has the attribute ``term``: the share of rows with a wrong word by it in which
        a word is recognised.

    Examples
    --------
    >>> row = Row("1", "Traffickers led them over.", ("smuggling",), "smuggling", "a")
    >>> said = [Decision(("smuggling",), "smuggling")]
    >>> term_check([row], said, said)["said trafficking"]["recall"]
    1.0
    """
    used = [uses(row.text) for row in rows]
    found: dict[str, dict[str, Any]] = {}
    nothing: set[str] = set()
    for word, has, lacks, read in (
        ("trafficking", {"smuggling"}, {"trafficking"}, masked),
        ("smuggling", {"trafficking"}, {"smuggling"}, masked),
        ("both", {"smuggling", "trafficking"}, nothing, decisions),
    ):
        which = [
            (
                row.group,
                has <= {*row.tags} and not lacks & {*row.tags},
                has <= {*said.tags} and not lacks & {*said.tags},
            )
            for row, said, each in zip(rows, read, used, strict=True)
            if each == word
        ]
        warned = [(group, wrong) for group, wrong, warning in which if warning]
        wrong = [(group, warning) for group, wrong, warning in which if wrong]
        found[f"said {word}"] = {"rows": len(which), "wrong": len(wrong), "warned": len(warned)}
        for name, some in (("precision", warned), ("recall", wrong)):
            if some:
                shares = _share(name, [group for group, _ in some], [yes for _, yes in some])
                found[f"said {word}"] |= shares
    marked = [
        (row.group, row.lang, bool(each))
        for row, each in zip(rows, used, strict=True)
        if row.attributes.get("term") == "wrong"
    ]
    if marked:
        found["word recognised"] = {"rows": len(marked)}
    for lang in sorted({lang for _, lang, _ in marked}):
        some = [(group, yes) for group, each, yes in marked if each == lang]
        found["word recognised"] |= _share(lang, [g for g, _ in some], [yes for _, yes in some])
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


def joined(rows: Sequence[Row]) -> list[Row]:
    """Join rows of a group to documents of eight.

    Parameters
    ----------
    rows : sequence of Row
        Any rows.

    Returns
    -------
    list of Row
        As many as there were: the first of each eight has the text of all of them as
        paragraphs, the others have none.

    Examples
    --------
    >>> rows = [Row(str(at), f"Line {at}.", (), "none", "a") for at in range(3)]
    >>> sorted(len(row.text) for row in joined(rows))
    [0, 0, 25]
    """
    found = [replace(row, text="") for row in rows]
    for document in _documents(rows):
        text = "\n\n".join(rows[at].text for at in document)
        found[document[0]] = replace(rows[document[0]], text=text)
    return found


def _documents(rows: Sequence[Row]) -> list[list[int]]:
    """Part rows into documents of eight of one group and language, in an order of chance."""
    groups: dict[tuple[str, str], list[int]] = {}
    for at in np.random.default_rng(SEED).permutation(len(rows)).tolist():
        groups.setdefault((rows[at].group, rows[at].lang), []).append(at)
    return [all_[at : at + 8] for all_ in groups.values() for at in range(0, len(all_), 8)]


def units(
    rows: Sequence[Row], decisions: Sequence[Decision], at_once: Sequence[Decision]
) -> dict[str, dict[str, Any]]:
    """Hold documents that are rolled up from passages against those scored as one text.

    (``Predictor.tag`` rolls up sentences; here it is the written passages, as they are.)

    Parameters
    ----------
    rows : sequence of Row
        The truth of passages; a document has every tag that one of its passages has, and
        the label that most of them have but for ``none``.
    decisions, at_once : sequence of Decision
        What the model said of the passages, and of what :func:`joined` makes of them.

    Returns
    -------
    dict
        ``rolled up`` and ``at once``: ``documents``, and ``macro_f1``, ``macro_f1_tags`` and
        ``accuracy`` of them.

    Examples
    --------
    >>> row = Row("1", "A raid", ("enforcement",), "enforcement", "a")
    >>> said = Decision(("enforcement",), "enforcement")
    >>> units([row], [said], [said])["at once"]["accuracy"]
    1.0
    """

    def roll_up(said: Sequence[Row | Decision]) -> Decision:
        label, tags = rolled_up(LABELS, [(each.primary, each.tags) for each in said])
        return Decision(tags, label)

    documents = _documents(rows)
    truth = []
    for document in documents:
        whole = roll_up([rows[at] for at in document])
        truth.append(replace(rows[document[0]], tags=whole.tags, primary=whole.primary))
    found = {}
    for name, said in (
        ("rolled up", [roll_up([decisions[at] for at in document]) for document in documents]),
        ("at once", [at_once[document[0]] for document in documents]),
    ):
        figures = evaluate(truth, said, "")
        found[name] = {
            "documents": len(documents),
            "macro_f1": round(figures.macro_f1.value, 4),
            "macro_f1_tags": round(figures.macro_f1_tags.value, 4),
            "accuracy": round(figures.accuracy, 4),
        }
    return found


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
