"""Installed models: each under a name, beside where it came from, and which one is in use.

The home folder is the one that ``PALERMO_HOME`` names, else the system's for a user's data::

    in_use                      names, one a line: the model in use, then those before it
    models/NAME/model.joblib    the model
    models/NAME/model.json      where it came from
    lock                        held by the process that writes

A file or a model comes into place by one rename, so that readers, and whatever a killed
writer leaves, never meet half of one. The system frees the lock of a process that ends,
however it ends: so whoever holds the lock knows that what is half-written is nobody's.
"""

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

from palermo.artifact import Artifact, load, save
from palermo.errors import ArtifactError

ENVIRONMENT: Final = "PALERMO_HOME"
"""Environment variable that names the folder of installed models."""

PACKAGED: Final = "packaged"
"""Name of the model that came with palermo."""

PATIENCE: Final = 30.0
"""Seconds to wait for another process that writes."""

_HERE: Final = Path(__file__).parent
_PLACES: Final = (
    _HERE / "artifacts" / "palermo.joblib",  # in an installed package
    _HERE.parents[1] / "artifacts" / "palermo.joblib",  # in a checkout
)
# One spelling a folder on every system: no capitals, no dot at the end, no Windows device.
_NAME: Final = re.compile(
    r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))(?=.{1,64}$)[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
)
_GO_BACK: Final = f"go back to the shipped model with 'palermo models use {PACKAGED}'"


@dataclass(frozen=True)
class Installed:
    """What is known of a model, but for its numbers.

    Attributes
    ----------
    name : str
        What it is called here.
    digest : str
        Of the artifact, 64 hexadecimal digits.
    data : str
        Digest of the rows that it was trained on; empty if the artifact does not say.
    counts : dict of str to int
        Rows and groups that it was trained on.
    figures : dict
        What its trainer measured.
    palermo : str
        Version of palermo that installed it; of the packaged model, that trained it.
    parent : str, optional
        Name of the model that was in use when this one was installed.
    date : str, optional
        When it was installed, as in ``2026-11-22T09:30:00+00:00``, in UTC.

    Examples
    --------
    >>> read("packaged").counts["rows"] > 1000
    True
    """

    name: str
    digest: str
    data: str
    counts: Mapping[str, int]
    figures: Mapping[str, Any]
    palermo: str
    parent: str | None = None
    date: str | None = None


def home() -> Path:
    """Say where installed models are.

    Returns
    -------
    Path
        A folder, which need not exist.

    Examples
    --------
    >>> from unittest.mock import patch
    >>> with patch.dict(os.environ, PALERMO_HOME="models-of-mine"):
    ...     home().name
    'models-of-mine'
    """
    if named := os.environ.get(ENVIRONMENT):
        return Path(os.path.expanduser(named))  # pathlib's own raises where there is no home
    from platformdirs import user_data_path  # 4 ms, which those who name a folder are spared

    return user_data_path("palermo", appauthor=False)


def path(name: str) -> Path:
    """Say where the file of a model is.

    Parameters
    ----------
    name : str
        Of an installed model, or ``"packaged"``.

    Returns
    -------
    Path
        A model file, which exists if a model of that name does.

    Raises
    ------
    ArtifactError
        If no model can have that name.

    Examples
    --------
    >>> path("packaged").name, path("2026-11-22-1a2b3c4d").parent.name
    ('palermo.joblib', '2026-11-22-1a2b3c4d')
    """
    if name == PACKAGED:
        return next(filter(Path.exists, _PLACES), _PLACES[0])
    return home() / "models" / _name(name) / "model.joblib"


def history() -> list[str]:
    """List the models that were in use.

    Returns
    -------
    list of str
        Names, each once: the one in use first, then the one before it and so on.

    Raises
    ------
    ArtifactError
        If the file that holds them cannot be read or is damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> with TemporaryDirectory() as folder, patch.dict(os.environ, PALERMO_HOME=folder):
    ...     history()
    ['packaged']
    """
    file = home() / "in_use"
    try:
        names = file.read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return [PACKAGED]
    except OSError as error:
        raise ArtifactError(
            f"{file}: cannot be read: {error.strerror}; name a folder of yours in {ENVIRONMENT}"
        ) from None
    if not names or not all(name == PACKAGED or _NAME.fullmatch(name) for name in names):
        raise ArtifactError(
            f"{file}: damaged: it is to hold names of models, one a line; choose the model "
            f"in use anew with 'palermo models use NAME', or {_GO_BACK}"
        )
    return names


