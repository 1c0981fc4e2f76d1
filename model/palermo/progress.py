"""How far the reading of files has come: a bar on standard error, for people who wait."""

import os
import sys
from collections.abc import Iterable, Iterator
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

from palermo.documents import STDIN

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

T = TypeVar("T")

AFTER: Final = 1.0
"""Seconds of work before a bar is shown: what is done sooner needs none, nor rich."""

_PAUSE: Final = 0.1  # seconds from one drawing to the next


class Progress:
    """A bar that counts files, or the bytes of tables; nothing at all unless it is wanted.

    It is drawn by nobody but the caller's own calls, so it never stands amid other output.

    Parameters
    ----------
    wanted : bool
        Whether to show it; it is shown on a terminal alone.
    tables : bool, default False
        Whether files are tables, which may be large: then bytes are counted.

    Attributes
    ----------
    shown : bool
        Whether it is wanted and standard error is a terminal.

    Examples
    --------
    >>> with Progress(wanted=False) as progress:
    ...     list(progress.over(["a.txt", "b.txt"]))
    ['a.txt', 'b.txt']
    """

    def __init__(self, wanted: bool, tables: bool = False) -> None:
        self.shown = wanted and sys.stderr is not None and sys.stderr.isatty()
        self._tables = tables
        self._total: int | None = 0
        self._done = 0
        self._bar: Bar | None = None
        self._next = monotonic() + AFTER

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_: object) -> None:
        self.hide()

    def over(self, files: Iterable[T]) -> Iterator[T]:
        """Hand files on, and count each when the next one is asked for.

        Parameters
        ----------
        files : iterable
            Names, or anything else.

        Yields
        ------
        object
            The same. If the bar is shown, all are listed before the first one.

        Examples
        --------
        >>> list(Progress(wanted=True).over(["-"]))
        ['-']
        """
        if not self.shown:
            yield from files
            return
        listed = list(files)
        sizes = [_size(file) if self._tables else 1 for file in listed]
        self._total = None if None in sizes else sum(size or 0 for size in sizes)
        for file, size in zip(listed, sizes, strict=True):
            self.reach(0)
            yield file
            self._done += size or 0
        self.hide()

    def reach(self, place: int) -> None:
        """Say how far the file at hand has been read.

        Parameters
        ----------
        place : int
            Of tables, the bytes of the file that were read.

        Examples
        --------
        >>> Progress(wanted=True, tables=True).reach(100)
        """
        now = monotonic()
        if not self.shown or now < self._next:
            return
        self._next = now + _PAUSE
        self._bar = self._bar or _bar(self._tables)
        self._bar.start()
        (task,) = self._bar.task_ids
        self._bar.update(task, completed=self._done + place, total=self._total, refresh=True)

    def hide(self) -> None:
        """Take the bar off the screen, so that others may write there, until the next file.

        Examples
        --------
        >>> Progress(wanted=True).hide()
        """
        if self._bar is not None:
            self._bar.stop()


def _size(file: object) -> int | None:
    """Give the bytes of a file; None for standard input, which may bring any number."""
    if file == STDIN:
        return None
    try:
        return os.path.getsize(str(file))
    except (OSError, ValueError):
        return 0  # its reader says what is wrong


def _bar(tables: bool) -> "Bar":
    """Make the bar."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    bar = Progress(
        TextColumn("Reading"),
        BarColumn(),
        DownloadColumn() if tables else MofNCompleteColumn(),
        *([] if tables else [TextColumn("files")]),
        TimeRemainingColumn(compact=True),
        console=Console(stderr=True, soft_wrap=True),  # leaves long messages whole
        auto_refresh=False,  # a thread would draw amid a table on standard output
        transient=True,
        redirect_stdout=False,  # it may be a file; standard error goes above the bar
    )
    bar.add_task("", total=None)
    return bar
