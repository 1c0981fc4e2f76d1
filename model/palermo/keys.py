"""Keys: terms as 64-bit numbers, so that they can be looked up many at a time.

The hash of some characters is ``c[0] + c[1] B + c[2] B^2 + ...`` modulo 2^64, with ``B``
an odd number and the edge of a word counting as the character 1 (Rabin & Karp 1987).
A word, a pair and a run get their keys from it by one product each with a number of
their own, which also spreads them evenly over all 64 bits.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

U64 = NDArray[np.uint64]

SEPARATOR: Final = 1
"""Stands for all that is no part of a word, its edges too."""

BASE: Final = 0x9E3779B97F4A7C15

WORD, LEFT, RIGHT, RUN = (
    np.uint64(odd)
    for odd in (0xD1342543DE82EF95, 0xAF251AF3B0F025B5, 0xB564EF22EC7AECE5, 0xF7C2EBC08F67F2B5)
)


def keys(terms: Sequence[str]) -> U64:
    """Hash terms as the engine hashes what it finds in passages.

    Parameters
    ----------
    terms : sequence of str
        ``n_terms`` words, pairs and runs.

    Returns
    -------
    ndarray of uint64, shape (n_terms,)
        One number a term; equal for different terms only by a chance of 1 in 2^64.

    Examples
    --------
    >>> word, pair, run = keys(["boat", "the boat", "#_boa"])
    >>> len({int(word), int(pair), int(run)})
    3
    """
    found = np.empty(len(terms), np.uint64)
    for number, term in enumerate(terms):
        if term.startswith("#"):
            found[number] = _hash(term[1:]) * int(RUN) % 2**64
        elif " " in term:
            left, right = term.split(" ")
            found[number] = (_hash(left) * int(LEFT) + _hash(right) * int(RIGHT)) % 2**64
        else:
            found[number] = _hash(term) * int(WORD) % 2**64
    return found


def _hash(chars: str) -> int:
    """Hash characters: the polynomial of the module's head; an edge counts as separator."""
    total = 0
    for char in reversed(chars):
        total = (total * BASE + (SEPARATOR if char == "_" else ord(char))) % 2**64
    return total
