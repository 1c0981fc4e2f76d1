"""What every output writes: a tagged passage with where it came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from palermo.evidence import Evidence
from palermo.passages import Passage

Reasons = Mapping[str, Sequence[Evidence]]
"""By tag: what speaks for it and against it in one passage."""


@dataclass(frozen=True)
class Finding:
    """One passage to write.

    Attributes
    ----------
    passage : Passage
        The passage, tagged.
    file : str
        The document's name as the user gave it, ``-`` for standard input.
    number : int
        Number of that file among those given, from 0: a name may be given twice.
    index : int
        Number of the passage in its document, from 0.
    model : str
        Version of the model, from :attr:`palermo.Predictor.model`.
    reasons : mapping of str to list of Evidence or None
        What speaks for and against each tag; None if nobody asked.
    more : mapping
        What else is known of the text: of a table, its ``line`` and ``row``.

    Examples
    --------
    >>> Finding(Passage("Hi.", 0, 3, "none", (), {}, 1.0), "a.txt", 0, 0, "0.1.0").file
    'a.txt'
    """

    passage: Passage
    file: str
    number: int
    index: int
    model: str
    reasons: Reasons | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
