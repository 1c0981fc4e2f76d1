"""The file that results go to: whole, or not there."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from palermo.errors import OutputError


def check(path: Path) -> None:
    """Make sure that results may be written to a path, before the work of making them.

    Parameters
    ----------
    path : Path
        Where results shall go.

    Raises
    ------
    OutputError
        If its folder does not exist, or something other than a file stands there.

    Examples
    --------
    >>> check(Path("no-such-folder/tags.csv"))
    Traceback (most recent call last):
    palermo.errors.OutputError: no-such-folder/tags.csv: cannot be written: there is no \
folder no-such-folder; make it first
    """
    if os.path.isdir(path):  # where pathlib's own would raise, as for a name too long, is False
        raise OutputError(f"{path}: a folder; name a file in it, as in {path / 'tags.csv'}")
    if os.path.exists(path) and not os.path.isfile(path):
        raise OutputError(f"{path}: no regular file; leave --output away and use > {path}")
    if not os.path.isdir(path.parent):
        raise OutputError(
            f"{path}: cannot be written: there is no folder {path.parent}; make it first"
        )


@contextmanager
def opened(path: Path, note: Callable[[str], None]) -> Iterator[TextIO]:
    """Open a file beside a path for writing text; when all is done, it takes the path's place.

    Parameters
    ----------
    path : Path
        Where results shall go. What stands there stays until they are whole.
    note : callable
        Is told, if an error ends the work, where to find what was written till then: in
        the file beside, which has ``.part`` behind its name.

    Yields
    ------
    text file
        UTF-8, line breaks left alone.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.txt")
    ...     with opened(path, print) as to:
    ...         _ = to.write("Hi.")
    ...         before = path.exists()
    ...     before, path.read_text()
    (False, 'Hi.')
    """
    whole = Path(os.path.realpath(path))  # a link stays one
    part = whole.with_name(f"{whole.name}.part")
    try:
        # Characters that are no Unicode, as in some names of files, become escapes.
        with open(part, "w", encoding="utf-8", errors="backslashreplace", newline="") as to:
            yield to
        part.replace(whole)
    except BaseException as error:  # Ctrl-C too
        if os.path.isfile(part):
            note(f"Note: {path} is as it was; what was done so far is in {part}")
        if isinstance(error, OSError):
            raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
        raise
