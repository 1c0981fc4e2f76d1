"""Tables -> records: a text and what stands beside it, one after the other, in a stream.

So far JSON lines. Only the line at hand is in memory, so a file may be larger than that.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO, Final, NamedTuple

from palermo.documents import opened
from palermo.errors import DocumentError

_LONGEST: Final = 1 << 26  # bytes of a line
_SHOWN: Final = 8  # columns that a message lists
_MARK: Final = b"\xef\xbb\xbf"


class Record(NamedTuple):
    """One row of a table.

    Attributes
    ----------
    text : str
        What the text column holds; more than white space.
    line : int
        Where it stands in its file, from 1.
    row : dict
        The other columns, as they were.

    Examples
    --------
    >>> Record("They paid.", 1, {"id": 7}).row
    {'id': 7}
    """

    text: str
    line: int
    row: dict[str, Any]


def read(name: str, column: str) -> Iterator[Record | DocumentError]:
    r"""Read JSON lines, one object a line.

    Parameters
    ----------
    name : str
        A path, or ``-`` for standard input.
    column : str
        The field that holds the text.

    Yields
    ------
    Record or DocumentError
        In the order of the file: a record, or what is wrong with a line, so that one
        bad line stops nothing. Blank lines are passed over.

    Raises
    ------
    DocumentError
        If the file cannot be opened or read, or holds no line at all.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.jsonl")
    ...     _ = path.write_text('{"id": 7, "body": "They paid."}\n')
    ...     list(read(str(path), "body"))
    [Record(text='They paid.', line=1, row={'id': 7})]
    """
    found = False
    with opened(name) as handle:
        for number, line in enumerate(_lines(handle), 1):
            line = (line.removeprefix(_MARK) if number == 1 else line).rstrip(b"\r\n")
            if not line.strip():
                continue
            found = True
            try:
                yield _record(line, number, column)
            except DocumentError as error:
                yield DocumentError(f"{name}:{number}: {error}")
    if not found:
        raise DocumentError(f"{name}: empty, there is no line in it")


def _lines(handle: BinaryIO) -> Iterator[bytes]:
    """Yield lines; one that is too long is cut, and read to its end."""
    while line := handle.readline(_LONGEST + 1):
        yield line
        while len(line) > _LONGEST and not line.endswith(b"\n"):
            line = handle.readline(_LONGEST + 1)


def _record(line: bytes, number: int, column: str) -> Record:
    """Read one line."""
    if len(line) > _LONGEST:
        raise DocumentError(f"a line of more than {_LONGEST:,} bytes; is this JSON lines?")
    try:
        row = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"byte 0x{line[error.start]:02x} is no UTF-8; save the file as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"not JSON: {error.msg} at column {error.colno}; one object a line was expected"
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits, lists in lists
        raise DocumentError("JSON that is too large or too deep to read") from None
    if not isinstance(row, dict):
        raise DocumentError("JSON that is no object; one object a line was expected")
    if column not in row:
        has = ", ".join(list(row)[:_SHOWN]) + (", ..." if len(row) > _SHOWN else "")
        raise DocumentError(f"no column {column!r}; it has {has or 'none'}")
    text = row.pop(column)
    if not isinstance(text, str):
        raise DocumentError(f"column {column!r} holds {json.dumps(text)[:40]}, which is no text")
    if not text.strip():
        raise DocumentError(f"column {column!r} is empty")
    return Record(text, number, row)
