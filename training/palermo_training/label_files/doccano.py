"""What doccano exports of a project of text classification."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from palermo.errors import CorpusError
from palermo_training.label_files.item import (
    Answer,
    Found,
    Item,
    Reason,
    details,
    each,
    shown,
    strings,
    unread,
)
from palermo_training.problems import Problem


def fits(found: dict[str, Any]) -> bool:
    """Tell whether an object is an example of doccano's.

    Parameters
    ----------
    found : dict
        An object of the file.

    Returns
    -------
    bool
        By its fields alone.

    Examples
    --------
    >>> fits({"id": 1, "text": "They paid.", "label": ["smuggling"]})
    True
    """
    labels = found.get("label", found.get("labels"))
    return ("text" in found or "data" in found) and isinstance(labels, list)


def fits_table(found: dict[str, Any]) -> bool:
    """Tell whether a row of a table is an example of doccano's.

    Parameters
    ----------
    found : dict
        Cells by column, these in lower case.

    Returns
    -------
    bool
        By a column that only doccano has, or labels joined in doccano's way.

    Examples
    --------
    >>> fits_table({"id": "1", "text": "They paid.", "label": "policy#smuggling"})
    True
    """
    if "text" in found:
        return "id" in found and "#" in found.get("label", "")
    return "data" in found and "label" in found


def items(path: Path, objects: Sequence[Found]) -> Iterator[Item | Problem]:
    """Read every example.

    Parameters
    ----------
    path : Path
        Their file, for messages.
    objects : sequence of Found
        In the order of the file; of CSV with columns in lower case.

    Yields
    ------
    Item or Problem
        For each, in the same order.

    Examples
    --------
    >>> found = {"id": 1, "data": "They paid.", "label": "policy#smuggling"}
    >>> [item.answers[0].labels for item in items(Path("a"), [("a:2", found)])]
    [('policy', 'smuggling')]
    """
    yield from each(objects, _item)


def _item(place: str, found: dict[str, Any]) -> Item:
    name = "label" if "label" in found else "labels"
    labels = found.get(name)
    if isinstance(labels, str):  # in CSV
        labels = [label for label in labels.split("#") if label.strip()]
    if isinstance(labels, list) and any(isinstance(label, list | dict) for label in labels):
        raise CorpusError(
            f"{name} is {shown(labels)}, which marks places in the text, not the whole of it; "
            "label passages in a project of text classification"
        )
    if isinstance(labels, list) and any(isinstance(label, int) for label in labels):
        raise CorpusError(f"{name} is {shown(labels)}, numbers of labels; export their names")
    reason = unread(found) or (None if labels else Reason.EMPTY)
    answers = [] if reason else [Answer(strings(labels, name))]
    return Item(
        place,
        found.get("text", found.get("data")),
        answers,
        [reason] if reason else [],
        details(found, found.get("meta"), found.get("metadata")),
    )
