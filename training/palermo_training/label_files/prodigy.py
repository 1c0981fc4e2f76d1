"""What Prodigy's ``db-out`` writes: choices among options, and yes or no to one label."""

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
    listed,
    mapping,
    shown,
    strings,
)
from palermo_training.problems import Problem


def fits(found: dict[str, Any]) -> bool:
    """Tell whether an object is a task of Prodigy's.

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
    >>> fits({"text": "They paid.", "label": "smuggling", "answer": "accept"})
    True
    """
    return bool(found.keys() & {"answer", "_task_hash", "_input_hash"}) or (
        found.keys() >= {"options", "accept"}
    )


def items(path: Path, objects: Sequence[Found]) -> Iterator[Item | Problem]:
    """Read every task.

    Parameters
    ----------
    path : Path
        Their file, for messages.
    objects : sequence of Found
        In the order of the file. Tasks with one ``_input_hash``, or one text, are answers
        to one text: of several annotators, or on several labels.

    Yields
    ------
    Item or Problem
        For each, in the same order.

    Examples
    --------
    >>> found = {"text": "They paid.", "label": "policy", "answer": "reject"}
    >>> [item.answers for item in items(Path("a"), [("a:1", found)])]
    [[Answer(labels=(), judged=('policy',), primary='')]]
    """
    yield from each(objects, _item)


def _item(place: str, found: dict[str, Any]) -> Item:
    answer = _answer(found)
    return Item(
        place,
        found.get("text"),
        [answer] if isinstance(answer, Answer) else [],
        [answer] if isinstance(answer, Reason) else [],
        details(found, found.get("meta")),
        key=repr(found.get("_input_hash", found.get("text"))),
    )


def _answer(found: dict[str, Any]) -> Answer | Reason:
    given = found.get("answer")
    if given is None:
        return Reason.GUESSED if found.get("accept") else Reason.EMPTY
    if given == "ignore":
        return Reason.IGNORED
    if given not in ("accept", "reject"):
        raise CorpusError(f"answer is {shown(given)}; accept, reject or ignore was expected")
    if "options" in found or "accept" in found:
        return _choice(found) if given == "accept" else Reason.REJECTED
    if "label" not in found:
        raise CorpusError("no label and no options; export a task of text classification")
    if not isinstance(found["label"], str):
        raise CorpusError(f"label is {shown(found['label'])}; one label was expected")
    label = strings(found["label"], "label")
    return Answer(label if given == "accept" else (), judged=label)


def _choice(found: dict[str, Any]) -> Answer | Reason:
    # An option's id is the label, unless it is a number that stands for its text.
    options = {
        repr(option.get("id")): option.get("id" if isinstance(option.get("id"), str) else "text")
        for option in listed(found.get("options"))
    }
    judged = strings(list(options.values()), "options")
    accept = found.get("accept", [])
    if not isinstance(accept, list):
        raise CorpusError(f"accept is {shown(accept)}; a list of ids of options was expected")
    for each_ in accept:
        if judged and repr(each_) not in options:
            raise CorpusError(f"{shown(each_)} in accept is none of the options; export it again")
    if not accept and mapping(found.get("config")).get("choice_style") != "multiple":
        return Reason.EMPTY
    labels = strings([options.get(repr(each_), each_) for each_ in accept], "accept")
    return Answer(labels, judged or None)
