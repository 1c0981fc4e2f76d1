"""Text for the benchmarks, made from the corpus with a stated share of unknown words."""

import json
import random
from pathlib import Path

from palermo.text import TOKEN, fold

ROOT = Path(__file__).parents[2]
UNKNOWN = 0.08
"""Share of the running words that are made up; of the seed articles' words a model that
never saw them does not know 5 to 9 in 100 (``palermo corpus FILE``)."""


def passages(count: int, seed: int = 1) -> list[str]:
    """Draw passages of the corpus, with some words made unknown by joining halves of others.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Of the draw.

    Returns
    -------
    list of str
        No two are the same but by chance.
    """
    draw = random.Random(seed)
    written = [
        " ".join(json.loads(line)["text"].split())
        for path in sorted((ROOT / "data" / "authored").glob("*/*.jsonl"))
        for line in path.read_text().splitlines()
    ]
    long = sorted({word for text in written for word in TOKEN.findall(fold(text)) if len(word) > 5})

    def spoil(text: str) -> str:
        words = text.split(" ")
        for at in range(len(words)):
            if draw.random() < UNKNOWN:
                one, other = draw.sample(long, 2)
                words[at] = one[: len(one) // 2] + other[len(other) // 2 :] + "q"
        return " ".join(words)

    return [spoil(draw.choice(written)) for _ in range(count)]
