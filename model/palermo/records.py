"""Tables -> records: a text and what stands beside it, one after the other, in a stream.

JSON lines, delimited text (CSV, TSV) and Parquet; the first two gzipped too. What a file is
is told by how it begins, not by its name. Only the row or batch at hand is in memory, so a
file may be larger than that.
"""

import csv
import gzip
import io
import json
import re
import zlib
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, Final, NamedTuple, cast

from palermo.documents import (
    BINARY,
    TOO_MANY,
    decode,
    has_controls,
    has_too_many,
    marked,
    opened,
    western,
)
from palermo.errors import DocumentError

_LONGEST: Final = 1 << 26  # bytes of a line of JSON
_WIDEST: Final = 1 << 24  # characters of a field or line of delimited text; each may take 4 bytes
_HEAD: Final = 1 << 16  # bytes by which a file's kind and encoding are told; a multiple of 4
_BATCH: Final = 64  # rows of Parquet that are in memory
_MOST: Final = 16_384  # columns, as many as spreadsheets have
_SHOWN: Final = 8  # columns that a message lists
_SHORT: Final = 40  # characters of a name or value in it

_MARK: Final = b"\xef\xbb\xbf"
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_BEFORE_JSON: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"  # white space and marks, in UTF-16 too
_ARRAY: Final = re.compile(rb"\[\s*\{")
_BEYOND_ASCII: Final = bytes(range(128, 256))
_ONE_BYTE: Final = ("utf-8", "windows-1252")  # that a character of ASCII takes
# A first line by which Excel takes the delimiter.
_NAMED: Final = re.compile(r'("?)sep=([^"\r\n])\1(?:[\r\n]|\Z)', re.I)
_ESCAPED: Final = re.compile("[\ud800-\udfff]")  # what Python makes of a byte it cannot decode


class Record(NamedTuple):
    """One row of a table.

    Attributes
    ----------
    text : str
        What the text column holds; more than white space.
    line : int
        Where it stands in its file, from 1: the line it begins in, of Parquet the row.
    row : dict
        The other columns, as they were; what JSON has no form for, such as a date of
        Parquet, as str.

    Examples
    --------
    >>> Record("They paid.", 1, {"id": 7}).row
    {'id': 7}
    """

    text: str
    line: int
    row: dict[str, Any]


_Row = tuple[int, dict[str, Any] | DocumentError]
"""Where a row stands, and its columns or what is wrong with it."""


def read(
    name: str, column: str, reached: Callable[[int], None] | None = None
) -> Iterator[Record | DocumentError]:
    r"""Read a table: JSON lines, delimited text with a header, or Parquet.

    Parameters
    ----------
    name : str
        A path, or ``-`` for standard input.
    column : str
        The column (of JSON lines, the field) that holds the text.
    reached : callable, optional
        Is told after every row how many bytes of the file were read.

    Yields
    ------
    Record or DocumentError
        In the order of the file: a record, or what is wrong with a row, so that one
        bad row stops nothing. Blank lines are passed over.

    Raises
    ------
    DocumentError
        If the file cannot be opened or read, is no table, has no row at all, or, with
        a header, has no such column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.csv")
    ...     _ = path.write_text('id;body\n7;"They paid."\n')
    ...     list(read(str(path), "body"))
    [Record(text='They paid.', line=2, row={'id': '7'})]
    """
    found = False
    with opened(name) as handle:
        tell = handle.tell if reached and handle.seekable() else None
        try:
            for number, row in _rows(handle, column):
                found = True
                if reached and tell:
                    reached(tell())
                try:
                    yield _record(row, number, column)
                except DocumentError as error:
                    yield DocumentError(f"{name}:{number}: {error}")
        except DocumentError as error:
            raise DocumentError(f"{name}: {error}") from None
    if not found:
        raise DocumentError(f"{name}: empty, there is no row in it")


