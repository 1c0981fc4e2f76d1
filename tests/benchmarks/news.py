"""How often palermo is right on real news of 2001 that it never saw, most of it of other things.

    make bench-news        (or, in tests/: python -m benchmarks.news)

The passages are sentences of the documents that Lee, Pincombe and Welsh (2005, "An Empirical
Evaluation of Models of Text Document Similarity") took from the Australian Broadcasting
Corporation's news mail. They stay their owners': the text comes with the tests of the package
gensim, the extra ``bench-news``, and ``news.jsonl`` holds places in it and labels alone. All
sentences of documents that name the field were taken (the first fourteen), and the first three of
seventy others. Two readers, language models under the codebook, labelled them blind; where they
differed, a third did; all readings are in the file, and passages on which no two of three agreed
have no label.

They served to choose the recipe (``training/README.md``), so they flatter it.
"""

import hashlib
import importlib.util
import json
from dataclasses import replace
from pathlib import Path

from benchmarks.words import ROOT
from palermo import Predictor
from palermo.artifact import load
from palermo_training.corpus import Row
from palermo_training.evaluation import evaluate
from palermo_training.held_out import decide

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


def passages() -> list[Row]:
    """The labelled passages; a group is a document."""
    texts = documents()
    rows = []
    for number, line in enumerate(LABELLED.read_text("utf-8").splitlines()):
        found = json.loads(line)
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


def main() -> None:
    artifact = load(ROOT / "artifacts" / "palermo.joblib")
    open_door = artifact.thresholds.copy()
    open_door[-1] = 0
    rows = passages()
    none = [at for at, row in enumerate(rows) if not row.tags]
    print(f"{len(rows)} passages, {len(rows) - len(none)} of them of the field\n")
    print("| | right label | kappa | F1 policy | F1 enforcement | none, but tagged |")
    print("|---|---|---|---|---|---|")
    for name, model in (
        (f"palermo {artifact.about['version']}", artifact),
        (
            "not asking of the field, other thresholds as they are",
            replace(artifact, thresholds=open_door),
        ),
    ):
        said = decide(Predictor(model), rows)
        found = evaluate(rows, said, "news")
        one = found.primary
        cells = (found.accuracy, found.kappa, one["policy"].f1, one["enforcement"].f1)
        wrong = sum(bool(said[at].tags) for at in none) / len(none)
        print(f"| {name} | " + " | ".join(f"{cell:.3f}" for cell in (*cells, wrong)) + " |")


if __name__ == "__main__":
    main()
