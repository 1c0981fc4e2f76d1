"""One function for each kind of input; it takes any bytes and holds palermo to its promises.

An error of palermo's own is an answer; any other exception is a find. The folder beside this
file that is called like a function holds its seeds: small valid files, and what was found.
"""

import sys
from importlib.util import find_spec
from io import BytesIO, TextIOWrapper
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

import numpy as np

from palermo import Predictor, documents, readers, records, worker
from palermo.artifact import load
from palermo.engine import EXPONENT, Engine
from palermo.errors import CorpusError, PalermoError
from palermo.passages import LANGS, UNITS, split
from palermo.text import runs, tokens

ROOT = Path(__file__).parents[2]
SEEDS = Path(__file__).parent
ARTIFACT = load(ROOT / "artifacts" / "palermo.joblib")
ENGINE = Engine(ARTIFACT)
NUMBER = {term: at for at, term in enumerate(ARTIFACT.terms)}
FOLDER = TemporaryDirectory()  # until the process ends
FILE = Path(FOLDER.name, "a")


def text_of(raw: bytes) -> str:
    """Make any bytes a text, half of surrogate pairs among them."""
    if raw[:1] == b"\xff":
        return raw[1:].decode("utf-16-le", "surrogatepass" if len(raw) % 2 else "replace")
    return raw.decode("utf-8", "surrogateescape")


def score(raw: bytes) -> None:
    """Hold the engine to what :mod:`palermo.text` says that a text consists of."""
    text = text_of(raw)
    words = tokens(text)
    found = [NUMBER.get(f"{left} {right}") for left, right in pairwise(words)]
    for word in words:
        found += [NUMBER[word]] if word in NUMBER else map(NUMBER.get, runs(word))
    places = [place for place in found if place is not None]
    total = ARTIFACT.weights[places].astype(np.int64).sum(axis=0) * ARTIFACT.step
    expected = total / max(len(words), 1) ** EXPONENT + ARTIFACT.intercepts
    odds, known, _ = ENGINE.measure([text])
    np.testing.assert_allclose(odds[0], expected, rtol=0, atol=1e-9)
    assert known[0] == sum(word in NUMBER for word in words) / max(len(words), 1)


def passages(raw: bytes) -> None:
    """Hold the cutting to its promises: in order, nothing lost but white space."""
    text = text_of(raw)
    for unit in UNITS:
        for lang in LANGS:
            end = 0
            for start, stop in split(text, unit, lang):
                assert end <= start < stop
                assert not text[end:start].strip()
                assert text[start:stop] == text[start:stop].strip()
                end = stop
            assert not text[end:].strip()


def as_stdin(raw: bytes) -> Any:
    return patch.object(sys, "stdin", TextIOWrapper(BytesIO(raw)))


def document(raw: bytes) -> None:
    """Read text, a gzip archive or any document; what the worker does is done here."""
    with as_stdin(raw), patch.object(worker, "extract", readers.extract):
        assert documents.read("-").text.strip()


def html(raw: bytes) -> None:
    readers.extract("html", raw)


def pdf(raw: bytes) -> None:
    readers.extract("pdf", raw)


def docx(raw: bytes) -> None:
    """Read a Word file; what is no archive is put into one as its body, or none would get far."""
    if not raw.startswith(b"PK"):
        packed = BytesIO()
        with ZipFile(SEEDS / "docx" / "stored.docx") as plain, ZipFile(packed, "w") as spoilt:
            for name in plain.namelist():
                spoilt.writestr(name, raw if name == "word/document.xml" else plain.read(name))
        raw = packed.getvalue()
    readers.extract("docx", raw)


def table(raw: bytes) -> None:
    """Read JSON lines, CSV, Parquet, or one of the first two gzipped."""
    with as_stdin(raw):
        for row in records.read("-", "text"):
            assert isinstance(row, PalermoError) or row.text.strip()


def labels(raw: bytes) -> None:
    """Import labels of any tool."""
    from palermo_training import label_files

    FILE.write_bytes(raw)
    try:
        rows, problems = label_files.read(FILE)
    except CorpusError as error:
        assert str(error)
    else:
        assert all(row.text for row in rows)
        assert all(map(str, problems))


def model(raw: bytes) -> None:
    FILE.write_bytes(raw)
    Predictor.load(FILE)


TARGETS = {
    each.__name__: each for each in (score, passages, model, table, document, html, pdf, docx)
}
if find_spec("palermo_training.label_files"):
    TARGETS["labels"] = labels


def attempt(name: str, raw: bytes) -> None:
    """Give bytes to a target; an error of palermo's own is an answer."""
    try:
        TARGETS[name](raw)
    except PalermoError as error:
        assert str(error)


def seeds(name: str, pattern: str = "*") -> list[bytes]:
    """Give the seeds of a target; those that are called find-... were found by fuzzing."""
    folders = [SEEDS / name, *([SEEDS.parent / "label_files"] if name == "labels" else [])]
    return [file.read_bytes() for folder in folders for file in sorted(folder.glob(pattern))]