def _record(row: dict[str, Any] | DocumentError, number: int, column: str) -> Record:
    """Take the text out of a row."""
    if isinstance(row, DocumentError):
        raise row
    if column not in row:
        raise _missing(column, list(row))
    text = row.pop(column)
    if not isinstance(text, str):
        raise DocumentError(
            f"column {column!r} holds {json.dumps(text)[:_SHORT]}, which is no text"
        )
    if not text.strip():
        raise DocumentError(f"column {column!r} is empty")
    if has_too_many(text):
        raise DocumentError(f"column {column!r} has {TOO_MANY}")
    return Record(text, number, row)


def _missing(column: str, columns: Sequence[str]) -> DocumentError:
    has = ", ".join(each[:_SHORT] for each in columns[:_SHOWN])
    has += ", ..." if len(columns) > _SHOWN else ""
    return DocumentError(f"no column {column!r}; it has {has or 'none'}")


def _rows(file: BinaryIO, column: str) -> Iterator[_Row]:
    """Tell what a file is, and read its rows."""
    handle: io.BufferedReader = io.BufferedReader(cast(Any, file), _HEAD)  # to look ahead
    try:
        head = handle.peek()
        if head.startswith(_PARQUET):
            yield from _parquet(handle, column)
        elif head.startswith(_GZIP):
            try:
                with gzip.GzipFile(fileobj=handle) as inside:
                    yield from _text_rows(io.BufferedReader(cast(Any, inside), _HEAD), column)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                raise DocumentError(
                    "gzip that breaks off or is damaged; get the file again"
                ) from None
        else:
            yield from _text_rows(handle, column)
    finally:
        handle.detach()  # or standard input would be closed with it


def _text_rows(handle: io.BufferedReader, column: str) -> Iterator[_Row]:
    """Read JSON lines or delimited text."""
    head = handle.peek()
    start = head.lstrip(_BEFORE_JSON)
    if start.startswith(b"{"):
        return _json_lines(handle)
    if _ARRAY.match(start):
        raise DocumentError("a JSON array; JSON lines were expected, one object a line")
    if start.startswith(_PARQUET):
        raise DocumentError("Parquet inside gzip; unpack it first, as by gunzip")
    return _delimited(handle, head, column)


def _json_lines(handle: io.BufferedReader) -> Iterator[_Row]:
    """Read one object a line."""
    for number, line in enumerate(_lines(handle), 1):
        line = (line.removeprefix(_MARK) if number == 1 else line).rstrip(b"\r\n")
        if line.strip():
            try:
                yield number, _object(line)
            except DocumentError as error:
                yield number, error


def _lines(handle: io.BufferedReader) -> Iterator[bytes]:
    """Yield lines; one that is too long is cut, and read to its end."""
    while line := handle.readline(_LONGEST + 1):
        yield line
        while len(line) > _LONGEST and not line.endswith(b"\n"):
            line = handle.readline(_LONGEST + 1)


def _object(line: bytes) -> dict[str, Any]:
    """Read one line of JSON."""
    if len(line) > _LONGEST:
        raise DocumentError(f"a line of more than {_LONGEST:,} bytes; is this JSON lines?")
    try:
        row = json.loads(line.decode(), parse_constant=_refuse, parse_float=_finite)
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
    except OverflowError as error:
        raise DocumentError(f"not JSON: {error} is no number that JSON has") from None
    if not isinstance(row, dict):
        raise DocumentError("JSON that is no object; one object a line was expected")
    return row


