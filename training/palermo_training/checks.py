"""What is wrong with labelled rows, found before anything is trained on them.

A problem is fatal where training could not run, or where what it learnt or reported would
be false: a label that nobody knows, a row without words, a text that is said to have a label
and not to have it, a label that cannot be cross-validated, more than a few rows that stand on
both sides of cross-validation. Everything else is a warning, the shipped corpus's
disagreement too: it may be the corpus that is wrong.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from difflib import get_close_matches
from shlex import quote
from textwrap import shorten
from typing import Final

from palermo.errors import CorpusError
from palermo.labels import LABELS
from palermo.outputs.table import printable
from palermo.text import tokens
from palermo_training import recipe, variety
from palermo_training.corpus import Row
from palermo_training.problems import Problem
from palermo_training.suspects import Suspect

_LONGEST: Final = 250  # words; twice the longest passage of the shipped corpus
_FEWEST: Final = 30  # rows: half of them right is 50 % ± 18 (95 % interval)
_SHOWN: Final = 100  # characters of a suspect's text
_MOST_PARTED: Final = 0.1  # of the rows; more would decide whether a new model seems better

_BROKEN = re.compile("[\ufffd\ud800-\udfff]|[ÂÃ][\u0080-\u00bf]|â€")  # UTF-8 read as something else
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f]")


def check(
    rows: Sequence[Row], shipped: Sequence[Row] = (), labels: Sequence[str] = LABELS
) -> list[Problem]:
    """Find what is wrong with rows that a model is to learn from.

    Parameters
    ----------
    rows : sequence of Row
        From users; their labels may be any strings.
    shipped : sequence of Row, default ()
        What is trained on together with them; empty if they are alone.
    labels : sequence of str, optional
        All that may occur: those that palermo knows and those that were announced.

    Returns
    -------
    list of Problem
        Fatal ones first, then in the order of ``rows``.

        Fatal: labels that are not in ``labels``; texts without words; a text that stands
        twice among ``rows`` with contrary labels; a label that no row was judged for, that
        all or none of the judged rows have, or that cross-validation leaves without a yes or
        a no; more than one row in ten that has the same text or nearly the same text as a row
        of another group.

        Warnings: broken encodings, control characters, texts of more than 250 words; the
        same or nearly the same text elsewhere; rows without a group; labels with fewer than
        30 rows, or with yes or no alone among ``rows``.

    Examples
    --------
    >>> rows = [Row("1", "They paid.", ("smugling",), "smugling", "1", place="rows.jsonl:1")]
    >>> print(check(rows)[0])
    rows.jsonl:1: unknown label 'smugling', did you mean 'smuggling'?; write --map
    smugling=smuggling, or --new smugling if it is a label of its own
    """
    if not rows:
        return []
    found = [
        *_labels(rows, labels),
        *(problem for row in rows for problem in _text(row)),
        *_repeats(rows, shipped),
        *_support(rows, shipped, labels),
        *_groups(rows),
    ]
    line = {_name(row): number for number, row in enumerate(rows)}
    return sorted(found, key=lambda each: (not each.fatal, line.get(each.place, len(rows))))


def table(problems: Sequence[Problem], suspects: Sequence[Suspect], count: int) -> str:
    """Lay out what was found as text.

    Parameters
    ----------
    problems : sequence of Problem
        From :func:`check`.
    suspects : sequence of Suspect
        From :func:`palermo_training.suspects.suspects`.
    count : int
        Lines for errors, for warnings and for suspects, each at most.

    Returns
    -------
    str
        Several lines; empty if nothing was found.

    Examples
    --------
    >>> print(table([Problem("rows.jsonl:7", "no text", "give each row a text", True)], [], 20))
    Errors, to be mended before anything is trained: 1
      rows.jsonl:7: no text; give each row a text
    """
    parts = {
        "Errors, to be mended before anything is trained": [str(p) for p in problems if p.fatal],
        "Warnings": [str(p) for p in problems if not p.fatal],
        "Labels that may be wrong, the most suspect first": [
            f"{_name(each.row)}: {each.label}: {'yes' if each.given else 'no'} given, "
            f"yes {each.probability:.2f} probable: {shorten(each.row.text, _SHOWN)}"
            for each in suspects
        ],
    }
    lines = []
    for head, found in parts.items():
        if found:
            lines += [
                f"{head}: {len(found):,}",
                *(f"  {printable(each)}" for each in found[:count]),
            ]
        if len(found) > count:
            every = f"'palermo check --count {len(found)}' shows all"
            lines.append(f"  … and {len(found) - count:,} more; {every}")
    return "\n".join(lines)


def _labels(rows: Sequence[Row], labels: Sequence[str]) -> Iterator[Problem]:
    """Find labels that nobody announced, each once."""
    tagged: dict[str, list[Row]] = defaultdict(list)
    judged: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        for label in row.tags:
            tagged[label].append(row)
        for label in row.judged:
            judged[label].append(row)
    for label in dict.fromkeys((*tagged, *judged)):
        if label in labels or (label in LABELS and not tagged[label]):  # judged by default
            continue
        found = tagged[label] or judged[label]
        what = f"unknown label {label!r}"
        if len(found) > 1:
            what += f" (in {len(found):,} rows, here first)"
        near = get_close_matches(label.casefold(), labels, 1)
        what += f", did you mean {near[0]!r}?" if near else f"; known are {', '.join(labels)}"
        known = near[0] if near else "LABEL"
        yield Problem(
            _name(found[0]),
            what,
            f"write --map {quote(label)}={known}, or --new {quote(label)} if it is a label of "
            "its own",
            True,
        )


def _text(row: Row) -> Iterator[Problem]:
    """Find what is wrong with one text alone."""
    place, words = _name(row), len(tokens(row.text))
    if not words:
        yield Problem(
            place,
            f"a text without words: {row.text[:40]!r}",
            "give it a text, or take it out",
            True,
        )
    if broken := _BROKEN.search(row.text):
        near = row.text[max(broken.start() - 15, 0) : broken.end() + 15]
        yield Problem(
            place,
            f"broken characters in {near!r}",
            "export it again as UTF-8, or mend them: such words are no words that a model knows",
            False,
        )
    if control := _CONTROL.search(row.text):
        yield Problem(
            place,
            f"control character {control[0]!r} at character {control.start():,}",
            "take it out, and look whether text is lost there",
            False,
        )
    if words > _LONGEST:
        yield Problem(
            place,
            f"{words:,} words, expected a passage of {_LONGEST} at most",
            "part documents into sentences or paragraphs and label each: a label on a whole "
            "document teaches all its words",
            False,
        )


def _repeats(rows: Sequence[Row], shipped: Sequence[Row]) -> Iterator[Problem]:
    """Find texts that cross-validation would learn and test."""
    every = [*shipped, *rows]
    parted: set[int] = set()  # rows that repeat one of another group
    firsts: list[int] = []  # of each text
    copies: dict[str, dict[tuple[object, ...], int]] = {}  # of a text, one for each labelling
    for number, row in enumerate(every):
        own = number >= len(shipped)
        if not (text := " ".join(tokens(row.text))):
            continue
        if text not in copies:
            firsts.append(number)
        earlier = copies.setdefault(text, {})
        if own and earlier:
            others = sorted(earlier.values(), key=lambda other: other < len(shipped))  # own first
            contrary = (other for other in others if _contrary(row, every[other]))
            other = next(contrary, others[0])
            yield _twins(row, every[other], 1.0, other >= len(shipped))
            if any(every[other].group != row.group for other in others):
                parted.add(number)
        earlier.setdefault((own, row.tags, row.judged), number)
    seen: set[int] = set()
    numbered = [replace(every[number], id=str(number)) for number in firsts]
    for pair in variety.duplicates(numbered):  # most alike first, the later row on the right
        left, right = int(pair.left), int(pair.right)
        if right < len(shipped):
            continue
        if every[left].group != every[right].group:
            parted.add(right)
        if right not in seen:
            seen.add(right)
            yield _twins(every[right], every[left], pair.likeness, left >= len(shipped))
    if len(parted) > _MOST_PARTED * len(rows):
        yield Problem(
            _files(rows),
            f"{len(parted):,} of {len(rows):,} rows repeat a text of another group, "
            f"expected {_MOST_PARTED:.0%} at most",
            "mend the warnings about them: a model would be tested on what it has learnt",
            True,
        )


def _twins(row: Row, other: Row, likeness: float, own: bool) -> Problem:
    """Say that a row has the text of another, and what that does."""
    same = likeness == 1
    what = "the same text as " if same else f"nearly the same text ({likeness:.0%}) as "
    what += _name(other) if own else f"row {other.id!r} of the shipped corpus"
    if contrary := _contrary(row, other):
        sides = (
            f"{label} ({'yes here, no' if label in row.tags else 'no here, yes'} there)"
            for label in contrary
        )
        if not own:
            remedy = "correct or take out yours; if it is right, it is learnt against the corpus"
        elif same:
            remedy = "decide which is right, and correct the other or take it out"
        else:
            remedy = "see that both are right: so small a difference seldom changes a label"
        return Problem(
            _name(row), f"{what}, with other labels: {', '.join(sides)}", remedy, own and same
        )
    if row.group == other.group:
        return Problem(_name(row), what, "take one out, or it counts twice", False)
    return Problem(
        _name(row),
        f"{what}, in another group",
        f"take it out, or give it the group {other.group!r}: figures look better than they are "
        "where a model has seen the text",
        False,
    )


def _contrary(row: Row, other: Row) -> list[str]:
    """List labels that one row has and the other was judged not to have."""
    if row.tags == other.tags:
        return []
    both = [label for label in row.judged if label in other.judged]
    return [label for label in both if (label in row.tags) != (label in other.tags)]


def _support(
    rows: Sequence[Row], shipped: Sequence[Row], labels: Sequence[str]
) -> Iterator[Problem]:
    """Find labels that there is too little to learn from."""
    every = [*rows, *shipped]
    place = _files(rows)
    try:
        folds = list(recipe.folds([row.group for row in every]))
    except CorpusError as error:
        yield Problem(place, str(error), "give rows of different articles different groups", True)
        return
    for label in labels:
        judged = [label in row.judged for row in every]
        yes = [asked and label in row.tags for asked, row in zip(judged, every, strict=True)]
        no = [asked and not has for asked, has in zip(judged, yes, strict=True)]
        if not any(judged):
            yield Problem(
                place, f"no row was judged for {label!r}", "label some, or leave it out", True
            )
            continue
        for side, which in (("have", yes), ("lack", no)):
            groups = {row.group for row, held in zip(every, which, strict=True) if held}
            what = f"rows that {side} {label!r}: {sum(which):,}, in groups: {len(groups):,}"
            if not all(any(which[at] for at in inside) for inside, _ in folds):
                yield Problem(
                    place,
                    f"{what}; expected two groups or more, not all in one fold",
                    "label more, in other groups: cross-validation leaves groups out in turn, "
                    "and must still learn it from the others",
                    True,
                )
            elif sum(which) < _FEWEST:
                yield Problem(
                    place,
                    f"{what}; expected {_FEWEST} rows or more",
                    "label more: with fewer, the share of them that a model gets right is known "
                    "to 18 points at best",
                    False,
                )
        ours = [yes[at] for at in range(len(rows)) if judged[at]]
        if not ours:
            continue
        if all(ours) or not any(ours):
            yield Problem(
                place,
                f"all {len(ours):,} rows that were judged for {label!r} "
                f"{'have' if ours[0] else 'lack'} it",
                "label rows of the other kind too; if nobody looked for it, leave it out of "
                "judged, or an unknown is taken for an answer",
                False,
            )


def _groups(rows: Sequence[Row]) -> Iterator[Problem]:
    """Note rows that have no group."""
    if alone := sum(row.group == row.id for row in rows):
        yield Problem(
            _files(rows),
            f"{alone:,} of {len(rows):,} rows have no group, so each is its own",
            "give rows of one article, or written together, the same group; if there are none, "
            "all is well",
            False,
        )


def _name(row: Row) -> str:
    return row.place or row.id


def _files(rows: Sequence[Row]) -> str:
    """Name the files that rows come from."""
    files = dict.fromkeys(row.place.rpartition(":")[0] for row in rows if row.place)
    return ", ".join(files) or "the rows"
