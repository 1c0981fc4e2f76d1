"""Files of labels, in palermo's form or as other tools export them -> rows.

A module a form tells its objects (``fits``) and makes items of them (``items``): a text with
the answers of its annotators. Here the answers become rows, the same way for all forms.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, get_args

from palermo.errors import CorpusError
from palermo.labels import LABELS, NONE
from palermo_training.corpus import Row, parse_object, read_labels, read_row, read_text
from palermo_training.label_files import argilla, doccano, label_studio, prodigy, table
from palermo_training.label_files import rows as own_rows
from palermo_training.label_files.item import (
    Answer,
    Found,
    Item,
    Reason,
    is_output,
    problem,
    shown,
)
from palermo_training.label_files.votes import Vote, decide
from palermo_training.problems import Problem

Kind = Literal["palermo", "csv", "label-studio", "doccano", "prodigy", "argilla"]
"""The forms that are read; ``csv`` is any table."""

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
"""All of them, in the order in which messages list them."""

_MOST_LABELS: Final = 100  # more are no scheme, but a column of something else

_JSON: Final[Mapping[Kind, Callable[[dict[str, Any]], bool]]] = {
    "palermo": own_rows.fits,
    "label-studio": label_studio.fits,
    "doccano": doccano.fits,
    "prodigy": prodigy.fits,
    "argilla": argilla.fits,
}
_TABLES: Final[Mapping[Kind, Callable[[dict[str, Any]], bool]]] = {
    "palermo": lambda cells: table.fits(cells) and is_output(cells),
    "csv": lambda cells: table.fits(cells) and not is_output(cells),
    "doccano": doccano.fits_table,
}
_ITEMS: Final[Mapping[Kind, Callable[[Path, Sequence[Found]], Iterator[Item | Problem]]]] = {
    "palermo": own_rows.items,
    "csv": table.items,
    "label-studio": label_studio.items,
    "doccano": doccano.items,
    "prodigy": prodigy.items,
    "argilla": argilla.items,
}


def read(
    path: Path, kind: Kind | None = None, renamed: Mapping[str, str] | None = None
) -> tuple[list[Row], list[Problem]]:
    r"""Read the labels that people gave in a file.

    Parameters
    ----------
    path : Path
        UTF-8; ``-`` is standard input.
    kind : Kind, optional
        Its form; told by its content if it is not given.
    renamed : mapping of str to str, optional
        What labels in the file are called here, as ``trata`` to ``trafficking``; ``none``
        is no label.

    Returns
    -------
    list of Row
        Of origin ``user``, in the order of the file, with any labels: palermo's first, then
        others by name. A row without ``judged`` of its own has judged all labels of the
        file (in palermo's form: palermo's too).
    list of Problem
        Whatever did not become a row, and what is doubtful about those that did.

    Raises
    ------
    CorpusError
        If the file as a whole cannot be read: missing, not UTF-8, broken JSON, empty, of
        no form or more than one, with several questions that ask for labels.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text("texto;etiqueta\nLa retuvieron.;trata\nLlueve.;none\n")
    ...     found, problems = read(path, renamed={"trata": "trafficking"})
    >>> [(row.text, row.tags, row.judged) for row in found]
    [('La retuvieron.', ('trafficking',), ('trafficking',)),
     ('Llueve.', (), ('trafficking',))]
    """
    renamed = renamed or {}
    if empty := [name for name in (*renamed, *renamed.values()) if not name.strip()]:
        raise CorpusError(f"{shown(empty[0])} is no label to rename; for no label write none")
    try:
        return _read(path, kind, renamed)
    except RecursionError:
        raise CorpusError(f"{path}: nested too deep to read; export it again") from None
    except MemoryError:
        raise CorpusError(f"{path}: too large for the memory here; split it") from None


def _read(
    path: Path, kind: Kind | None, renamed: Mapping[str, str]
) -> tuple[list[Row], list[Problem]]:
    text = read_text(path)
    start = text.lstrip()[:1]
    if not start:
        raise CorpusError(f"{path}: empty; labelled rows were expected")
    in_json = start in "{[" and kind != "csv"
    if not in_json and kind not in (None, *_TABLES):
        raise CorpusError(f"{path}: not JSON, which {kind} exports; export it as JSON")
    if not in_json:
        found, problems = table.parse(path, text)
    elif start == "[":
        found, problems = _array(path, text)
    else:
        found, problems = _lines(path, text)
    if not found:
        if problems:
            return [], problems
        raise CorpusError(f"{path}: no rows; labelled rows were expected, of {', '.join(KINDS)}")
    kind = kind or _tell(path, found, _JSON if in_json else _TABLES)
    of_table = kind == "palermo" and not in_json
    items: list[Item] = []
    for each in (table.items if of_table else _ITEMS[kind])(path, found):
        if isinstance(each, Item):
            items.append(each)
        else:
            problems.append(each)
    rows, more = _rows(path, _merged(items), renamed, LABELS if kind == "palermo" else ())
    return rows, problems + more


def _lines(path: Path, text: str) -> tuple[list[Found], list[Problem]]:
    """Read JSON lines; a broken one is named, and stops no other."""
    found: list[Found] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            place = f"{path}:{number}"
            try:
                found.append((place, parse_object(line, place)))
            except CorpusError as error:
                problems.append(problem(place, error))
    return found, problems


def _array(path: Path, text: str) -> tuple[list[Found], list[Problem]]:
    """Read a JSON array of objects."""
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise CorpusError(f"{path}:{error.lineno}: no JSON ({error}); export it again") from None
    except ValueError as error:  # a number of thousands of digits
        raise CorpusError(f"{path}: no JSON ({error}); export it again") from None
    found: list[Found] = []
    problems: list[Problem] = []
    for number, value in enumerate(values, 1):
        place = f"{path}:item {number}"
        if isinstance(value, dict):
            found.append((place, value))
        else:
            what = f"{shown(value)}, where an object was expected"
            problems.append(Problem(place, what, "export the file again", fatal=True))
    return found, problems


def _tell(
    path: Path,
    found: Sequence[Found],
    forms: Mapping[Kind, Callable[[dict[str, Any]], bool]],
) -> Kind:
    """Tell the one form that any object of the file has."""
    fitting = [kind for kind, fits in forms.items() if any(fits(each) for _, each in found)]
    if fitting == ["csv", "doccano"] and "comments" in found[0][1]:
        return "doccano"  # which has this column, and joins labels by a #
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        what = f"it may be of {' or '.join(fitting)}"
    else:
        what = f"the fields {shown(list(found[0][1]))} are of no form that is known"
    raise CorpusError(f"{path}: {what}; say which it is by --as KIND, of {', '.join(KINDS)}")


def _merged(items: Sequence[Item]) -> list[Item]:
    """Put the answers to one text together, where each stands for itself in the file."""
    found: dict[str, Item] = {}
    for item in items:
        key = item.key or item.place
        first = found.setdefault(key, item)
        if first is item:
            continue
        first.answers.extend(item.answers)
        first.left_out.extend(item.left_out)
        # The first that counts tells of the text.
        if item.answers and len(first.answers) == len(item.answers):
            found[key] = item._replace(answers=first.answers, left_out=first.left_out)
    return list(found.values())


def _rows(
    path: Path, items: Sequence[Item], renamed: Mapping[str, str], own: Sequence[str]
) -> tuple[list[Row], list[Problem]]:
    """Make rows of items; ``own`` are the labels judged wherever nothing else is said."""
    renamed = {name.strip(): label.strip() for name, label in renamed.items()}
    problems: list[Problem] = []
    named: list[tuple[Item, list[Answer]]] = []
    for item in items:
        try:
            named.append((item, [_named(answer, renamed) for answer in item.answers]))
        except CorpusError as error:
            problems.append(problem(item.place, error))
    labels = _labels(path, named)
    occurring = {*own, *_occurring(named)}
    judged = [label for label in labels if label in occurring]
    rows: list[Row] = []
    seen: dict[str, str] = {}
    for item, answers in named:
        if not answers:
            continue
        try:
            row, split = _row(item, answers, labels, judged)
        except CorpusError as error:
            problems.append(problem(item.place, error))
            continue
        if split:
            what = f"{len(answers):,} answers split evenly over {', '.join(split)}"
            remedy = "settle it in the tool; until then these labels count as not judged here"
            problems.append(Problem(item.place, what, remedy, fatal=False))
        if row.id in seen:
            what = f"the id {shown(row.id)} stands twice, first at {seen[row.id]}"
            problems.append(Problem(item.place, what, "give each row an id of its own", fatal=True))
        elif row.judged:
            seen[row.id] = item.place
            rows.append(row)
        elif not split:
            what = "no label holds, and the file names no label that was judged"
            remedy = "add labelled rows, or a column judged with the labels that do not hold"
            problems.append(Problem(item.place, what, remedy, fatal=False))
    return rows, problems + _left_out(path, items) + _unused(path, items, renamed)


def _named(answer: Answer, renamed: Mapping[str, str]) -> Answer:
    """Give labels their names here; ``none`` is no label, and primary if there is none."""

    def name(label: str) -> str:
        label = label.strip()
        label = renamed.get(label, label)
        return NONE if label.casefold() == NONE else label

    labels = tuple(dict.fromkeys(map(name, answer.labels)))
    alone = [label for label in answer.labels if label.strip() not in renamed]
    if NONE in map(name, alone) and len(labels) > 1:
        raise CorpusError(f"none beside other labels, {shown(list(answer.labels))}; take one out")
    labels = tuple(label for label in labels if label != NONE)
    primary = name(answer.primary)
    if not primary or (primary == NONE and answer.primary.strip() in renamed):
        primary = next(iter(labels), NONE)
    if answer.judged is None:
        return Answer(labels, None, primary)
    judged = tuple(dict.fromkeys(map(name, answer.judged)))
    return Answer(labels, tuple(label for label in judged if label != NONE), primary)


def _occurring(named: Sequence[tuple[Item, list[Answer]]]) -> set[str]:
    return {
        label
        for _, answers in named
        for answer in answers
        for label in (*answer.labels, *(answer.judged or ()))
    }


def _labels(path: Path, named: Sequence[tuple[Item, list[Answer]]]) -> list[str]:
    """Give every label that there is, in the order that rows keep."""
    found = _occurring(named)
    if len(found) > _MOST_LABELS:
        raise CorpusError(
            f"{path}: {len(found):,} different labels, as {shown(min(found))}, and at most "
            f"{_MOST_LABELS} are read; put nothing but labels where labels are expected"
        )
    return [*LABELS, *sorted(found.difference(LABELS))]


def _row(
    item: Item, answers: Sequence[Answer], labels: Sequence[str], judged: Sequence[str]
) -> tuple[Row, list[str]]:
    """Make a row of the answers to one text; second, the labels on which they split."""
    votes: list[Vote] = []
    for answer in answers:
        found = {"tags": list(answer.labels), "primary": answer.primary}
        found["judged"] = list(judged if answer.judged is None else answer.judged)
        votes.append(read_labels(found, item.place, labels))
    decided = decide(votes)
    row = {**item.more, "tags": decided.tags, "primary": decided.primary, "judged": decided.judged}
    if item.text is not None:
        row["text"] = item.text
    return read_row(row, item.place, labels), decided.split


def _left_out(path: Path, items: Sequence[Item]) -> list[Problem]:
    """Count what does not count."""
    places: dict[Reason, list[str]] = {}
    for item in items:
        for reason in item.left_out:
            places.setdefault(reason, []).append(item.place)
    problems = []
    for reason, where in places.items():
        what, remedy, fatal = reason.value
        what = f"{len(where):,} left out: {what} (first at {where[0]})"
        problems.append(Problem(str(path), what, remedy, fatal))
    return problems


def _unused(path: Path, items: Sequence[Item], renamed: Mapping[str, str]) -> list[Problem]:
    """Name the labels that were to be renamed and do not occur."""
    found = {
        label.strip()
        for item in items
        for answer in item.answers
        for label in (*answer.labels, *(answer.judged or ()), answer.primary)
        if label
    }
    remedy = f"look at its spelling; the labels here are {shown(sorted(found))}"
    return [
        Problem(str(path), f"no label {shown(name)}, which was to be renamed", remedy, fatal=False)
        for name in renamed
        if name not in found
    ]
