"""From probabilities to tags, and from these to the label: of passages, and of documents."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from palermo.labels import NONE

LEAD: Final = {"enforcement": 3.0, "policy": 3.0}
"""By how much the odds of a tag count more where the main one is picked. ``data/codebook.md``:
a passage is mainly about the case where that and its facts weigh alike (rule 1), and about
how governments treat the matter where it tells of that beside the matter itself (rule 5)."""


def tagged(
    probabilities: NDArray[np.float64], thresholds: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Give passages that are of the field the labels that they reach the thresholds of.

    A label's own regression hears "arrested" and "minister" speak for it wherever they stand;
    whether a passage has any label is learnt from all that have one, and hears them less.

    Parameters
    ----------
    probabilities : ndarray of float64, shape (n_texts, n_labels + 1)
        0 to 1: of each label and, last, of the passage's having any.
    thresholds : ndarray of float64, shape (n_labels + 1,)
        0 to 1, in the same order.

    Returns
    -------
    ndarray of bool, shape (n_texts, n_labels)

    Examples
    --------
    >>> tagged(np.array([[0.6, 0.8], [0.6, 0.1], [0.1, 0.8]]), np.array([0.5, 0.5])).tolist()
    [[True], [False], [False]]
    """
    reached = probabilities >= thresholds
    return np.asarray(reached[:, :-1] & reached[:, -1:])


def leading(
    labels: Sequence[str],
    probabilities: NDArray[np.float64],
    given: NDArray[np.bool_],
    lead: Mapping[str, float] = LEAD,
) -> NDArray[np.intp]:
    """Pick the tag that each passage is mainly about: the most probable one, by weighed odds.

    Parameters
    ----------
    labels : sequence of str
        ``n_labels`` labels.
    probabilities : ndarray of float64, shape (n_texts, n_labels)
        0 to 1.
    given : ndarray of bool, shape (n_texts, n_labels)
        Which labels are tags of which passage.
    lead : mapping of str to float, optional
        What a label's odds are multiplied by; 1 for labels that it has not.

    Returns
    -------
    ndarray of int, shape (n_texts,)
        Number of a label; 0 for passages without tags.

    Examples
    --------
    >>> said, both = np.array([[0.7, 0.5]]), np.array([[True, True]])
    >>> leading(["smuggling", "enforcement"], said, both).tolist()   # 0.7 / 0.3 < 3 * 0.5 / 0.5
    [1]
    >>> leading(["smuggling", "enforcement"], said, both, lead={}).tolist()
    [0]
    """
    times = np.array([lead.get(label, 1.0) for label in labels])
    weighed = probabilities * times / (1 - probabilities + probabilities * times)
    return np.asarray(np.where(given, weighed, -1.0).argmax(axis=1))


def rolled_up(
    labels: Sequence[str], said: Sequence[tuple[str, Sequence[str]]]
) -> tuple[str, tuple[str, ...]]:
    """Say of a document what is said of its passages.

    Parameters
    ----------
    labels : sequence of str
        In the order that tags shall have.
    said : sequence of (str, sequence of str)
        Label and tags of each passage.

    Returns
    -------
    label : str
        The commonest but ``none``, the first of equals; ``none`` only if all passages are.
    tags : tuple of str
        Every tag that one of them has.

    Examples
    --------
    >>> rolled_up(["smuggling", "policy"], [("none", []), ("none", []), ("policy", ["policy"])])
    ('policy', ('policy',))
    """
    of_the_field = [label for label, _ in said if label != NONE]
    found = {tag for _, tags in said for tag in tags}
    label = max(of_the_field, key=of_the_field.count) if of_the_field else NONE
    return label, tuple(tag for tag in labels if tag in found)