def in_use() -> str:
    """Say which model is in use.

    Returns
    -------
    str
        A name; ``"packaged"`` until :func:`use` says otherwise.

    Raises
    ------
    ArtifactError
        As :func:`history`.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> with TemporaryDirectory() as folder, patch.dict(os.environ, PALERMO_HOME=folder):
    ...     in_use()
    'packaged'
    """
    return history()[0]


def load_in_use() -> Artifact:
    """Read the model in use.

    Returns
    -------
    Artifact

    Raises
    ------
    ArtifactError
        If it is missing or damaged, or which one it is; the message says how to go back.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> with TemporaryDirectory() as folder, patch.dict(os.environ, PALERMO_HOME=folder):
    ...     load_in_use().labels
    ('smuggling', 'trafficking', 'enforcement', 'policy')
    """
    name = in_use()
    try:
        return load(path(name))
    except ArtifactError as error:
        if name == PACKAGED:
            raise
        raise ArtifactError(
            f"{error} (It is the model in use, {name}. Go back to the one before with "
            f"'palermo models rollback', or {_GO_BACK}.)"
        ) from None


def names() -> list[str]:
    """List the installed models.

    Returns
    -------
    list of str
        Names in the order of the alphabet, which by default is that of dates; without
        ``"packaged"``.

    Raises
    ------
    ArtifactError
        If their folder cannot be read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> with TemporaryDirectory() as folder, patch.dict(os.environ, PALERMO_HOME=folder):
    ...     names()
    []
    """
    folder = home() / "models"
    try:
        return sorted(filter(_NAME.fullmatch, os.listdir(folder)))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ArtifactError(
            f"{folder}: cannot be read: {error.strerror}; name a folder of yours in {ENVIRONMENT}"
        ) from None


def read(name: str) -> Installed:
    """Read what is known of a model.

    Parameters
    ----------
    name : str
        Of an installed model, or ``"packaged"``.

    Returns
    -------
    Installed

    Raises
    ------
    ArtifactError
        If there is no such model, or what is known of it is missing or damaged.

    Examples
    --------
    >>> read("no-such")
    Traceback (most recent call last):
    palermo.errors.ArtifactError: no-such: no installed model has that name; 'palermo models' \
lists them
    """
    if name == PACKAGED:
        artifact = load(path(PACKAGED))
        return _described(name, artifact, {}, str(artifact.about.get("version", "unknown")))
    file = _existing(name) / "model.json"
    try:
        values = json.loads(file.read_bytes())
        found = Installed(
            name,
            # a newer palermo may say more
            **{key: values[key] for key in Installed.__annotations__ if key != "name"},
        )
    except OSError as error:
        wrong = error.strerror
    except (ValueError, RecursionError):
        wrong = "it is no JSON"
    except (KeyError, TypeError):
        wrong = "parts are missing"
    else:
        if (
            all(isinstance(text, str) for text in (found.digest, found.data, found.palermo))
            and all(isinstance(text, str | None) for text in (found.parent, found.date))
            and isinstance(found.figures, dict)
            and isinstance(found.counts, dict)
            and all(type(number) is int for number in found.counts.values())
        ):
            return found
        wrong = "parts are of the wrong kind"
    raise ArtifactError(
        f"{file}: damaged: {wrong}. 'palermo models use {name}' says whether the model itself is "
        f"whole, 'palermo models remove {name}' removes both."
    )


def check(name: str | None = None) -> None:
    """Make sure that a model may be installed, before the work of making one.

    Parameters
    ----------
    name : str, optional
        What it shall be called.

    Raises
    ------
    ArtifactError
        If the home folder cannot be written, or the name is taken or cannot be one.

    Examples
    --------
    >>> check("New/Model")
    Traceback (most recent call last):
    palermo.errors.ArtifactError: 'New/Model': no name for a model; take up to 64 of a-z and \
0-9, with - _ or . between them, as in 2026-11-22-1a2b3c4d
    """
    if name is not None and path(_new(name)).parent.exists():
        raise ArtifactError(
            f"{name}: a model has that name; take another, or remove it first with "
            f"'palermo models remove {name}'"
        )
    with _writing():
        pass


