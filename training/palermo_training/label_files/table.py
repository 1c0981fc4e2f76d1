"""Delimited text: CSV and TSV, and what spreadsheets make of them."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from palermo.errors import CorpusError
from palermo_training.label_files import rows
from palermo_training.label_files.item import (
    PLURAL,
    SINGULAR,
    Found,
    Item,
    is_output,
    problem,
    shown,
)
from palermo_training.problems import Problem

TEXT: Final = ("text", "texto")
"""Names of the column that holds the passage."""

_WIDEST: Final = 1 << 24  # characters of a cell
_YES: Final = ("true", "verdadero", "yes", "sí", "si", "1", "x")
_NO: Final = ("", "false", "falso", "no", "0")  # a Spanish spreadsheet translates its own
_FORMULA: Final = re.compile(r"\A'(?=[=+\-@\t\r])")


def parse(path: Path, text: str) -> tuple[list[Found], list[Problem]]:
    r"""Parse delimited text under a header.

    Parameters
    ----------
    path : Path
        Its file, for messages.
    text : str
        Delimited by ``,`` ``;`` or tab: the one by which the header has most of the
        columns that are looked for, and most columns.

    Returns
    -------
    list of Found
        Of each row the cells by their column, its name in lower case and without white
        space around it. ``file:line`` is the line in which the row begins.
    list of Problem
        Rows with too few or too many cells, and broken ones.

    Raises
    ------
    CorpusError
        If the header is broken, or two columns have one name.

    Examples
    --------
    >>> parse(Path("a.csv"), "Texto;Etiqueta\nHola.;policy\n")
    ([('a.csv:2', {'texto': 'Hola.', 'etiqueta': 'policy'})], [])
    """
    csv.field_size_limit(max(csv.field_size_limit(), _WIDEST))
    # Strict, or one missing quotation mark would silently make one row of many.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] = []
    found: list[Found] = []
    problems: list[Problem] = []
    while True:
        place = f"{path}:{lines.line_num + 1}"
        try:
            cells = next(lines)
        except StopIteration:
            return found, problems
        except csv.Error as error:
            if not header:
                raise CorpusError(f"{place}: a broken header ({error}); mend it") from None
            what = f"broken, passed over up to line {lines.line_num} ({error})"
            problems.append(Problem(place, what, "look for a missing quotation mark", fatal=True))
            continue
        if not header:
            header = [cell.strip().casefold() for cell in cells]
            if twice := [cell for cell, count in Counter(header).items() if cell and count > 1]:
                raise CorpusError(f"{place}: two columns {shown(twice[0])}; rename one of them")
        elif len(cells) == len(header):
            found.append((place, dict(zip(header, cells, strict=True))))
        elif cells:
            what = f"{len(cells):,} cells, where the header has {len(header):,}"
            remedy = "look for a missing delimiter or quotation mark"
            problems.append(Problem(place, what, remedy, fatal=True))


def _delimiter(text: str) -> str:
    known = {*TEXT, *PLURAL, *SINGULAR}

    def worth(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            header = next((cells for cells in reader if cells), [])
        except csv.Error:
            return 0, 0
        return len(known.intersection(cell.strip().casefold() for cell in header)), len(header)

    return max(",;\t", key=worth)


def fits(found: dict[str, Any]) -> bool:
    """Tell whether a row has a text and labels.

    Parameters
    ----------
    found : dict
        A row from :func:`parse`.

    Returns
    -------
    bool
        By its columns alone.

    Examples
    --------
    >>> fits({"texto": "Hola.", "etiqueta": "policy"})
    True
    """
    return any(name in found for name in TEXT) and any(
        name in found for name in (*PLURAL, *SINGULAR)
    )


def items(path: Path, objects: Sequence[Found]) -> Iterator[Item | Problem]:
    """Read every row.

    Parameters
    ----------
    path : Path
        Their file, for messages.
    objects : sequence of Found
        From :func:`parse`.

    Yields
    ------
    Item or Problem
        For each, in the same order.

    Raises
    ------
    CorpusError
        If there is no column for the text or for the labels, or more than one.

    Examples
    --------
    >>> found = {"text": "They paid.", "label": "smuggling; policy"}
    >>> [item.answers[0].labels for item in items(Path("a"), [("a:2", found)])]
    [('smuggling', 'policy')]
    """
    header = list(objects[0][1]) if objects else []
    text = _column(path, header, TEXT)
    plural, single = _column(path, header, PLURAL), _column(path, header, SINGULAR)
    if text is None or (plural is None and single is None):
        raise CorpusError(
            f"{path}: the columns {shown(header)}; one named text and one named label were expected"
        )
    for place, cells in objects:
        try:
            row = _row(cells, text, plural, single)
        except CorpusError as error:
            yield problem(place, error)
        else:
            yield from rows.items(path, [(place, row)])


def _row(
    cells: dict[str, str], text: str, plural: str | None, single: str | None
) -> dict[str, Any]:
    """Give a row of a table the form of a row in JSON lines."""
    row: dict[str, Any] = dict(cells)
    # palermo makes formulas harmless, and classify joins tags by a space.
    row["text"] = _FORMULA.sub("", cells[text]) if is_output(cells) else cells[text]
    tags = _split(cells[plural] if plural else "", r"[;|\s]" if "schema" in cells else "[;|]")
    labels = _split(cells[single] if single else "")
    # Of two columns, label has the main one of the tags; it alone says that there is none.
    row["tags"] = tags or labels or None
    row["primary"] = cells.get("primary", "").strip() or (labels[0] if tags and labels else "")
    row["judged"] = _split(cells.get("judged", "")) or None
    if "reviewed" in cells:
        given = cells["reviewed"].strip().casefold()
        if given not in (*_YES, *_NO):
            raise CorpusError(f"reviewed is {shown(given)}; write yes or no")
        row["reviewed"] = given in _YES
    return row


def _split(cell: str, by: str = "[;|]") -> list[str]:
    if cell.startswith(("[", "{")):
        raise CorpusError(f"{shown(cell)} is no label; export it as JSON, or write a;b")
    return [part.strip() for part in re.split(by, cell) if part.strip()]


def _column(path: Path, header: Sequence[str], names: Sequence[str]) -> str | None:
    found = [name for name in names if name in header]
    if len(found) > 1:
        raise CorpusError(f"{path}: the columns {found[0]} and {found[1]}; leave one of them")
    return next(iter(found), None)
