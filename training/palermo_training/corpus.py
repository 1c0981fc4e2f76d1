"""Labelled rows: read from JSON lines and checked.

A row is one passage and what somebody decided about it; ``data/README.md`` says
what its fields mean.
"""

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from palermo.documents import LARGEST
from palermo.errors import CorpusError
from palermo.labels import LABELS, NONE

_HERE: Final = Path(__file__).parent
_PLACES: Final = (_HERE / "data", _HERE.parents[1] / "data")  # installed, then in a checkout
_UNREVIEWED: Final = (
    "nobody has reviewed this row; decide its tags and primary, then set reviewed to true"
)


@dataclass(frozen=True)
class Row:
    """One labelled passage.

    Attributes
    ----------
    id : str
        Unique in its corpus; ``file:line`` where the file gives none.
    text : str
        The passage.
    tags : tuple of str
        Labels that it supports, in the order of ``LABELS``.
    primary : str
        The tag that it is mainly about, or ``none``.
    group : str
        What must not be parted between training and test: an article, or passages
        that were written together. The row's own id where the file gives none.
    judged : tuple of str
        Labels that somebody decided; for the others, no tag means unknown, not no.
    lang : str
        ``en`` or ``es``; empty where the file gives none.
    origin : {"seed", "authored", "user"}
        Where the passage comes from.
    about : str
        Group of the seed article whose event an authored row retells; else empty.
        Such a row leaves training together with that article.
    family : str
        What hard pairs have in common, within their group; else empty.
    attributes : mapping of str to str
        What ``data/plan.json`` asks of authored rows: region, genre and so on.
    place : str
        File and line, as in ``rows.jsonl:7``, for messages; empty for rows made in Python.

    Examples
    --------
    >>> Row("1", "They paid.", ("smuggling",), "smuggling", group="1").judged
    ('smuggling', 'trafficking', 'enforcement', 'policy')
    """

    id: str
    text: str
    tags: tuple[str, ...]
    primary: str
    group: str
    judged: tuple[str, ...] = LABELS
    lang: str = ""
    origin: str = "user"
    about: str = ""
    family: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    place: str = field(default="", compare=False)


def data(name: str = "") -> Path:
    """Find a file of the shipped corpus, installed or in a checkout.

    Parameters
    ----------
    name : str, default ""
        Path below ``data/``.

    Returns
    -------
    Path
        It exists, unless the installation is broken.

    Examples
    --------
    >>> data("codebook.md").exists()
    True
    """
    return next(filter(Path.exists, _PLACES), _PLACES[0]) / name


def seeds() -> list[Row]:
    """Read the rows of the five seed articles.

    Returns
    -------
    list of Row
        In the order of the articles and of the text.

    Examples
    --------
    >>> len({row.group for row in seeds()})
    5
    """
    return read_rows(data("seed_sentences.jsonl"))


def authored() -> list[Row]:
    """Read the rows that were written for palermo, of both languages.

    Returns
    -------
    list of Row
        In the order of their files' names; empty if there are none.

    Raises
    ------
    CorpusError
        If two files give the same id, or a row breaks the contract.

    Examples
    --------
    >>> {row.lang for row in authored()} <= {"en", "es"}
    True
    """
    rows = [row for path in sorted(data("authored").glob("*/*.jsonl")) for row in read_rows(path)]
    if twice := [id_ for id_, count in Counter(row.id for row in rows).items() if count > 1]:
        raise CorpusError(f"{data('authored')}: the id {twice[0]!r} stands in two files")
    return rows


@cache
def attributes() -> dict[str, dict[str, str]]:
    """Give the attributes that the plan asks of authored rows.

    Returns
    -------
    dict of str to dict
        Attribute to its values, each with a remark.

    Examples
    --------
    >>> list(attributes())
    ['region', 'period', 'actor', 'conduct', 'genre', 'unit', 'position', 'term']
    """
    found: dict[str, dict[str, str]] = json.loads(data("plan.json").read_text(encoding="utf-8"))
    return found


