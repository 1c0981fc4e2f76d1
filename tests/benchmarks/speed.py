"""How fast palermo scores passages, beside peers on the same text in the same run.

    python -m benchmarks.speed [--passages N] [--rounds N] [--output FOLDER]

Peers are trained on the same corpus and called as their users call them: once, with the
whole list. One thread each; rounds are interleaved, so that a busy moment hits all.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks.words import ROOT, UNKNOWN, passages

Score = Callable[[list[str]], object]


def corpus() -> tuple[list[str], list[str]]:
    """Texts and primary labels of the rows that train all."""
    rows = [
        json.loads(line)
        for path in [ROOT / "data" / "seed_sentences.jsonl", *ROOT.glob("data/authored/*/*.jsonl")]
        for line in path.read_text().splitlines()
    ]
    return [" ".join(row["text"].split()) for row in rows], [row["primary"] for row in rows]


def palermo() -> Score:
    from palermo import Predictor

    return Predictor.load().predict_proba


def same_model_in_scikit_learn() -> Score:
    """The shipped weights in a pipeline of CountVectorizer and one-vs-rest regressions."""
    from palermo.artifact import load
    from palermo_training.reference import reference

    return reference(load(ROOT / "artifacts" / "palermo.joblib")).predict_proba


def stock_scikit_learn() -> Score:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    pipeline = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=200))
    return pipeline.fit(*corpus()).predict_proba


def fasttext() -> Score:
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "train.txt")
        path.write_text(
            "".join(f"__label__{label} {text}\n" for text, label in zip(*corpus(), strict=True))
        )
        model = fasttext.train_supervised(str(path), wordNgrams=2, thread=1, verbose=0)
    return model.predict


def spacy() -> Score:
    import spacy
    from spacy.training import Example

    texts, labels = corpus()
    nlp = spacy.blank("en")
    head = nlp.add_pipe(
        "textcat",
        config={"model": {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": True,
                          "ngram_size": 2, "no_output_layer": False}},
    )  # fmt: skip
    names = sorted(set(labels))
    examples = [
        Example.from_dict(nlp.make_doc(text), {"cats": {name: name == label for name in names}})
        for text, label in zip(texts[:2000], labels[:2000], strict=True)  # speed, not quality
    ]
    nlp.initialize(lambda: examples)
    for start in range(0, len(examples), 200):
        nlp.update(examples[start : start + 200])
    assert head.labels

    def score(texts: list[str]) -> list[dict[str, float]]:
        return [doc.cats for doc in nlp.pipe(texts, batch_size=256)]

    return score


PEERS = {
    "palermo": palermo,
    "fastText, wordNgrams 2": fasttext,
    "scikit-learn, TF-IDF of words and pairs": stock_scikit_learn,
    "scikit-learn, palermo's weights": same_model_in_scikit_learn,
    "spaCy, bag of words and pairs": spacy,
}
_SHARE = {"scikit-learn, palermo's weights": 5, "spaCy, bag of words and pairs": 10}


def main(given: Sequence[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--passages", type=int, default=40_000)
    arguments.add_argument("--rounds", type=int, default=7)
    arguments.add_argument("--output", type=Path)
    asked = arguments.parse_args(given)
    threadpool_limits(1)
    texts = passages(asked.passages)
    size = sum(len(text.encode()) for text in texts)
    peers: dict[str, Score] = {}
    for name, make in PEERS.items():
        print(f"making {name}", file=sys.stderr, flush=True)
        peers[name] = make()
        peers[name](texts[:500])  # warm
    seconds: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(asked.rounds):
        print(f"round {number + 1} of {asked.rounds}", file=sys.stderr, flush=True)
        for name, score in peers.items():
            share = _SHARE.get(name, 1)  # slow ones get a part of the text
            part = texts[: len(texts) // share]
            start = time.perf_counter()
            score(part)
            seconds[name].append((time.perf_counter() - start) * size / _bytes(part))
    print(table(seconds, size, len(texts)))
    print(threads(texts, asked.rounds))
    if asked.output:
        draw(seconds, size, asked.output)


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)


def table(seconds: dict[str, list[float]], size: int, count: int) -> str:
    """Median, spread and ratio of each, as Markdown."""
    best = seconds["palermo"]
    lines = [
        f"{count:,} passages, {size / 1e6:.1f} MB, {UNKNOWN:.0%} of the words unknown, one thread, "
        f"median of {len(best)} interleaved rounds (least to most)",
        "",
        "| | MB a second | passages a second | palermo is |",
        "|---|---|---|---|",
    ]
    for name, each in seconds.items():
        middle, ratios = statistics.median(each), [a / b for a, b in zip(each, best, strict=True)]
        lines.append(
            f"| {name} | {size / middle / 1e6:.2f} ({size / max(each) / 1e6:.2f} to "
            f"{size / min(each) / 1e6:.2f}) | {count / middle:,.0f} | "
            f"{statistics.median(ratios):.1f} times as fast ({min(ratios):.1f} to {max(ratios):.1f}) |"
        )
    return "\n".join(lines)


def threads(texts: list[str], rounds: int) -> str:
    """What two threads gain, held against what two processes gain."""
    score, halves = palermo(), [texts[0::2], texts[1::2]]
    found: dict[str, list[float]] = {"one thread": [], "two threads": [], "two processes": []}

    def child(ask: Connection, half: list[str]) -> None:
        while ask.recv():
            score(half)
            ask.send(True)

    ends = [get_context("fork").Pipe() for _ in halves]  # forked: they have the texts already
    for (_, end), half in zip(ends, halves, strict=True):
        get_context("fork").Process(target=child, args=(end, half), daemon=True).start()

    def processes() -> None:
        for end, _ in ends:
            end.send(True)
        for end, _ in ends:
            end.recv()

    with ThreadPoolExecutor(2) as pool:
        for _ in range(4 * rounds):  # short ones: waiting for each other is a matter of chance
            for name, work in (
                ("one thread", lambda: [score(half) for half in halves]),
                ("two threads", lambda: list(pool.map(score, halves))),
                ("two processes", processes),
            ):
                start = time.perf_counter()
                work()
                found[name].append(time.perf_counter() - start)
    for end, _ in ends:
        end.send(False)
    middle = {name: statistics.median(each) for name, each in found.items()}
    gain = {name: middle["one thread"] / seconds for name, seconds in middle.items()}
    return (
        f"\nTwo threads are {gain['two threads']:.2f} times as fast as one, two processes "
        f"{gain['two processes']:.2f} times: threads gain "
        f"{gain['two threads'] / gain['two processes']:.0%} of what processes gain."
    )


def draw(seconds: dict[str, list[float]], size: int, folder: Path) -> None:
    """Draw the table as bars."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "palermo"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 2.6), layout="constrained")
    names = list(seconds)[::-1]
    speeds = [size / statistics.median(seconds[name]) / 1e6 for name in names]
    colours = ["tab:orange" if name == "palermo" else "tab:gray" for name in names]
    axes.bar_label(axes.barh(names, speeds, color=colours), fmt="%.2f", padding=3)
    axes.set(xlabel="MB of text a second, one thread", xlim=(0, 1.15 * max(speeds)))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(folder / "speed.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
