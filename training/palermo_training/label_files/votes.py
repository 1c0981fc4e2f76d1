"""Several answers to one text -> one decision."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from palermo.labels import NONE

Vote = tuple[tuple[str, ...], str, tuple[str, ...]]
"""Tags, primary, judged, as in :class:`palermo_training.corpus.Row`."""


class Decision(NamedTuple):
    """What most annotators say.

    Attributes
    ----------
    tags : list of str
        Labels to which more said yes than no, of those who judged them.
    primary : str
        The tag that most called the main one, the first of these on a tie; ``none``
        without tags.
    judged : list of str
        Labels that somebody judged, without ``split``.
    split : list of str
        Labels to which as many said yes as no.

    Examples
    --------
    >>> Decision(["policy"], "policy", ["policy"], []).split
    []
    """

    tags: list[str]
    primary: str
    judged: list[str]
    split: list[str]


def decide(votes: Sequence[Vote]) -> Decision:
    """Take the majority, label by label.

    Parameters
    ----------
    votes : sequence of Vote
        At least one; each counts once.

    Returns
    -------
    Decision
        Of a single vote, what it says.

    Examples
    --------
    >>> judged = ("smuggling", "policy")
    >>> decide([(("smuggling",), "smuggling", judged), ((), "none", judged)])
    Decision(tags=[], primary='none', judged=['policy'], split=['smuggling'])
    """
    balance: Counter[str] = Counter()
    for tags, _, judged in votes:
        for label in judged:
            balance[label] += 1 if label in tags else -1
    tags_ = [label for label, more in balance.items() if more > 0]
    main = Counter(primary for _, primary, _ in votes if primary in tags_)
    return Decision(
        tags_,
        main.most_common(1)[0][0] if main else next(iter(tags_), NONE),
        [label for label, more in balance.items() if more],
        [label for label, more in balance.items() if not more],
    )
