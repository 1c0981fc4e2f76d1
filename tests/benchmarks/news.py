"""How often palermo is right on real news of 2001 that it never saw, most of it of other things.

    make bench-news        (or, in tests/: python -m benchmarks.news; some minutes)

The passages are sentences of the documents that Lee, Pincombe and Welsh (2005, "An Empirical
Evaluation of Models of Text Document Similarity") took from the Australian Broadcasting
Corporation's news mail. They stay their owners': the text comes with the tests of the package
gensim, the extra ``bench-news``, and ``news.jsonl`` holds places in it and labels alone. All
sentences of documents that name the field were taken (the first fourteen), and the first three of
seventy others. Two readers, language models under the codebook, labelled them blind; where they
differed, a third did, and each tag and the label are those that two gave; all readings are in the
file, and passages of which no two gave the same label have none.

They served to choose the recipe (``training/README.md``), so they flatter it.
"""

import hashlib
import importlib.util
import json
from collections.abc import Callable
from itertools import compress
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.words import ROOT
from palermo import LABELS, Predictor
from palermo.tags import LEAD
from palermo_training import corpus, recipe
from palermo_training.corpus import Row
from palermo_training.evaluation import PRIMARY, Decision, evaluate
from palermo_training.fitting import Counts
from palermo_training.held_out import decide
from palermo_training.search import LEADS

ROUGH = 1e-3  # of fitting; weights to five digits change nothing here

LABELLED = Path(__file__).with_name("news.jsonl")
FILES = ("lee_background.cor", "lee.cor")
DIGEST = "15ee60170c8a3e14bf2b6f7435bb6df8ccbb7f12f032d01e756afbcda9e0fe46"


def documents() -> list[str]:
    """The documents as gensim carries them, one a line."""
    package = importlib.util.find_spec("gensim")
    if package is None or not package.submodule_search_locations:
        raise SystemExit("the texts come with gensim; pip install -e '.[bench-news]'")
    folder = Path(package.submodule_search_locations[0], "test", "test_data")
    content = b"\n".join((folder / name).read_bytes() for name in FILES)
    if (found := hashlib.sha256(content).hexdigest()) != DIGEST:
        raise SystemExit(f"{folder}: the texts have digest {found[:12]}, expected {DIGEST[:12]}")
    return [line.strip() for line in content.decode("latin-1").split("\n") if line.strip()]


def passages(labelled: list[dict[str, Any]]) -> list[Row]:
    """The passages that have a label; a group is a document."""
    texts = documents()
    rows = []
    for number, found in enumerate(labelled):
        if found["primary"] is None:
            continue
        rows.append(
            Row(
                id=str(number),
                text=texts[found["document"]][found["start"] : found["end"]],
                tags=tuple(found["tags"]),
                primary=found["primary"],
                group=str(found["document"]),
                lang="en",
            )
        )
    return rows


def learnt(news: list[Row]) -> Callable[[bool, dict[str, float]], list[Decision]]:
    """Learn from the corpus; what comes back decides the news by other rules."""
    rows = [*corpus.seeds(), *corpus.authored()]
    here, there = np.arange(len(rows)), np.arange(len(rows), len(rows) + len(news))
    table = Counts([*rows, *news])
    parts = list(recipe.folds([row.group for row in rows]))
    held_out = table.held_out(parts, here, tolerance=ROUGH)[here]
    scores = table.scores(there, *table.fit(here, ROUGH))

    def decided(asked: bool, lead: dict[str, float]) -> list[Decision]:
        which = np.append(np.ones(len(LABELS)), asked)
        rule = recipe.rule(held_out * which, table.has[here])
        tags, said = rule.decide(scores * which, LABELS, lead)
        return [
            Decision(tuple(compress(LABELS, row)), PRIMARY[label])
            for row, label in zip(tags.tolist(), said.tolist(), strict=True)
        ]

    return decided


def main() -> None:
    labelled = [json.loads(line) for line in LABELLED.read_text("utf-8").splitlines()]
    alike = sum(found["readers"][0] == found["readers"][1] for found in labelled)
    news, predictor = passages(labelled), Predictor.load(ROOT / "artifacts" / "palermo.joblib")
    none = [at for at, row in enumerate(news) if not row.tags]
    print(
        f"{len(labelled)} passages, of which two readers labelled {alike} alike; {len(news)} have a "
        f"label that two readers gave, {len(news) - len(none)} of them are of the field\n"
    )
    print("| | right label | kappa | F1 policy | F1 enforcement | none, but tagged |")
    print("|---|---|---|---|---|---|")
    decided = learnt(news)
    for name, said in (
        (f"palermo {predictor.model}", decide(predictor, news)),
        ("the recipe, fitted again", decided(True, LEAD)),
        ("of the field is not asked", decided(False, LEAD)),
        *((name, decided(True, lead)) for name, lead in LEADS.items()),
    ):
        found = evaluate(news, said, "news")
        one = found.primary
        cells = (found.accuracy, found.kappa, one["policy"].f1, one["enforcement"].f1)
        wrong = sum(bool(said[at].tags) for at in none) / len(none)
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in (*cells, wrong)) + " |")


if __name__ == "__main__":
    main()
