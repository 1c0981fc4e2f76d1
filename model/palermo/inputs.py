"""What the user names -> files: folders, and patterns that no shell expanded."""

import glob
import os
from collections.abc import Iterable, Iterator
from typing import Final

from palermo.documents import STDIN
from palermo.errors import DocumentError

_HIDDEN: Final = (".", "~$")  # the second are locks of files that are open in Word


def expand(names: Iterable[str], recursive: bool = False) -> Iterator[str | DocumentError]:
    """Yield the files that names stand for.

    Parameters
    ----------
    names : iterable of str
        Files, folders, patterns such as ``*.txt`` or ``**/*.txt``, and ``-``. A name that
        exists is no pattern.
    recursive : bool, default False
        Whether folders stand for the files in them and in their folders, in sorted order,
        without hidden ones and without folders that are links. Else a folder is yielded as
        it is.

    Yields
    ------
    str or DocumentError
        In the order of ``names``: a file, or what is wrong with a name, so that it stops
        no other.

    Examples
    --------
    >>> list(expand(["a.txt", "-"]))
    ['a.txt', '-']
    >>> [str(error) for error in expand(["no-such-*.txt"])]
    ['no-such-*.txt: no file of this name, nor any that matches it as a pattern']
    """
    for name in names:
        if name == STDIN or os.path.lexists(name) or not glob.has_magic(name):
            found = [name]
        else:
            found = sorted(filter(_shown, glob.glob(name, recursive=True)))
            if "**" in name:  # has matched what is in the folders too
                found = [path for path in found if not os.path.isdir(path)]
            if not found:
                yield DocumentError(
                    f"{name}: no file of this name, nor any that matches it as a pattern"
                )
        for path in found:
            if recursive and os.path.isdir(path):
                yield from _inside(path)
            else:
                yield path


def _inside(folder: str) -> Iterator[str | DocumentError]:
    """Yield the files of a folder; each folder's names in sorted order."""
    waiting, some = [folder], False
    while waiting:
        path = waiting.pop()
        if not os.path.isdir(path):
            # A dead link is for the reader to name; a pipe would make it wait for ever.
            if os.path.isfile(path) or not os.path.exists(path):
                some = True
                yield path
        elif path == folder or not os.path.islink(path):  # links may run in a circle
            try:
                inside = [os.path.join(path, name) for name in os.listdir(path)]
            except OSError as error:
                some = True
                yield DocumentError(f"{path}: the folder cannot be opened: {error.strerror}")
            else:
                waiting += sorted(filter(_shown, inside), reverse=True)
    if not some:
        yield DocumentError(f"{folder}: no files in this folder (hidden ones are passed over)")


def _shown(path: str) -> bool:
    return not os.path.basename(path).startswith(_HIDDEN)
