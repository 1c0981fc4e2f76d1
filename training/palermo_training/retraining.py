"""A model that learns a user's labels too: what it learns from, and what it is held against."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from palermo import store
from palermo.artifact import Artifact
from palermo.errors import CorpusError
from palermo.labels import LABELS
from palermo_training import checks, comparison, corpus, label_files
from palermo_training.comparison import Difference
from palermo_training.corpus import Row, read_objects, read_row
from palermo_training.problems import Problem

LEARNT: Final = "labels.jsonl"
"""File beside an installed model: the user's rows that it learnt from."""


@dataclass(frozen=True)
class Labelled:
    """What somebody labelled, read and checked.

    Attributes
    ----------
    rows : list of Row
        Of origin ``user``.
    shipped : list of Row
        The rows of the shipped corpus that are learnt from together with them.
    labels : tuple of str
        All that a model of both has.
    problems : list of Problem
        What is wrong.
    failed : list of str
        What is said of files that could not be read at all.

    Examples
    --------
    >>> Labelled([], [], LABELS, [], []).fatal
    False
    """

    rows: list[Row]
    shipped: list[Row]
    labels: tuple[str, ...]
    problems: list[Problem]
    failed: list[str]

    @property
    def fatal(self) -> bool:
        """Whether something must be mended before a model learns from them."""
        return bool(self.failed) or any(problem.fatal for problem in self.problems)


def gather(
    files: Sequence[Path],
    kind: label_files.Kind | None = None,
    renamed: Mapping[str, str] | None = None,
    new: Sequence[str] = (),
    only: bool = False,
) -> Labelled:
    r"""Read files of labels, and check them.

    Parameters
    ----------
    files : sequence of Path
        In any of the forms that :mod:`palermo_training.label_files` reads.
    kind : Kind, optional
        Their form; told from what they hold by default.
    renamed : mapping of str to str, optional
        What labels in the files are called here.
    new : sequence of str, default ()
        Labels that palermo does not know yet.
    only : bool, default False
        Whether the files' labels are all there are, and the shipped corpus stays out.

    Returns
    -------
    Labelled

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "mine.csv")
    ...     _ = path.write_text("text,label\nThey paid by boat.,boat\n")
    ...     gather([path], only=True).labels
    ('boat',)
    """
    rows: list[Row] = []
    problems: list[Problem] = []
    failed: list[str] = []
    files = list(dict.fromkeys(files))
    for file in files:
        try:
            found, wrong = label_files.read(file, kind, renamed)
        except CorpusError as error:
            failed.append(str(error))
            continue
        alone = sum(each.name == file.name for each in files) == 1
        rows += [_named(row, file.name if alone else str(file)) for row in found]
        problems += wrong
    given = tuple(dict.fromkeys(tag for row in rows for tag in row.tags))
    if only:
        labels = given
        rows = [
            replace(row, judged=tuple(label for label in row.judged if label in given))
            for row in rows
        ]
    else:
        labels = tuple(dict.fromkeys((*LABELS, *new)))
    shipped = [] if only else [*corpus.seeds(), *corpus.authored()]
    if not failed and not (rows and labels):
        what, remedy = "no labels to learn from", "label some rows, and mend what is said above"
        problems.append(Problem(", ".join(map(str, files)), what, remedy, fatal=True))
    problems += checks.check(rows, shipped, labels)
    return Labelled(rows, shipped, labels, problems, failed)


def _named(row: Row, file: str) -> Row:
    """Tell a row from those of other files: every tool counts from 1."""
    id_ = f"{file}:{row.place.rpartition(':')[2] if row.id == row.place else row.id}"
    return replace(row, id=id_, group=id_ if row.group == row.id else row.group)


def retrain(
    labelled: Labelled, name: str, say: Callable[[str], None] | None = None
) -> tuple[Artifact, list[Difference]]:
    """Train on labelled rows, and hold that against what an installed model learnt from.

    Parameters
    ----------
    labelled : Labelled
        From :func:`gather`, with nothing fatal.
    name : str
        The model to compare with, as :mod:`palermo.store` knows it.
    say : callable, optional
        Is told of each step, in a line.

    Returns
    -------
    artifact : Artifact
        The new model.
    differences : list of Difference
        As :func:`palermo_training.comparison.compare` gives them.

    Raises
    ------
    CorpusError
        If something fatal is wrong, or it is not known what the other model learnt from.

    Examples
    --------
    >>> retrain(Labelled([], [], LABELS, [], ["a.csv: no such file"]), "packaged")
    Traceback (most recent call last):
    palermo.errors.CorpusError: a.csv: no such file
    """
    fatal = [str(problem) for problem in labelled.problems if problem.fatal]
    for wrong in labelled.failed + fatal:
        raise CorpusError(wrong)
    return comparison.compare(learnt(name), [*labelled.shipped, *labelled.rows], say)


def learnt(name: str) -> list[Row]:
    """Say what an installed model learnt from.

    Parameters
    ----------
    name : str
        Of a model, as :mod:`palermo.store` knows it.

    Returns
    -------
    list of Row
        Of the shipped corpus as this version of palermo has it, and of its user's labels.

    Raises
    ------
    CorpusError
        If that is not known.

    Examples
    --------
    >>> {row.origin for row in learnt("packaged")} == {"seed", "authored"}
    True
    """
    shipped = [*corpus.seeds(), *corpus.authored()]
    if name == store.PACKAGED:
        return shipped
    only = store.read(name).figures.get("only")
    path = store.path(name).with_name(LEARNT)
    try:
        found = list(read_objects(path))
        others = {label for _, each in found for label in each["judged"]} - {*LABELS}
        rows = [read_row(each, place, [*LABELS, *sorted(others)]) for place, each in found]
    except (CorpusError, KeyError, TypeError):
        raise CorpusError(
            f"{path}: the labels that the model in use, {name}, learnt from cannot be read, so "
            f"nothing can be held against it; 'palermo models use {store.PACKAGED}' first"
        ) from None
    return rows if only else [*shipped, *rows]


def written(rows: Sequence[Row]) -> bytes:
    """Lay a user's rows out as JSON lines.

    Parameters
    ----------
    rows : sequence of Row
        Any.

    Returns
    -------
    bytes
        What :func:`learnt` reads, and ``palermo train --labels`` too.

    Examples
    --------
    >>> written([Row("1", "They paid.", ("policy",), "policy", "1", ("policy",))])[:40]
    b'{"id": "1", "text": "They paid.", "tags"'
    """
    names = ("id", "text", "tags", "primary", "group", "judged", "lang", "origin")
    lines = (json.dumps({name: getattr(row, name) for name in names}) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode()


def figures(differences: Sequence[Difference], only: bool) -> dict[str, Any]:
    """Lay a comparison out as an installed model carries it.

    Parameters
    ----------
    differences : sequence of Difference
        Of the new model to the one before.
    only : bool
        Whether the shipped corpus stayed out.

    Returns
    -------
    dict
        Of plain values.

    Examples
    --------
    >>> figures([], only=True)
    {'only': True, 'comparison': []}
    """
    return {"only": only, "comparison": [asdict(each) for each in differences]}
