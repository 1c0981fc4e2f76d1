"""Passages as JSON lines: one object a passage, one passage a line."""

import json
from typing import Any, Final

from palermo.passages import Passage

SCHEMA: Final = 1
"""Counts up when a field changes its meaning. Fields may be added at any time."""

_LINE_ENDS: Final = {"\x85": r"\u0085", "\u2028": r"\u2028", "\u2029": r"\u2029"}

_DIGITS: Final = 6  # of a probability: more are noise, and the same on every platform


def record(passage: Passage, file: str, index: int, model: str) -> dict[str, Any]:
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

    Returns
    -------
    dict
        ``schema, file, index, start, end, text, label, tags, probabilities, known,
        unsure, term, model``, in this order.

    Examples
    --------
    >>> passage = Passage("Hi.", 0, 3, "none", (), {"policy": 0.25}, 1.0)
    >>> record(passage, "a.txt", 0, "0.1.0")["probabilities"]
    {'policy': 0.25}
    """
    return {
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
