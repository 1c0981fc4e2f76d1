"""Passages as CSV that a spreadsheet opens as it is."""

import csv
import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TextIO

from palermo.labels import NONE
from palermo.outputs import jsonl
from palermo.outputs.finding import Finding
from palermo.passages import Passage

MARK: Final = "\ufeff"
"""Begins a CSV file; without it, Excel takes UTF-8 for Windows-1252."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?[\d.,]*\d[.,]?(?:[eE][+-]?\d+)?", re.ASCII)


def write_all(
    findings: Iterable[Finding],
    to: TextIO,
    labels: Sequence[str],
    note: Callable[[str], None],
    columns: list[str] | None = None,
) -> None:
    r"""Write passages as the rows of a CSV file, each as it comes.

    Parameters
    ----------
    findings : iterable of Finding
        In the order of their files. The first one gives the columns.
    to : text file
        Where to; it must leave line breaks alone.
    labels : sequence of str
        The model's, for the header of a file without rows.
    note : callable
        Is told, once, of columns that the first finding does not have and that are
        therefore left out.
    columns : list of str, optional
        Those of rows that ``to`` has already, and their header; if it is empty, it takes up
        those of the first finding.

    Examples
    --------
    >>> import io
    >>> to = io.StringIO()
    >>> write_all([], to, ["policy"], print)
    >>> to.getvalue().strip().removeprefix("\ufeff")
    'schema,file,index,start,end,text,label,tags,p_policy,known,unsure,term_uses,term_describes,term_strength,model'
    """
    columns = [] if columns is None else columns
    writer = csv.writer(to)
    left_out = False
    for finding in findings:
        cells = _cells(jsonl.fields(finding))
        if not columns:
            columns += cells
            to.write(MARK)
            writer.writerow(map(safe, columns))
        writer.writerow([safe(cells.get(column)) for column in columns])
        if not left_out and (others := [name for name in cells if name not in columns]):
            left_out = True
            note(
                f"Note: {finding.file}: CSV has the columns of its first row, so that "
                f"{', '.join(others)} and the like are left out; --format jsonl keeps them"
            )
    if not columns:
        to.write(MARK)
        nothing = Passage("", 0, 0, NONE, (), dict.fromkeys(labels, 0.0), 0.0)
        writer.writerow(map(safe, _cells(jsonl.record(nothing, "", 0, ""))))


def _cells(fields: dict[str, Any]) -> dict[str, Any]:
    """Lay the fields of a JSON line out as columns."""
    cells: dict[str, Any] = {}
    for name, value in fields.items():
        if name == "tags":
            cells[name] = " ".join(value)
        elif name == "probabilities":
            cells |= {f"p_{label}": each for label, each in value.items()}
        elif name == "term":
            cells |= {
                f"term_{part}": (value or {}).get(part)
                for part in ("uses", "describes", "strength")
            }
        elif name == "row":
            cells |= {f"row_{column}": each for column, each in value.items()}
        else:
            cells[name] = value
    return cells


def safe(value: Any) -> str | int | float | None:
    """Give a value the form of a cell: never a formula, nested values and booleans as JSON.

    Parameters
    ----------
    value : Any
        What JSON can hold.

    Returns
    -------
    str, int, float or None
        A text that a spreadsheet would run has an apostrophe before it.

    Examples
    --------
    >>> safe("=1+1"), safe(["policy"]), safe(False)
    ("'=1+1", '["policy"]', 'false')
    """
    if isinstance(value, str):
        # A dash alone is standard input's name, or says that there is nothing.
        formula = value.startswith(_FORMULA) and value != "-" and not _NUMBER.fullmatch(value)
        return f"'{value}" if formula else value
    if isinstance(value, bool | list | dict):
        return json.dumps(value, ensure_ascii=False)
    return value  # type: ignore[no-any-return]
