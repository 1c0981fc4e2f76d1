"""What is wrong with labelled rows, and the way out."""

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes
    ----------
    place : str
        File and line (or item), as in ``rows.jsonl:7``.
    what : str
        What was found, and what was expected.
    remedy : str
        What to do next.
    fatal : bool
        Whether nothing may be trained on these rows before it is mended.

    Examples
    --------
    >>> str(Problem("rows.jsonl:7", "no text", "give each row a text", True))
    'rows.jsonl:7: no text; give each row a text'
    """

    place: str
    what: str
    remedy: str
    fatal: bool

    def __str__(self) -> str:
        return f"{self.place}: {self.what}; {self.remedy}"