def read_rows(path: Path) -> list[Row]:
    """Read labelled rows from a file of JSON lines, and check each.

    Parameters
    ----------
    path : Path
        One JSON object a line with at least ``text``, ``tags`` and ``primary``.

    Returns
    -------
    list of Row
        At least one.

    Raises
    ------
    CorpusError
        If the file cannot be read, holds no row, or a row breaks the contract; the
        message gives file, line and what was expected.

    Examples
    --------
    >>> read_rows(Path("no-such.jsonl"))
    Traceback (most recent call last):
    palermo.errors.CorpusError: no-such.jsonl: no such file
    """
    rows = [read_row(found, place) for place, found in read_objects(path)]
    if not rows:
        raise CorpusError(f"{path}: no rows; expected one JSON object a line")
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise CorpusError(f"{path}: the id {row.id!r} stands twice; ids must be unique")
        seen.add(row.id)
    return rows


def read_objects(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read the objects in a file of JSON lines; blank lines are passed over.

    Parameters
    ----------
    path : Path
        UTF-8, one object a line; ``-`` is standard input.

    Yields
    ------
    place : str
        ``file:line``, for messages.
    found : dict
        The object.

    Raises
    ------
    CorpusError
        If the file cannot be read, or a line is no JSON object.

    Examples
    --------
    >>> place, found = next(read_objects(data("seed_sentences.jsonl")))
    >>> place.rsplit(":", 1)[1], found["id"]
    ('1', 'seed-000-001')
    """
    yield from parse_objects(read_text(path), path)


def read_text(path: Path) -> str:
    """Read a file of labelled rows.

    Parameters
    ----------
    path : Path
        UTF-8, with a byte order mark or without; ``-`` is standard input.

    Returns
    -------
    str
        Line breaks as they stand.

    Raises
    ------
    CorpusError
        If the file cannot be read, is no UTF-8, or has more bytes than
        :data:`palermo.documents.LARGEST`.

    Examples
    --------
    >>> read_text(data("seed_sentences.jsonl"))[:10]
    '{"id": "se'
    """
    if str(path) == "-" and sys.stdin is None:
        raise CorpusError(f"{path}: standard input is closed")
    try:
        with nullcontext(sys.stdin.buffer) if str(path) == "-" else path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise CorpusError(
                f"{path}: more than {LARGEST // 10**6} MB; split it into smaller files"
            )
        return raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: not UTF-8 (byte {error.start:,}); save it as UTF-8") from None
    except OSError as error:
        raise CorpusError(f"{path}: cannot be read: {error.strerror}") from None


def parse_objects(text: str, path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Parse JSON lines; blank lines are passed over.

    Parameters
    ----------
    text : str
        One object a line.
    path : Path
        Its file, for messages.

    Yields
    ------
    place : str
        ``file:line``, for messages.
    found : dict
        The object.

    Raises
    ------
    CorpusError
        If a line is no JSON object.

    Examples
    --------
    >>> list(parse_objects('{"id": 1}', Path("rows.jsonl")))
    [('rows.jsonl:1', {'id': 1})]
    """
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            place = f"{path}:{number}"
            yield place, parse_object(line, place)


def parse_object(line: str, place: str) -> dict[str, Any]:
    """Parse one line of JSON lines.

    Parameters
    ----------
    line : str
        Should hold an object.
    place : str
        Where it stands, for messages.

    Returns
    -------
    dict
        The object.

    Raises
    ------
    CorpusError
        If the line is no JSON object.

    Examples
    --------
    >>> parse_object("{", "rows.jsonl:1")
    Traceback (most recent call last):
    palermo.errors.CorpusError: rows.jsonl:1: no JSON (Expecting property name enclosed in \
double quotes: line 1 column 2 (char 1)); expected one object a line
    """
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{place}: no JSON ({error}); expected one object a line") from None
    _check(isinstance(found, dict), place, "expected a JSON object")
    return dict(found)


def read_labels(
    found: dict[str, Any], place: str, labels: Sequence[str] = LABELS
) -> tuple[tuple[str, ...], str, tuple[str, ...]]:
    """Take the labels out of an object and check them.

    Parameters
    ----------
    found : dict
        With ``tags``, ``primary`` and perhaps ``judged``.
    place : str
        Its file and line.
    labels : sequence of str, default LABELS
        The labels that there are, in the order in which they are given back.

    Returns
    -------
    tags, primary, judged
        As in :class:`Row`.

    Raises
    ------
    CorpusError
        If one is missing, unknown, or contradicts another.

    Examples
    --------
    >>> read_labels({"tags": ["policy"], "primary": "policy"}, "rows.jsonl:1")[:2]
    (('policy',), 'policy')
    """
    for name in ("tags", "primary"):
        _check(name in found, place, f"no {name!r}; a row needs text, tags and primary")
    tags, primary, judged = found["tags"], found["primary"], found.get("judged", list(labels))
    known = f"known are {', '.join(labels)}"
    for name, given in (("tags", tags), ("judged", judged)):
        _check(isinstance(given, list), place, f"{name} must be a list of labels; {known}")
        for label in given:
            _check(label in labels, place, f"unknown label {label!r} in {name}; {known}")
    _check(set(tags) <= set(judged), place, "a tag stands in tags and not in judged")
    if tags:
        _check(primary in tags, place, f"primary is {primary!r}; it must be one of the tags {tags}")
    else:
        _check(primary == NONE, place, f"primary is {primary!r}; without tags it must be {NONE!r}")
    ordered = (tuple(label for label in labels if label in given) for given in (tags, judged))
    return next(ordered), primary, next(ordered)


def read_row(found: dict[str, Any], place: str, labels: Sequence[str] = LABELS) -> Row:
    """Make a row of an object, and check it.

    Parameters
    ----------
    found : dict
        With ``text``, ``tags``, ``primary`` and perhaps more, as in ``data/README.md``.
    place : str
        Its file and line; its id too, where it has none.
    labels : sequence of str, default LABELS
        The labels that there are, in the order in which the row has them.

    Returns
    -------
    Row
        With this place.

    Raises
    ------
    CorpusError
        If it breaks the contract; the message says how.

    Examples
    --------
    >>> found = {"text": "They paid.", "tags": ["extortion"], "primary": "extortion"}
    >>> read_row(found, "rows.jsonl:1", labels=["extortion"]).tags
    ('extortion',)
    """
    text = found.get("text")
    _check("text" in found, place, "no 'text'; a row needs text, tags and primary")
    _check(isinstance(text, str) and bool(text.strip()), place, "text must be a string with words")
    # What palermo queued holds its own guesses: a model must not learn from them.
    _check(found.get("reviewed", True) is True, place, _UNREVIEWED)
    for name in ("id", "group", "lang", "origin", "about", "family"):
        _check(isinstance(found.get(name, ""), str), place, f"{name} must be a string")
    tags, primary, judged = read_labels(found, place, labels)
    id_ = found.get("id", place)
    group = found.get("group", id_)
    family = found.get("family", "")
    return Row(
        id=id_,
        text=str(text),
        tags=tags,
        primary=primary,
        group=group,
        judged=judged,
        lang=found.get("lang", ""),
        origin=found.get("origin", "user"),
        about=found.get("about", ""),
        family=f"{group} {family}" if family else "",
        attributes={name: found[name] for name in attributes() if name in found},
        place=place,
    )


def _check(right: bool, place: str, wrong: str) -> None:
    if not right:
        raise CorpusError(f"{place}: {wrong}")


def scheme(rows: Sequence[Row]) -> tuple[str, ...]:
    """List the labels that somebody decided about in any of the rows.

    Parameters
    ----------
    rows : sequence of Row
        Any rows.

    Returns
    -------
    tuple of str
        Palermo's four first, in their order, then others as they come.

    Examples
    --------
    >>> scheme([Row("1", "Pay or else", ("extortion",), "extortion", "1", ("extortion", "policy"))])
    ('policy', 'extortion')
    """
    found = dict.fromkeys(label for row in rows for label in row.judged)
    return (*filter(found.__contains__, LABELS), *(label for label in found if label not in LABELS))


def digest(rows: Sequence[Row]) -> str:
    """Hash what a model learns from.

    Parameters
    ----------
    rows : sequence of Row
        In the order in which they are learnt from.

    Returns
    -------
    str
        SHA-256 over every row's fields, 64 hexadecimal digits.

    Examples
    --------
    >>> digest(seeds()) == digest(seeds())
    True
    """
    total = hashlib.sha256()
    for row in rows:
        fields = [row.id, row.text, row.tags, row.primary, row.group, row.judged]
        total.update(json.dumps(fields).encode() + b"\n")
    return total.hexdigest()
