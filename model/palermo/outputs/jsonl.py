"""Passages as JSON, one object a passage: a line each, or all in one array."""

import json
from collections.abc import Iterable
from typing import Any, Final, TextIO

from palermo.outputs.finding import Finding, Reasons
from palermo.passages import Passage

SCHEMA: Final = 1
"""Counts up when a field changes its meaning. Fields may be added at any time."""

_LINE_ENDS: Final = {"\x85": r"\u0085", "\u2028": r"\u2028", "\u2029": r"\u2029"}

_DIGITS: Final = 6  # of a probability: more are noise, and the same on every platform


def record(
    passage: Passage, file: str, index: int, model: str, evidence: Reasons | None = None
) -> dict[str, Any]:
    """Lay a passage out as the fields of one JSON line.

    Parameters
    ----------
    passage : Passage
        What to write.
    file : str
        The document's name as the user gave it, ``-`` for standard input.
    index : int
        Number of the passage in its document, from 0.
    model : str
        Version of the model, from :attr:`palermo.Predictor.model`.
    evidence : mapping of str to list of Evidence, optional
        What speaks for and against each tag, from :meth:`palermo.Predictor.explain`.

    Returns
    -------
    dict
        ``schema, file, index, start, end, text, label, tags, probabilities, known,
        unsure, term, model``, in this order; then ``evidence``, if it is given.

    Examples
    --------
    >>> passage = Passage("Hi.", 0, 3, "none", (), {"policy": 0.25}, 1.0)
    >>> record(passage, "a.txt", 0, "0.1.0")["probabilities"]
    {'policy': 0.25}
    """
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "file": file,
        "index": index,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
        "label": passage.label,
        "tags": list(passage.tags),
        "probabilities": {
            label: round(value, _DIGITS) for label, value in passage.probabilities.items()
        },
        "known": round(passage.known, _DIGITS),
        "unsure": passage.unsure,
        "term": passage.term and passage.term._asdict(),
        "model": model,
    }
    if evidence is not None:
        found["evidence"] = {
            label: [
                {**vars(each), "contribution": round(each.contribution, _DIGITS)} for each in all_
            ]
            for label, all_ in evidence.items()
        }
    return found


def line(fields: dict[str, Any]) -> str:
    r"""Write one record as a line of JSON.

    Parameters
    ----------
    fields : dict
        From :func:`record`.

    Returns
    -------
    str
        One line with its line feed; characters beyond ASCII as they are, but for the
        three that some readers take for the end of a line.

    Examples
    --------
    >>> line({"text": "señal"})
    '{"text": "señal"}\n'
    """
    written = json.dumps(fields, ensure_ascii=False)
    for char, escaped in _LINE_ENDS.items():
        written = written.replace(char, escaped)
    return written + "\n"


def fields(finding: Finding) -> dict[str, Any]:
    """Lay a finding out: the fields of :func:`record`, then what else is known of the text.

    Parameters
    ----------
    finding : Finding
        What to write.

    Returns
    -------
    dict
        As :func:`record` gives it; then, of a row of a table, ``line`` and ``row``.

    Examples
    --------
    >>> passage = Passage("Hi.", 0, 3, "none", (), {}, 1.0)
    >>> fields(Finding(passage, "a.csv", 0, 0, "0.1.0", more={"line": 2, "row": {}}))["line"]
    2
    """
    at = (finding.file, finding.index, finding.model)
    return {**record(finding.passage, *at, finding.reasons), **finding.more}


def write_all(findings: Iterable[Finding], to: TextIO) -> None:
    r"""Write passages as JSON lines, each as it comes.

    Parameters
    ----------
    findings : iterable of Finding
        In the order of their files.
    to : text file
        Where to.

    Examples
    --------
    >>> import sys
    >>> write_all([], sys.stdout)
    """
    for finding in findings:
        to.write(line(fields(finding)))


def write_array(findings: Iterable[Finding], to: TextIO) -> None:
    r"""Write passages as one JSON array, each as it comes.

    Parameters
    ----------
    findings : iterable of Finding
        In the order of their files.
    to : text file
        Where to.

    Examples
    --------
    >>> import sys
    >>> write_array([], sys.stdout)
    [
    ]
    """
    before = "[\n"
    for finding in findings:
        to.write(before + line(fields(finding)).rstrip("\n"))
        before = ",\n"
    to.write("[\n]\n" if before == "[\n" else "\n]\n")