def install(
    artifact: Artifact,
    figures: Mapping[str, Any],
    name: str | None = None,
    beside: Mapping[str, bytes] | None = None,
) -> Installed:
    """Keep a model under a name; :func:`use` brings it into use.

    Parameters
    ----------
    artifact : Artifact
        The model.
    figures : mapping
        What was measured of it: anything that JSON holds.
    name : str, optional
        What to call it: up to 64 of a-z and 0-9, with - _ or . between them. By default
        the day and the beginning of its digest, as in ``2026-11-22-1a2b3c4d``. If a model
        has that name already, this one gets a number behind it, as in ``pilot-2``: no
        training is lost to a name.
    beside : mapping of str to bytes, optional
        More files to keep with it, by name, such as the labels that it learnt from.

    Returns
    -------
    Installed
        What is known of it, with the name that it got.

    Raises
    ------
    ArtifactError
        If the name cannot be one, the model is none that can be loaded, or the home
        folder cannot be written.
    TypeError
        If JSON cannot hold the figures.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> from palermo.artifact import tiny
    >>> with TemporaryDirectory() as folder, patch.dict(os.environ, PALERMO_HOME=folder):
    ...     [install(tiny(), {"macro-F1": 0.8}, "pilot").name for _ in "ab"], in_use()
    (['pilot', 'pilot-2'], 'packaged')
    """
    from datetime import UTC, datetime

    from palermo import __version__

    now = datetime.now(UTC).replace(microsecond=0)
    stem = f"{now:%Y-%m-%d}-{artifact.digest[:8]}" if name is None else _new(name)
    json.dumps(figures)  # fails before anything is written
    with _writing() as folder:
        given = stem
        numbers = count(2)
        while (folder / "models" / given).exists():
            given = f"{stem[:56]}-{next(numbers)}"
        found = _described(given, artifact, figures, __version__, in_use(), now.isoformat())
        known = {key: value for key, value in asdict(found).items() if key != "name"}
        part = folder / "models" / ".part"
        part.mkdir()
        save(artifact, part / "model.joblib")
        (part / "model.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        for more, content in (beside or {}).items():
            (part / more).write_bytes(content)
        for each in (*part.iterdir(), part):
            _sync(each)
        part.rename(folder / "models" / given)
        _sync(folder / "models")
    return found


def use(name: str) -> None:
    """Bring a model into use.

    Parameters
    ----------
    name : str
        Of an installed model, or ``"packaged"``.

    Raises
    ------
    ArtifactError
        If there is no such model, it is damaged, or the home folder cannot be written;
        then the one that was in use stays so.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> from palermo.artifact import tiny
    >>> with TemporaryDirectory() as folder, patch.dict(os.environ, PALERMO_HOME=folder):
    ...     use(install(tiny(), {}, "pilot").name)
    ...     history()
    ['pilot', 'packaged']
    """
    with _writing() as folder:
        if name != PACKAGED:
            _existing(name)
        load(path(name))
        try:
            before = history()
        except ArtifactError:
            before = []  # this is how a damaged file is mended
        if before[:1] != [name]:
            _write(folder, [name, *(each for each in before if each != name)])


def rollback() -> str:
    """Bring the model into use that was so before.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    ArtifactError
        If there was none, it is gone or damaged, or the home folder cannot be written;
        then the one that is in use stays so.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from unittest.mock import patch
    >>> from palermo.artifact import tiny
    >>> with TemporaryDirectory() as folder, patch.dict(os.environ, PALERMO_HOME=folder):
    ...     use(install(tiny(), {}, "pilot").name)
    ...     rollback(), history()
    ('packaged', ['packaged'])
    """
    with _writing() as folder:
        now, *before = history()
        if not before:
            raise ArtifactError(
                f"no model was in use before {now}; choose one with 'palermo models use NAME'"
            )
        try:
            load(path(before[0]))
        except ArtifactError as error:
            raise ArtifactError(
                f"{error} ({before[0]}, in use before {now}, cannot be gone back to; choose "
                f"another with 'palermo models use NAME', or {_GO_BACK}.)"
            ) from None
        _write(folder, before)
    return before[0]


def remove(name: str) -> None:
    """Delete an installed model.

    Parameters
    ----------
    name : str
        Of one that is not in use.

    Raises
    ------
    ArtifactError
        If there is no such model, it is in use or came with palermo, or the home folder
        cannot be written.

    Examples
    --------
    >>> remove("packaged")
    Traceback (most recent call last):
    palermo.errors.ArtifactError: packaged: it came with palermo and stays; remove an installed \
model, which 'palermo models' lists
    """
    if name == PACKAGED:
        raise ArtifactError(
            f"{name}: it came with palermo and stays; remove an installed model, which "
            "'palermo models' lists"
        )
    with _writing() as folder:
        there = _existing(name)
        before = history()
        if before[0] == name:
            raise ArtifactError(
                f"{name}: it is in use; choose another first with 'palermo models rollback' or "
                f"'palermo models use NAME', or {_GO_BACK}"
            )
        if name in before:  # a later model of that name is not what was in use
            _write(folder, [each for each in before if each != name])
        there.rename(folder / "models" / ".part")  # gone at once


def _name(name: str) -> str:
    """Refuse what cannot be a name."""
    if not _NAME.fullmatch(name):
        raise ArtifactError(
            f"{name[:80]!r}: no name for a model; take up to 64 of a-z and 0-9, with - _ or . "
            "between them, as in 2026-11-22-1a2b3c4d"
        )
    return name


def _new(name: str) -> str:
    """Refuse what cannot be the name of a new model."""
    if name == PACKAGED:
        raise ArtifactError(f"{name}: that is the model that came with palermo; take another name")
    return _name(name)


def _existing(name: str) -> Path:
    """Find the folder of an installed model."""
    folder = path(name).parent
    if not folder.exists():
        raise ArtifactError(
            f"{name}: no installed model has that name; 'palermo models' lists them"
        )
    return folder


def _described(
    name: str,
    artifact: Artifact,
    figures: Mapping[str, Any],
    palermo: str,
    parent: str | None = None,
    date: str | None = None,
) -> Installed:
    """Say what is known of a model."""
    return Installed(
        name=name,
        digest=artifact.digest,
        data=str(artifact.about.get("data", "")),
        counts={key: value for key, value in artifact.about.items() if type(value) is int},
        figures=figures,
        palermo=palermo,
        parent=parent,
        date=date,
    )


@contextmanager
def _writing() -> Iterator[Path]:
    """Give the home folder to one writer at a time, without what a killed one left."""
    from shutil import rmtree

    folder = home()
    part = folder / "models" / ".part"
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
        with open(folder / "lock", "ab") as file:
            _lock(file, folder)
            if part.exists():
                rmtree(part)
            try:
                yield folder
            finally:
                rmtree(part, ignore_errors=True)  # else the next writer does it
    except OSError as error:
        raise ArtifactError(
            f"{folder}: cannot be written: {error.strerror or error}; name a folder that can be "
            f"in {ENVIRONMENT}"
        ) from None


def _lock(file: BinaryIO, folder: Path) -> None:
    """Wait for a file's lock, which closing the file or the end of the process frees."""
    from time import monotonic, sleep

    end = monotonic() + PATIENCE
    while True:
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except (BlockingIOError, PermissionError):  # the second is what Windows says
            if monotonic() > end:
                raise ArtifactError(
                    f"{folder}: another palermo has been writing there for {PATIENCE:g} seconds; "
                    "wait for it to end, or end it, and try again"
                ) from None
        sleep(0.02)


def _write(folder: Path, names: list[str]) -> None:
    """Put names into ``in_use``, all at once."""
    part = folder / "in_use.part"
    part.write_text("".join(f"{name}\n" for name in names), encoding="ascii")
    _sync(part)
    part.replace(folder / "in_use")
    _sync(folder)


def _sync(path: Path) -> None:
    """Have the disk keep a file or folder before what comes next."""
    folder = path.is_dir()
    if folder and os.name == "nt":  # which opens no folders
        return
    handle = os.open(path, os.O_RDONLY if folder else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
