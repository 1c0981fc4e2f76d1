"""The line at the end: what was read, how many passages have which label, what is in doubt."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from palermo.labels import NONE
from palermo.passages import Passage
from palermo.tally import Tally


class Summary:
    """Counts passages as they go by.

    Parameters
    ----------
    labels : sequence of str
        The model's, in its order.
    state : mapping, optional
        What :meth:`state` gave in another run, to count on from there.

    Attributes
    ----------
    written : int or None
        How many of the passages were written, where not all are wanted.

    Examples
    --------
    >>> summary = Summary(["policy"])
    >>> passage = Passage("Hi.", 0, 3, "none", (), {"policy": 0.25}, 0.0, unsure=True, words=1)
    >>> summary.count([passage]) == [passage]
    True
    >>> summary.line(Tally(done=2, failed=1))
    'Passages: 1 (policy 0, none 1, which is 100 %); unsure 1, term warnings 0; \
words that the model does not know: 100.0 %; files: 1 read, 1 failed.'
    """

    def __init__(self, labels: Sequence[str], state: Mapping[str, Any] | None = None) -> None:
        self._labels = (*labels, NONE)
        self._count: Counter[str] = Counter()
        self._unsure = self._terms = self._words = 0
        self._unknown = 0.0
        self.written: int | None = None
        if state is not None:
            self._count.update(state["count"])
            self._unsure, self._terms, self._words, self._unknown = state["doubt"]
            self.written = state["written"]

    def state(self) -> dict[str, Any]:
        """Give what was counted, in a form that JSON has.

        Returns
        -------
        dict
            For another summary to go on with.

        Examples
        --------
        >>> Summary(["policy"], Summary(["policy"]).state()).line(Tally())
        'Passages: 0; files: 0 read, 0 failed.'
        """
        doubt = (self._unsure, self._terms, self._words, self._unknown)
        return {"count": self._count, "doubt": doubt, "written": self.written}

    def count(self, passages: list[Passage]) -> list[Passage]:
        """Count passages and hand them on.

        Parameters
        ----------
        passages : list of Passage
            Of one document.

        Returns
        -------
        list of Passage
            The same.

        Examples
        --------
        >>> Summary([]).count([])
        []
        """
        for passage in passages:
            self._count[passage.label] += 1
            self._unsure += passage.unsure
            self._terms += passage.term is not None
            self._words += passage.words
            self._unknown += passage.words * (1 - passage.known)
        return passages

    def line(self, tally: Tally) -> str:
        """Say what was counted.

        Parameters
        ----------
        tally : Tally
            What was read.

        Returns
        -------
        str
            One line.

        Examples
        --------
        >>> Summary(["policy"]).line(Tally(done=1, rows=5, spoilt=1))
        'Passages: 0; rows: 5 read, 1 failed; files: 1 read, 0 failed.'
        """
        total = self._count.total()
        parts = [f"Passages: {total:,}"]
        if total:
            labels = ", ".join(f"{label} {self._count[label]:,}" for label in self._labels)
            none = 100 * self._count[NONE] / total
            unknown = 100 * self._unknown / max(self._words, 1)
            parts[0] += f" ({labels}, which is {none:.0f} %)"
            parts += [f"unsure {self._unsure:,}, term warnings {self._terms:,}"]
            parts += [f"words that the model does not know: {unknown:.1f} %"]
        if self.written is not None:
            parts += [f"written: {self.written:,}"]
        if tally.rows or tally.spoilt:
            parts += [f"rows: {tally.rows:,} read, {tally.spoilt:,} failed"]
        parts += [f"files: {tally.done - tally.failed:,} read, {tally.failed:,} failed"]
        return "; ".join(parts) + "."
