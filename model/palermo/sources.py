"""Where texts come from: the files of a run, read one after the other and counted."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from palermo import documents
from palermo.errors import DocumentError, PalermoError
from palermo.tally import Tally

SHOWN: Final = 20
"""Rows of one file that are named when they cannot be read."""


class Source(NamedTuple):
    """Where a text came from.

    Attributes
    ----------
    file : str
        Its name.
    number : int
        Which file of the run, from 0 on.
    more : dict of str to Any
        Of a table: ``line`` and ``row``; else empty.
    tally : Tally
        How far the reading had come with it.

    Examples
    --------
    >>> Source("alerts.csv", 0, {"line": 1200, "row": {}}, Tally()).name
    'alerts.csv, line 1,200'
    """

    file: str
    number: int
    more: dict[str, Any]
    tally: Tally

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.file}, line {self.more['line']:,}" if self.more else self.file


def read(
    files: Iterable[str | PalermoError],
    text_column: str | None,
    sources: deque[Source],
    tally: Tally,
    complain: Callable[[str], None],
    reached: Callable[[int], None] | None = None,
) -> Iterator[str]:
    """Yield the texts of files from where the tally stands, and count on there.

    Parameters
    ----------
    files : iterable of str or PalermoError
        Names, from :func:`palermo.inputs.expand`, and what was wrong with some.
    text_column : str or None
        Column of tables that holds the texts; without it each file is one text.
    sources : deque of Source
        The source of each text is appended, before the text is yielded.
    tally : Tally
        Counts what is read and what cannot be.
    complain : callable
        Is told what cannot be read, in a line each; of a file's rows the first ones alone.
    reached : callable, optional
        Is told the bytes of a table that have been read.

    Yields
    ------
    str
        A text.

    Examples
    --------
    >>> tally = Tally()
    >>> list(read([PalermoError("lost.txt: no such file")], None, deque(), tally, print))
    Error: lost.txt: no such file
    []
    >>> tally.failed
    1
    """
    for number, file in enumerate(tally.over(files), tally.done):
        try:
            if isinstance(file, PalermoError):
                raise file
            if text_column is None:
                document = documents.read(file)
                if document.encoding == "windows-1252":
                    complain(f"Note: {file}: not valid UTF-8, read as Windows-1252")
                tally.done += 1
                sources.append(Source(file, number, {}, replace(tally)))
                yield document.text
                continue
            from palermo import records  # csv, gzip and so on, which texts do without

            for record in islice(records.read(file, text_column, reached), tally.place, None):
                tally.place += 1
                if isinstance(record, PalermoError):
                    tally.spoilt += 1
                    tally.wrong += 1
                    if tally.wrong <= SHOWN:
                        complain(f"Error: {record}")
                    continue
                tally.rows += 1
                more = {"line": record.line, "row": record.row}
                sources.append(Source(file, number, more, replace(tally)))
                yield record.text
        except PalermoError as error:
            tally.failed += 1
            complain(f"Error: {error}")
        if tally.wrong:
            complain(f"Note: {file}: {tally.wrong:,} of its rows could not be read")
        tally.done += 1
        tally.place = tally.wrong = 0


def apart(
    names: Iterable[str | DocumentError],
    given: Sequence[str],
    results: Path,
    beside: Iterable[Path],
    complain: Callable[[str], None],
) -> Iterator[str | DocumentError]:
    """Leave out the files that this run itself writes, where a folder or a pattern brought them.

    Parameters
    ----------
    names : iterable of str or DocumentError
        As :func:`read` takes them.
    given : sequence of str
        Files that were named: they stay.
    results : Path
        Where results go. What stands there from an earlier run is left out too, and that is said.
    beside : iterable of Path
        What else is written: absolute, of real folders.
    complain : callable
        Is told what is left out.

    Yields
    ------
    str or DocumentError

    Examples
    --------
    >>> found = apart(["a.txt", "b.csv"], [], Path("b.csv"), [], print)
    >>> list(found)
    Note: b.csv: not read, for results go there
    ['a.txt']
    """
    link = Path(os.path.realpath(results.parent), results.name)
    whole, growing = {link, Path(os.path.realpath(results))}, {*beside}
    for name in names:
        folder, file = os.path.split(str(name))
        path = Path(os.path.realpath(folder), file)
        if name in given or path not in whole | growing:
            yield name
        elif path in whole:
            complain(f"Note: {name}: not read, for results go there")
