"""A model as data: arrays and plain values in one joblib file, and a reader that runs nothing.

Models are written with joblib, as everybody does, and read by
:mod:`palermo.joblib_reader`, because loading a joblib file with joblib may run
anything that its writer liked.
"""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from math import frexp
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from palermo.errors import ArtifactError
from palermo.joblib_reader import START, ForeignFileError, read_values
from palermo.keys import keys
from palermo.labels import NONE

FORMAT: Final = 4
"""Counts up when an older palermo would misread a newer file, or the other way round."""

_MOST_BYTES: Final = 1 << 28  # hundreds of times a palermo model
_MOST_CHARS: Final = 1000  # of a label or a remark

_ARRAYS: Final = {
    "keys": "u8",
    "spelling": "u1",
    "weights": "i2",
    "intercepts": "f8",
    "thresholds": "f8",
    "points": "f8",
}


@dataclass(frozen=True)
class Artifact:
    """All that scoring needs, and where it came from.

    Attributes
    ----------
    labels : tuple of str
        ``n_labels`` names, in the order of the columns below. A last column, so that there
        are ``n_heads = n_labels + 1``, is for "of the field": that a passage has any label.
    keys : ndarray of uint64, shape (n_terms,)
        What :func:`palermo.keys.keys` makes of each term, ascending.
    spelling : ndarray of uint8
        The terms themselves in UTF-8, in the same order, a line feed between two.
    weights : ndarray of int16, shape (n_terms, n_heads)
        How much each term speaks for each label: calibrated log-odds, in units of ``step``.
    step : float
        A power of 2, so that sums of weights are exact.
    intercepts : ndarray of float64, shape (n_heads,)
        Log-odds of each label for a passage without a known term.
    thresholds : ndarray of float64, shape (n_heads,)
        Probability from which on a label is given, 0 to 1, to passages that reach the last
        one, of the field.
    points : ndarray of float64, shape (n_labels, n_points, 5)
        Operating points of each label, estimated on rows held out of training: a
        probability from which on a tag is given, ascending; the precision of such tags,
        the lower and upper end of its 95 % interval, and their recall; all 0 to 1.
    about : dict
        Version, data digest, counts and recipe: names to str, int or float.

    Examples
    --------
    >>> artifact = tiny()
    >>> artifact.labels, artifact.weights.shape, len(artifact.digest)
    (('smuggling',), (2, 2), 64)
    """

    labels: tuple[str, ...]
    keys: NDArray[np.uint64]
    spelling: NDArray[np.uint8]
    weights: NDArray[np.int16]
    step: float
    intercepts: NDArray[np.float64]
    thresholds: NDArray[np.float64]
    points: NDArray[np.float64]
    about: Mapping[str, str | int | float]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every value, as 64 hexadecimal digits."""
        return _digest(_to_values(self))

    @cached_property
    def terms(self) -> tuple[str, ...]:
        """The ``n_terms`` terms as :func:`palermo.text.terms` gives them, in the order of keys."""
        return tuple(self.spelling.tobytes().decode().split("\n"))


def tiny() -> Artifact:
    """Make the smallest model there is, for examples and tests: one label, two terms.

    Returns
    -------
    Artifact
        "boat" speaks for smuggling and for the field, and a word that begins like it a little.

    Examples
    --------
    >>> tiny().terms
    ('boat', '#_boa')
    """
    terms = ("boat", "#_boa")
    return Artifact(
        labels=("smuggling",),
        keys=keys(terms),
        spelling=np.frombuffer("\n".join(terms).encode(), np.uint8),
        weights=np.array([[2, 2], [1, 1]], dtype=np.int16),
        step=1.0,
        intercepts=np.array([-1.0, 0.0]),
        thresholds=np.array([0.5, 0.5]),
        points=np.array([[[0.5, 0.8, 0.7, 0.9, 0.6], [0.7, 0.9, 0.8, 1.0, 0.4]]]),
        about={"version": "tiny"},
    )


def save(artifact: Artifact, path: Path) -> None:
    """Write a model; a reader sees the old file or the whole new one, never a part.

    Parameters
    ----------
    artifact : Artifact
        What to write. The same values give the same bytes.
    path : Path
        Where to; its folder must exist.

    Raises
    ------
    ArtifactError
        If the values are none that :func:`load` would accept, or the file cannot
        be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(tiny(), Path(folder, "tiny.joblib"))
    ...     load(Path(folder, "tiny.joblib")).digest == tiny().digest
    True
    """
    import tempfile  # these two take longer to import than a model takes to load,

    import joblib  # and reading needs neither

    values = _to_values(artifact)
    _from_values(values, path)
    if not np.array_equal(keys(artifact.terms), artifact.keys):
        raise ArtifactError(f"{path}: not written: its keys are not those of its terms")
    check_target(path)
    path = path.resolve()  # a link goes on pointing to the model
    part: str | None = None
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        joblib.dump({**values, "digest": artifact.digest}, part, compress=0, protocol=4)
        os.chmod(part, 0o644)
        os.replace(part, path)
    except OSError as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        raise ArtifactError(f"{path}: cannot be written: {error.strerror}") from error


def check_target(path: Path) -> None:
    """Make sure that a model may be written to a path, before the work of making one.

    Parameters
    ----------
    path : Path
        Where a model shall go.

    Raises
    ------
    ArtifactError
        If its folder does not exist, or something other than a file stands there.

    Examples
    --------
    >>> check_target(Path("no-such-folder/my.joblib"))
    Traceback (most recent call last):
    palermo.errors.ArtifactError: no-such-folder/my.joblib: cannot be written: there is no \