def _delimited(handle: io.BufferedReader, head: bytes, column: str) -> Iterator[_Row]:
    """Read delimited text under a header."""
    sample, encoding = _decoded(head)
    # A document in one field is longer than the 131,072 characters that csv allows.
    csv.field_size_limit(max(csv.field_size_limit(), _WIDEST))
    one_byte = encoding in _ONE_BYTE
    named = _NAMED.match(sample)
    delimiter, header = (
        _header(sample[named.end() :], column, [named[2]]) if named else _header(sample, column)
    )
    if one_byte and column not in header and has_controls(head):
        raise DocumentError(f"{BINARY} (as a table: {_missing(column, header)})")
    text = io.TextIOWrapper(
        handle,
        "utf-8" if one_byte else encoding,
        errors="surrogateescape" if one_byte else "surrogatepass",
        newline="",
    )
    lines = _Lines(text, encoding, settled=not sample.isascii())
    # Strict, or one missing quotation mark would silently make one row of many.
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    names: list[str] = []
    try:
        if named:
            next(lines)
        while True:
            first = lines.number + 1
            try:
                fields = next(reader)
                if not fields:
                    continue
                if any(map(_ESCAPED.search, fields)):
                    raise DocumentError(
                        f"bytes that are no {lines.encoding.upper()}; save the file as UTF-8"
                    )
                if names and len(fields) != len(names):
                    raise DocumentError(
                        f"{len(fields):,} fields, where the header has {len(names):,}; "
                        "is a quotation mark or a delimiter missing?"
                    )
            except StopIteration:
                return
            except (csv.Error, DocumentError) as error:
                wrong = error if isinstance(error, DocumentError) else _broken(error, lines.number)
                if not names:
                    raise DocumentError(f"its header, line {first}: {wrong}") from None
                yield first, wrong
                continue
            if names:
                yield first, dict(zip(names, fields, strict=True))
            else:
                names = _columns(fields)
                if column not in names:
                    raise _missing(column, names)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"broken {encoding.upper()} after line {lines.number:,}: {error.reason}; "
            "get the file again or save it as UTF-8"
        ) from None
    finally:
        text.detach()


def _broken(error: csv.Error, last: int) -> DocumentError:
    return DocumentError(
        f"broken CSV, passed over up to line {last}: {error}; is a quotation mark missing, "
        "or one inside a field not doubled?"
    )


