"""Rows in palermo's own form: text, tags, primary."""

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
    is_output,
    shown,
    strings,
    unread,
)
from palermo_training.problems import Problem


def fits(found: dict[str, Any]) -> bool:
    """Tell whether an object is such a row, or what ``classify`` wrote.

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
    >>> fits({"text": "They paid.", "tags": []})
    True
    """
    if "annotation_id" in found:
        return False  # of Label Studio's, where a question may be named tags
    return "text" in found and ("tags" in found or is_output(found))


def items(path: Path, objects: Sequence[Found]) -> Iterator[Item | Problem]:
    """Read every row.

    Parameters
    ----------
    path : Path
        Their file, for messages.
    objects : sequence of Found
        In the order of the file.

    Yields
    ------
    Item or Problem
        For each, in the same order.

    Examples
    --------
    >>> found = {"text": "They paid.", "tags": ["smuggling"]}
    >>> [item.answers for item in items(Path("a"), [("a:1", found)])]
    [[Answer(labels=('smuggling',), judged=None, primary='')]]
    """
    yield from each(objects, _item)


def _item(place: str, found: dict[str, Any]) -> Item:
    more = details(found, group=["group"])
    if "group" not in more and is_output(found) and isinstance(found.get("file"), str):
        # Passages of one document; with --text-column every line is a document.
        more["group"] = found["file"] + (f":{found['line']}" if "line" in found else "")
    reason = unread(found)
    # What classify wrote has the main label under another name.
    primary = found.get("primary") or (found.get("label") if is_output(found) else None) or ""
    if reason is None and "tags" in found and found["tags"] is None and not primary:
        reason = Reason.EMPTY
    if reason is not None:
        return Item(place, found.get("text"), [], [reason], more)
    if "tags" not in found:
        raise CorpusError("no 'tags'; a row needs text, tags and primary")
    if not isinstance(primary, str):
        raise CorpusError(f"primary is {shown(primary)}; it must be one of the tags, or none")
    judged = found.get("judged")
    answer = Answer(
        strings(primary if found["tags"] is None else found["tags"], "tags"),
        None if judged is None else strings(judged, "judged"),
        primary,
    )
    return Item(place, found.get("text"), [answer], [], more)
