"""How far the reading of files has come, and what failed on the way."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from palermo.errors import OutputError

T = TypeVar("T")


@dataclass
class Tally:
    """Counts of files and rows up to one place of a run, from which another can go on.

    Attributes
    ----------
    done : int
        Files that were read to their end, or failed.
    failed : int
        Of these, files that could not be read, or not to their end.
    rows : int
        Rows of tables that were read.
    spoilt : int
        Rows of tables that could not be.
    place : int
        Rows of the file at hand that were dealt with, both sorts.
    wrong : int
        Of these, rows that could not be read.
    inputs : str
        Digest of the files that are done or at hand: names, sizes, times of change.

    Examples
    --------
    >>> tally = Tally()
    >>> list(tally.over(["a.txt", "b.txt"]))
    ['a.txt', 'b.txt']
    >>> len(tally.inputs)
    64
    """

    done: int = 0
    failed: int = 0
    rows: int = 0
    spoilt: int = 0
    place: int = 0
    wrong: int = 0
    inputs: str = ""

    @property
    def nothing(self) -> bool:
        """Whether files were read, and nothing came of any.

        Examples
        --------
        >>> Tally(done=2, failed=2).nothing, Tally(done=2, failed=1).nothing, Tally().nothing
        (True, False, False)
        """
        return 0 < self.done == self.failed and not self.rows

    def over(self, files: Iterable[T]) -> Iterator[T]:
        """Hand files on, but for those that an earlier run has done; take note of each.

        Parameters
        ----------
        files : iterable
            Names, or what is wrong with a name.

        Yields
        ------
        object
            The same, from the first one that is not done.

        Raises
        ------
        OutputError
            If those that are done or at hand are not what they were.

        Examples
        --------
        >>> list(Tally(done=1).over(["a.txt", "b.txt"]))
        Traceback (most recent call last):
        palermo.errors.OutputError: the inputs are not those that the unfinished run has read: \
a file was changed, added or taken away since; remove its .part file to begin anew
        """
        done, begun, was = self.done, self.done + (self.place > 0), self.inputs
        self.inputs, at = "", 0
        for at, file in enumerate(files, 1):
            self.inputs = _chained(self.inputs, str(file))
            if at == begun and self.inputs != was:
                raise _others()
            if at > done:
                yield file
        if at < begun:
            raise _others()


def _others() -> OutputError:
    return OutputError(
        "the inputs are not those that the unfinished run has read: a file was changed, added or "
        "taken away since; remove its .part file to begin anew"
    )


def _chained(before: str, name: str) -> str:
    """Give the digest of a file and of those before it."""
    try:
        found = os.stat(name)
        state = f"{found.st_size} {found.st_mtime_ns}"
    except (OSError, ValueError):
        state = ""
    whole = f"{before}\0{name}\0{state}"
    return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()