class _Lines:
    """The lines of a text, each of bounded length, counted and decoded.

    UTF-8 and Windows-1252 both come as UTF-8 with escapes, since a file that begins with
    plain ASCII may turn out to be either: its first lines beyond ASCII settle which. A line of
    the other encoding, or of none, keeps escapes.
    """

    def __init__(self, text: io.TextIOWrapper, encoding: str, settled: bool) -> None:
        self._text = text
        self._settled = settled
        self._ahead: deque[str] = deque()  # lines that were read to settle it
        self.encoding = encoding
        self.number = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._ahead.popleft() if self._ahead else self._text.readline(_WIDEST + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > _WIDEST:
            while line and not line.endswith(("\n", "\r")):
                line = self._text.readline(_WIDEST)
            raise csv.Error(f"a line of more than {_WIDEST:,} characters")
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        if line.isascii() or self.encoding not in _ONE_BYTE:
            return line
        if not self._settled:
            self._settle(line)
        if self.encoding == "utf-8":
            return line
        other = not _ESCAPED.search(line)  # UTF-8: as Windows-1252 it would be garbled, not wrong
        raw = line.encode("utf-8", "surrogateescape")
        return raw.decode("ascii" if other else self.encoding, "surrogateescape")

    def _settle(self, line: str) -> None:
        """Tell the encoding by a line and those after it, or one row would garble all others."""
        self._settled = True
        size = len(line)
        while size < _HEAD and (after := self._text.readline(_WIDEST + 1)):
            self._ahead.append(after)
            size += len(after)
        sample = "".join(each[:_HEAD] for each in (line, *self._ahead))
        with suppress(DocumentError):  # the rows are named, whatever else they are
            self.encoding = _told(sample.encode("utf-8", "surrogateescape"))


def _decoded(head: bytes) -> tuple[str, str]:
    """Decode the beginning of a file, which may break off amid a character.

    Control characters are let pass: one is no more reason to refuse a table here than further down.
    """
    cut = len(head) == _HEAD
    encoding = marked(head)
    if encoding and encoding not in _ONE_BYTE:
        try:
            return decode(head)
        except DocumentError:
            if not cut:
                raise
            return decode(head[:-2])  # without the first half of a pair of surrogates
    if cut:
        head = head.rstrip(_BEYOND_ASCII)
    encoding = encoding or _told(head)
    return head.decode(encoding, "surrogateescape").removeprefix("\ufeff"), encoding


def _told(raw: bytes) -> str:
    """Tell UTF-8 from Windows-1252, some lines of either being spoilt or in the other.

    In doubt it is UTF-8: rows of Windows-1252 are named then, while rows of UTF-8 that are read as
    Windows-1252 would be garbled and nobody told.
    """
    lines = raw.splitlines()
    beyond = [line for line in lines if not line.isascii()]
    good = sum(map(_is_utf8, beyond))
    if good >= len(beyond) - good:
        return "utf-8"
    try:
        western(b"\n".join(line for line in lines if line.isascii() or not _is_utf8(line)))
    except DocumentError:
        if not good:
            raise
        return "utf-8"
    return "windows-1252"


def _is_utf8(line: bytes) -> bool:
    """Tell whether a line is UTF-8, but for spoilt bytes that are no more than its characters."""
    text = line.decode("utf-8", "ignore")
    beyond = len(text) - len(text.encode("ascii", "ignore"))
    return beyond >= len(line) - len(text.encode())


def _header(sample: str, column: str, delimiters: Iterable[str] = ",;\t") -> tuple[str, list[str]]:
    """Tell the delimiter, by which the header has the column, and most columns; and these."""

    def header(delimiter: str) -> list[str]:
        lines = io.StringIO(sample, newline="")
        return next((row for row in csv.reader(lines, delimiter=delimiter) if row), [])

    headers = [(delimiter, header(delimiter)) for delimiter in delimiters]
    return max(headers, key=lambda each: (column in each[1], len(each[1])))


def _columns(names: Sequence[str]) -> list[str]:
    """Give numbers to columns that share a name, such as the empty ones that spreadsheets leave."""
    if len(names) > _MOST:
        raise DocumentError(
            f"{len(names):,} columns, where {_MOST:,} is the most that is read; take out what is "
            "not needed, or write JSON lines"
        )
    found: dict[str, None] = {}
    count: Counter[str] = Counter()
    for name in names:
        unique = name
        while unique in found:
            count[name] += 1
            unique = f"{name} ({count[name] + 1})"
        found[unique] = None
    return list(found)


def _parquet(handle: io.BufferedReader, column: str) -> Iterator[_Row]:
    """Read Parquet, a few rows at a time."""
    try:
        from pyarrow import parquet
    except ImportError:
        raise DocumentError(
            'Parquet, which takes pyarrow to read: pip install "palermo[parquet]"'
        ) from None
    if not handle.seekable():
        raise DocumentError("Parquet, which cannot be read from a pipe; give the file's name")
    try:
        # Else a whole row group, which may be the whole file, would be read at once.
        with parquet.ParquetFile(handle, buffer_size=_HEAD, pre_buffer=False) as table:
            names = table.schema_arrow.names
            unique = _columns(names)
            if column not in unique:
                raise _missing(column, unique)
            number = 0
            for batch in table.iter_batches(_BATCH, use_threads=False):
                for at in range(batch.num_rows):
                    number += 1
                    try:
                        values = [each[at].as_py() for each in batch.columns]
                        yield number, _plain(dict(zip(unique, values, strict=True)))
                    except (ValueError, OverflowError) as error:
                        yield number, DocumentError(f"a value that cannot be read: {error}")
    except DocumentError:
        raise
    except Exception as error:  # of a damaged file, not only Arrow's own
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DocumentError(f"damaged Parquet: {reason}; get the file again") from None


def _plain(row: dict[str, Any]) -> Any:
    """Give the values of a row the forms that JSON has; NaN is null."""

    def plain(value: Any) -> str:
        if isinstance(value, bytes):
            return value.decode("utf-8", "backslashreplace")
        return value.isoformat() if hasattr(value, "isoformat") else str(value)

    return json.loads(json.dumps(row, default=plain), parse_constant=lambda _: None)


def _refuse(name: str) -> float:
    raise OverflowError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if abs(number) != float("inf") else _refuse(digits)