folder no-such-folder; make it first
    """
    if not path.parent.is_dir():
        raise ArtifactError(
            f"{path}: cannot be written: there is no folder {path.parent}; make it first"
        )
    if path.exists() and not path.is_file():
        raise ArtifactError(
            f"{path}: cannot be written: no regular file; name a file, as in my.joblib"
        )


def _open(path: str, flags: int) -> int:
    """Open without waiting for anybody to write into a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def load(path: Path) -> Artifact:
    """Read a model without running any of it.

    Parameters
    ----------
    path : Path
        A file that :func:`save` wrote.

    Returns
    -------
    Artifact
        The model, its arrays read-only.

    Raises
    ------
    ArtifactError
        If the file is missing, cut short, damaged, of another format, or anything
        but a palermo model. Memory stays within a small multiple of the file's size.

    Examples
    --------
    >>> load(Path("no-such.joblib"))
    Traceback (most recent call last):
    palermo.errors.ArtifactError: no-such.joblib: no such model file; make one with \
'palermo train --output no-such.joblib'
    """
    try:
        with open(path, "rb", opener=_open) as handle:
            about = os.fstat(handle.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise ForeignFileError("it is no regular file")
            if about.st_size > _MOST_BYTES:
                raise ForeignFileError("it is far larger than a model")
            content = handle.read(len(START))
            if content == START:
                content += handle.read(about.st_size)  # what is asked for is set aside at once
        values = read_values(content)
    except FileNotFoundError:
        raise ArtifactError(
            f"{path}: no such model file; make one with 'palermo train --output {path}'"
        ) from None
    except OSError as error:
        raise ArtifactError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ForeignFileError as error:
        raise ArtifactError(
            f"{path}: not a palermo model: {error}. Nothing in it was run. "
            "Make a model with 'palermo train --output FILE', or get this one again."
        ) from None
    except ValueError as error:  # a name with a NUL or a surrogate
        raise ArtifactError(f"{path}: cannot be read: {error}") from None
    digest = values.pop("digest", None)
    artifact = _from_values(values, path)
    if type(digest) is not str:
        raise ArtifactError(f"{path}: damaged: it says no digest. Get the file again.")
    if digest != artifact.digest:
        raise ArtifactError(
            f"{path}: damaged: its values have digest {artifact.digest[:12]}, "
            f"it says {digest[:12]}. Get the file again."
        )
    return artifact


def _to_values(artifact: Artifact) -> dict[str, Any]:
    """Lay an artifact out as the dict that goes into the file."""
    return {
        "format": FORMAT,
        "labels": list(artifact.labels),
        "keys": np.ascontiguousarray(artifact.keys, "<u8"),
        "spelling": np.ascontiguousarray(artifact.spelling, "u1"),
        "weights": np.ascontiguousarray(artifact.weights, "<i2"),
        "step": artifact.step,
        "intercepts": np.ascontiguousarray(artifact.intercepts, "<f8"),
        "thresholds": np.ascontiguousarray(artifact.thresholds, "<f8"),
        "points": np.ascontiguousarray(artifact.points, "<f8"),
        "about": dict(artifact.about),
    }


def _digest(values: Mapping[str, Any]) -> str:
    """Hash the names, types, shapes and contents of all values."""
    total = hashlib.sha256()
    for name in sorted(values):
        value = values[name]
        if isinstance(value, np.ndarray):
            total.update(f"{name} {value.dtype.str} {value.shape}\n".encode())
            total.update(value.tobytes())
        else:
            total.update(f"{name} {json.dumps(value, sort_keys=True)}\n".encode())
    return total.hexdigest()


def _from_values(values: dict[str, Any], path: Path) -> Artifact:
    """Check a file's values and build the artifact; everything wrong is named."""

    def check(right: bool, wrong: str) -> None:
        if not right:
            raise ArtifactError(f"{path}: not a palermo model: {wrong}. Train it or get it again.")

    def short(value: Any) -> bool:
        return type(value) is str and len(value) <= _MOST_CHARS

    number = values.get("format", "")
    check(type(number) is int, "it names no format")
    if number != FORMAT:
        raise ArtifactError(
            f"{path}: model format {number}, this palermo reads format {FORMAT}: "
            + ("upgrade palermo." if number > FORMAT else "train the model again.")
        )
    expected = {"format", *(field.name for field in fields(Artifact))}
    found = str(sorted(values))[:_MOST_CHARS]
    check(set(values) == expected, f"its parts are {found}, not {sorted(expected)}")
    labels, about = values["labels"], values["about"]
    check(type(labels) is list and all(short(label) for label in labels), "odd labels")
    check(bool(labels) and len(set(labels)) == len(labels), "labels that are none or the same")
    check(not {"", NONE} & set(labels), "a label that means no label")
    check(
        type(about) is dict
        and all(short(name) for name in about)
        and all(type(value) in (int, float) or short(value) for value in about.values()),
        "odd remarks about itself",
    )
    for name, code in _ARRAYS.items():
        array = values[name]
        check(isinstance(array, np.ndarray) and array.dtype.str[1:] == code, f"{name} is no {code}")
        check(bool(np.isfinite(array).all()), f"{name} holds numbers that are not finite")
    count = len(values["keys"].ravel())
    shapes = {
        "keys": (count,),
        "weights": (count, len(labels) + 1),
        "intercepts": (len(labels) + 1,),
        "thresholds": (len(labels) + 1,),
        "points": (len(labels), *values["points"].shape[1:2], 5),
    }
    for name, shape in shapes.items():
        check(values[name].shape == shape, f"{name} has shape {values[name].shape}, not {shape}")
    check(bool((values["keys"][1:] > values["keys"][:-1]).all()), "keys that do not ascend")
    check(count > 0 and values["keys"][0] > 0, "a key that is 0, or no keys")
    try:
        lines = values["spelling"].tobytes().decode().count("\n") + 1
    except UnicodeDecodeError:
        lines = 0
    check(lines == count, f"{lines} terms for {count} keys")
    step = values["step"]
    check(type(step) is float and frexp(step)[0] == 0.5 and step <= 1, "a step that is no 1/2^n")
    thresholds = values["thresholds"]
    check(bool(((thresholds >= 0) & (thresholds <= 1)).all()), "thresholds outside 0 to 1")
    points = values["points"]
    check(bool(((points >= 0) & (points <= 1)).all()), "operating points outside 0 to 1")
    check(bool((np.diff(points[..., 0]) >= 0).all()), "operating points that do not ascend")
    arrays = {name: values[name] for name in _ARRAYS}
    return Artifact(labels=tuple(labels), step=step, about=about, **arrays)
