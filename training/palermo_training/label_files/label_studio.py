"""What Label Studio exports: JSON, with every annotation, and JSON_MIN, a line of it each."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from palermo.errors import CorpusError
from palermo_training.label_files.item import (
    PLURAL,
    SINGULAR,
    Answer,
    Found,
    Item,
    Questions,
    Reason,
    details,
    each,
    listed,
    mapping,
    passage,
    questions,
    shown,
    strings,
)
from palermo_training.problems import Problem

_ABOUT: Final = {
    "id", "text", "annotator", "annotation_id", "created_at", "updated_at", "lead_time",
    "agreement", "group", "article", "url", "source", "lang", "meta",
}  # fmt: skip
"""Fields of JSON_MIN that answer no question."""

_NAMED: Final = (*SINGULAR, *PLURAL, "primary")


def fits(found: dict[str, Any]) -> bool:
    """Tell whether an object is a task of Label Studio's, in either form.

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
    >>> fits({"id": 1, "data": {"text": "They paid."}, "annotations": []})
    True
    """
    return isinstance(found.get("data"), dict) or "annotation_id" in found


def items(path: Path, objects: Sequence[Found]) -> Iterator[Item | Problem]:
    """Read every task.

    Parameters
    ----------
    path : Path
        Their file, for messages.
    objects : sequence of Found
        In the order of the file. Lines of JSON_MIN with one ``id`` are answers to one text.

    Yields
    ------
    Item or Problem
        For each, in the same order.

    Raises
    ------
    CorpusError
        If several questions were asked, and none of them is named ``label``.

    Examples
    --------
    >>> found = {"id": 1, "text": "They paid.", "label": "smuggling", "annotation_id": 7}
    >>> [item.answers[0].labels for item in items(Path("a"), [("a:item 1", found)])]
    [('smuggling',)]
    """
    asked: set[str] = set()
    flat: dict[str, bool] = {}  # by field of JSON_MIN: whether it surely is an answer
    for _, found in objects:
        if isinstance(found.get("data"), dict):
            asked |= {str(result.get("from_name")) for result in _choices(found)}
        else:
            for name, value in found.items():
                sure = isinstance(value, dict) and "choices" in value
                if sure or (isinstance(value, str) and name not in _ABOUT):
                    flat[name] = flat.get(name, False) or sure
    named = {name for name in flat if name.strip().casefold() in _NAMED}
    asked |= {name for name, sure in flat.items() if sure} | named or set(flat)
    chosen, problems = questions(path, asked)
    yield from problems
    yield from each(objects, partial(_item, chosen))


def _choices(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Find what answers questions about the whole text, whatever else is broken."""
    annotations = found.get("annotations", found.get("completions"))
    for annotation in annotations if isinstance(annotations, list) else ():
        results = mapping(annotation).get("result")
        for result in results if isinstance(results, list) else ():
            if mapping(result).get("type") == "choices":
                yield result


def _item(asked: Questions, place: str, found: dict[str, Any]) -> Item:
    if not isinstance(found.get("data"), dict):
        answers, left_out = _sorted([_flat(asked, found)])
        return Item(place, found.get("text"), answers, left_out, details(found), _key(found))
    given = listed(found.get("annotations", found.get("completions")))
    answers, left_out = _sorted([_annotation(asked, annotation) for annotation in given])
    if not given:
        guessed = Reason.GUESSED if found.get("predictions") else Reason.EMPTY
        left_out = [Reason.DRAFT if found.get("drafts") else guessed]
    text = passage(found["data"]) if answers else None
    more = details(found, found["data"], found["data"].get("meta"), found.get("meta"))
    return Item(place, text, answers, left_out, more, _key(found))


def _key(found: dict[str, Any]) -> str:
    return repr(found["id"]) if "id" in found else ""


def _sorted(given: Sequence[Answer | Reason]) -> tuple[list[Answer], list[Reason]]:
    return (
        [each_ for each_ in given if isinstance(each_, Answer)],
        [each_ for each_ in given if isinstance(each_, Reason)],
    )


def _flat(asked: Questions, found: dict[str, Any]) -> Answer | Reason:
    given: dict[str, Any] = {}
    for name in asked:
        value = found.get(name)
        choices = value.get("choices") if isinstance(value, dict) else value
        if isinstance(choices, list) and any(isinstance(choice, dict) for choice in choices):
            raise _marks(name)
        given[name] = choices or None
    return asked.answer(given)


def _annotation(asked: Questions, annotation: dict[str, Any]) -> Answer | Reason:
    if annotation.get("was_cancelled") or annotation.get("skipped"):
        return Reason.IGNORED
    given: dict[str, list[str]] = {}
    others: set[str] = set()
    for result in listed(annotation.get("result")):
        value = mapping(result.get("value"))
        if result.get("type") != "choices" or "start" in value:
            others.add(str(result.get("type")))
        else:
            choices = strings(value.get("choices"), "choices")
            given.setdefault(str(result.get("from_name")), []).extend(choices)
    answer = asked.answer({name: choices or None for name, choices in given.items()})
    if others and answer is Reason.EMPTY:
        raise _marks(", ".join(sorted(others)))
    return answer


def _marks(what: str) -> CorpusError:
    return CorpusError(
        f"{shown(what)} answers with no choice about the whole text; "
        "ask for the labels with <Choices>, and export it again"
    )
