"""What Argilla exports: records of 1.x and 2.x, nested or flat."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from palermo.errors import CorpusError
from palermo_training.label_files.item import (
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

_FLAT: Final = ".responses"
_LEFT_OUT: Final = {"discarded": Reason.DISCARDED, "draft": Reason.DRAFT, "pending": Reason.DRAFT}


class _Response(NamedTuple):
    """What one annotator answered: a value by question, and the status."""

    values: dict[str, Any]
    status: Any


def fits(found: dict[str, Any]) -> bool:
    """Tell whether an object is a record of Argilla's.

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
    >>> fits({"fields": {"text": "They paid."}, "responses": {}})
    True
    """
    return (
        isinstance(found.get("fields"), dict)
        or "annotation" in found
        or any(name.endswith(_FLAT) for name in found)
    )


def items(path: Path, objects: Sequence[Found]) -> Iterator[Item | Problem]:
    """Read every record.

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

    Raises
    ------
    CorpusError
        If several questions were asked, and none of them is named ``label``.

    Examples
    --------
    >>> found = {"inputs": {"text": "They paid."}, "annotation": "policy", "status": "Validated"}
    >>> [item.answers[0].labels for item in items(Path("a"), [("a:1", found)])]
    [('policy',)]
    """
    asked: set[str] = set()
    for _, found in objects:
        try:
            given = _responses(found)
        except CorpusError:  # it is named when the record is read
            continue
        for response in given:
            asked |= {name for name, value in response.values.items() if _may_be_labels(value)}
    chosen, problems = questions(path, asked)
    yield from problems
    yield from each(objects, partial(_item, chosen))


def _may_be_labels(value: object) -> bool:
    many = value if isinstance(value, list) else [value]
    return all(isinstance(each_, str) for each_ in many)


def _item(asked: Questions, place: str, found: dict[str, Any]) -> Item:
    if "annotation" in found:
        given = [_annotation(found)]
        fields = found if isinstance(found.get("text"), str) else mapping(found.get("inputs"))
    else:
        given = [_answer(asked, found, response) for response in _responses(found)]
        fields = found["fields"] if isinstance(found.get("fields"), dict) else found
        if not given:
            guessed = found.get("suggestions") or any(
                name.endswith(".suggestion") for name in found
            )
            given = [Reason.GUESSED if guessed else Reason.EMPTY]
    answers = [each_ for each_ in given if isinstance(each_, Answer)]
    left_out = [each_ for each_ in given if isinstance(each_, Reason)]
    more = details(found, found.get("metadata"))
    if "id" not in more:  # 1.x has it under another name
        more |= details({"id": found.get("external_id")})
    return Item(place, passage(fields) if answers else None, answers, left_out, more)


def _annotation(found: dict[str, Any]) -> Answer | Reason:
    """Read the answer to a record of 1.x, which has one."""
    status = str(found.get("status", "Validated")).casefold()
    labels = found["annotation"]
    if status == "discarded":
        return Reason.DISCARDED
    if labels is None or status == "default":
        return Reason.GUESSED if found.get("prediction") else Reason.EMPTY
    if status != "validated":
        return Reason.DRAFT
    return Answer(strings(labels, "annotation"))


def _responses(found: dict[str, Any]) -> list[_Response]:
    given = found.get("responses")
    if isinstance(given, list):  # 1.x: by annotator
        return [
            _Response(
                {
                    name: mapping(value).get("value")
                    for name, value in mapping(response.get("values")).items()
                },
                response.get("status"),
            )
            for response in listed(given)
        ]
    if given is not None and not isinstance(given, dict):
        raise CorpusError(f"responses are {shown(given)}; export the records again")
    # 2.x: by question, each with a list of annotators; or flat, a field each
    responses: dict[str, _Response] = {}
    for name, answers in (given if isinstance(given, dict) else _unfolded(found)).items():
        for number, answer in enumerate(listed(answers)):
            who = repr(answer.get("user_id", number))
            response = responses.setdefault(who, _Response({}, answer.get("status")))
            response.values[name] = answer.get("value")
    return list(responses.values())


def _unfolded(found: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Give the flat fields of 2.x the form of its nested ones."""
    unfolded: dict[str, list[dict[str, Any]]] = {}
    for name, values in found.items():
        if not name.endswith(_FLAT) or values is None:
            continue
        columns = {"value": values}
        for part, what in (("users", "user_id"), ("status", "status")):
            column = found.get(f"{name}.{part}")
            if column is not None:
                columns[what] = column
        lists = [column for column in columns.values() if isinstance(column, list)]
        if len(lists) < len(columns) or len(set(map(len, lists))) > 1:
            raise CorpusError(
                f"{name} is {shown(values)}; a list was expected, its users and status as long"
            )
        unfolded[name.removesuffix(_FLAT)] = [
            dict(zip(columns, answer, strict=True))
            for answer in zip(*columns.values(), strict=True)
        ]
    return unfolded


def _answer(asked: Questions, found: dict[str, Any], response: _Response) -> Answer | Reason:
    # Where a response has no status, 2.x says of the record whether enough are submitted.
    status = str(response.status or found.get("status") or "submitted").casefold()
    if status in _LEFT_OUT:
        return _LEFT_OUT[status]
    if status not in ("submitted", "completed"):
        raise CorpusError(f"a response with the status {shown(status)}; export the records again")
    return asked.answer(response.values)
