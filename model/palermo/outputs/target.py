"""The file that results go to: whole, or not there; till then they grow in a file beside it.

    FILE             what stood there, until all is done
    FILE.part        results so far
    FILE.part.json   how much of them is whole, what made them, and how far the work had come

The last is there for results that another run can go on with, as soon as one input is done.
"""

import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic
from typing import Any, Final

from palermo.errors import OutputError
from palermo.stop import Stopped

EVERY: Final = 1.0
"""Seconds of work that a killed process loses at most, but for the input that it was at."""


def check(path: Path, inputs: Iterable[str] = ()) -> None:
    """Make sure that results may be written to a path, before the work of making them.

    Parameters
    ----------
    path : Path
        Where results shall go.
    inputs : iterable of str, optional
        What was named to be read; ``-`` is standard input.

    Raises
    ------
    OutputError
        If its folder does not exist, something other than a file stands there, or one of the
        inputs would be written over.

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
    if str(path) == "-":
        raise OutputError("-: no file; leave --output away, and results go to standard output")
    for name in inputs:
        for written in (path, *beside(path)):
            with suppress(OSError, ValueError):  # one of the two is not there
                if name != "-" and os.path.samefile(name, written):
                    raise OutputError(
                        f"{name}: is to be read, and --output {path} would write over it; write "
                        "to another file, or leave this one out"
                    )


def beside(path: Path) -> tuple[Path, Path, Path]:
    """Name the files that a run writes until it is done.

    Parameters
    ----------
    path : Path
        Where results shall go.

    Returns
    -------
    part, notes, new : Path
        For results, for what is known of them, and for the next state of the latter. They are
        in the folder of the results; a link is followed.

    Examples
    --------
    >>> [each.name for each in beside(Path("tags.csv"))]
    ['tags.csv.part', 'tags.csv.part.json', 'tags.csv.part.json.new']
    """
    whole = Path(os.path.realpath(path))
    part, notes, new = (
        whole.with_name(whole.name + end) for end in (".part", ".part.json", ".part.json.new")
    )
    return part, notes, new


def left(path: Path, made: Mapping[str, Any], resume: bool) -> dict[str, Any]:
    """Give what a run that did not finish knew, for another to go on with.

    Parameters
    ----------
    path : Path
        Where results shall go.
    made : mapping of str
        What results depend on, by the names that users know.
    resume : bool
        Whether to go on with it.

    Returns
    -------
    dict
        ``made``, ``size`` (bytes of results that are whole) and ``state``; empty if there is
        nothing to go on with.

    Raises
    ------
    OutputError
        If there is something and it shall not be gone on with, so that it is not lost
        unsaid; or if it was made otherwise, or is damaged.

    Examples
    --------
    >>> left(Path("no-such-file.csv"), {}, resume=True)
    {}
    """
    part, notes, _ = beside(path)
    anew = f"remove {part} to begin anew"
    try:
        size = part.stat().st_size
        found: dict[str, Any] = json.loads(notes.read_text("utf-8"))
        before, whole = found["made"], found["size"]
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from None
    except (ValueError, TypeError, KeyError):
        raise OutputError(f"{notes}: damaged, so that nothing can go on from it; {anew}") from None
    if not resume:
        raise OutputError(
            f"{part}: results of a run that did not finish; add --resume to go on with them, or "
            f"{anew}"
        )
    for name, now in made.items():
        if (then := before.get(name)) != now:
            then, now = (json.dumps(each, ensure_ascii=False) for each in (then, now))
            raise OutputError(
                f"{part}: begun with another {name} ({then}, now {now}); give the same command "
                f"as then, or {anew}"
            )
    if size < whole:
        raise OutputError(f"{part}: shorter than it was when the run ended; {anew}")
    return found


def kept(path: Path) -> str:
    """Say what a run that did not finish has left.

    Parameters
    ----------
    path : Path
        Where results were to go.

    Returns
    -------
    str
        Where they are, and what can be done with them.

    Examples
    --------
    >>> kept(Path("no-such-file.csv"))
    'no-such-file.csv is as it was'
    """
    part, notes, _ = beside(path)
    if not os.path.isfile(part):  # where pathlib's own would raise, as for a name too long
        return f"{path} is as it was"
    how = (
        "the same command with --resume goes on from there"
        if os.path.isfile(notes)
        else "no run can go on from there"
    )
    return f"{path} is as it was; what was done so far is in {part}: {how}"


class Part(io.TextIOWrapper):
    """The file in which results grow: UTF-8, line breaks left alone.

    Parameters
    ----------
    path : Path
        Where results shall go in the end.
    made : mapping of str, optional
        As for :func:`left`; None if no other run can go on from these results.
    before : mapping, optional
        What :func:`left` gave; the results go on behind those that were whole.
    state : callable
        Gives, between two inputs, what another run needs to know to go on from there.

    Raises
    ------
    OutputError
        If another process is writing there.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder, Part(Path(folder, "a.txt"), made={}) as to:
    ...     _ = to.write("Hi.")
    ...     to.mark()
    ...     sorted(os.listdir(folder))
    ['a.txt.part', 'a.txt.part.json']
    """

    def __init__(
        self,
        path: Path,
        made: Mapping[str, Any] | None = None,
        before: Mapping[str, Any] | None = None,
        state: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        part, self._notes, self._new = beside(path)
        self._made = made
        self._state = state
        self._next = 0.0
        self.begun = bool(before)
        self.dropped = False
        file = open(part, "ab")  # noqa: SIM115 -- closed with this object
        # Characters that are no Unicode, as in some names of files, become escapes.
        super().__init__(file, "utf-8", "backslashreplace", newline="")
        if not _locked(file.fileno()):
            self.close()
            raise OutputError(f"{part}: another process is writing there; wait for it to end")
        if not before:
            self._notes.unlink(missing_ok=True)
        file.truncate(before["size"] if before else 0)

    def drop(self) -> None:
        """Say that there are no results: what stood in their place stays.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     with opened(Path(folder, "a.txt")) as to:
        ...         to.drop()
        ...     os.listdir(folder)
        []
        """
        self.dropped = True

    def mark(self) -> None:
        """Say that an input is done: all that belongs to it has been written.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, Part(Path(folder, "a.txt")) as to:
        ...     to.mark()
        """
        if self._made is not None:
            self.begun = True
            if monotonic() >= self._next:
                self.save()

    def save(self) -> None:
        """Keep on disk how far the work has come, if an input is done.

        Examples
        --------
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, Part(Path(folder, "a.txt")) as to:
        ...     to.save()
        """
        if not self.begun:
            return
        self.flush()
        size = os.fstat(self.fileno()).st_size
        known = {"made": self._made, "size": size, "state": self._state()}
        self._new.write_text(json.dumps(known), "utf-8")
        self._new.replace(self._notes)
        self._next = monotonic() + EVERY


@contextmanager
def opened(
    path: Path,
    made: Mapping[str, Any] | None = None,
    before: Mapping[str, Any] | None = None,
    state: Callable[[], Mapping[str, Any]] = dict,
) -> Iterator[Part]:
    """Open the file beside a path for writing; when all is done, it takes the path's place.

    Parameters
    ----------
    path, made, before, state
        As for :class:`Part`. What stands at the path stays until the results are whole.

    Yields
    ------
    Part
        If an error or a signal ends the work, whole inputs alone are left in it.

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "a.txt")
    ...     with opened(path) as to:
    ...         _ = to.write("Hi.")
    ...         before = path.exists()
    ...     before, path.read_text()
    (False, 'Hi.')
    """
    part, notes, new = beside(path)
    try:
        with Part(path, made, before, state) as to:
            try:
                yield to
            except Stopped:  # comes between two inputs, where the state is known
                to.save()
                raise
        if to.dropped:
            part.unlink()
        else:
            part.replace(os.path.realpath(path))
        notes.unlink(missing_ok=True)
    except BaseException as error:
        if made is not None and not isinstance(error, OutputError):
            _cut(part, notes, new)
        if isinstance(error, OSError):
            reason = error.strerror or error
            raise OutputError(f"{path}: cannot be written: {reason}; {kept(path)}") from None
        raise


def _cut(part: Path, notes: Path, new: Path) -> None:
    """Take off what was written behind the last input that is known to be whole."""
    with suppress(OSError):
        new.unlink(missing_ok=True)
        try:
            size = json.loads(notes.read_text("utf-8"))["size"]
        except FileNotFoundError:
            part.unlink()  # no input is
        else:
            os.truncate(part, size)


def _locked(handle: int) -> bool:
    """Lock a file until it is closed; False if another process has done so."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # of a file system that has no locks
        return True
    return True
