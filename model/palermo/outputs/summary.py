"""The line at the end: how many passages have which label, and what is in doubt of them."""

from collections import Counter
from collections.abc import Sequence

from palermo.labels import NONE
from palermo.passages import Passage


class Summary:
    """Counts passages as they go by.

    Parameters
    ----------
    labels : sequence of str
        The model's, in its order.

    Examples
    --------
    >>> summary = Summary(["policy"])
    >>> passage = Passage("Hi.", 0, 3, "none", (), {"policy": 0.25}, 0.0, unsure=True, words=1)
    >>> summary.count([passage]) == [passage]
    True
    >>> summary.line()
    'Passages: 1 (policy 0, none 1, which is 100 %); unsure 1, term warnings 0; \
words that the model does not know: 100.0 %.'
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self._labels = (*labels, NONE)
        self._count: Counter[str] = Counter()
        self._unsure = self._terms = self._words = 0
        self._unknown = 0.0

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

    def line(self) -> str:
        """Say what was counted.

        Returns
        -------
        str
            One line; empty if there was nothing to count.

        Examples
        --------
        >>> Summary(["policy"]).line()
        ''
        """
        total = self._count.total()
        if not total:
            return ""
        labels = ", ".join(f"{label} {self._count[label]:,}" for label in self._labels)
        return (
            f"Passages: {total:,} ({labels}, which is "
            f"{100 * self._count[NONE] / total:.0f} %); unsure {self._unsure:,}, "
            f"term warnings {self._terms:,}; words that the model does not know: "
            f"{100 * self._unknown / max(self._words, 1):.1f} %."
        )
