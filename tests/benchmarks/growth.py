"""How palermo's cost grows with passages, features and length, and what the machine could do.

python -m benchmarks.growth [--passages N] [--output FOLDER]
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.words import ROOT, passages
from palermo import Predictor
from palermo import engine as engine_module
from palermo.artifact import Artifact, load
from palermo.engine import Engine


def seconds(work: Callable[[], object], least: float = 0.4) -> float:
    """Median time of a piece of work, done three times or for so many seconds."""
    taken: list[float] = []
    while len(taken) < 3 or sum(taken) < least:
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def by_passages(predictor: Predictor, most: int) -> list[tuple[int, float]]:
    """Microseconds a passage, by how many are given at once; the text repeats after 50,000."""
    texts = passages(min(most, 50_000))
    texts = (texts * (most // len(texts) + 1))[:most]
    counts = [10**power for power in range(7) if 10**power <= most]
    return [
        (count, 1e6 * seconds(partial(predictor.predict_proba, texts[:count])) / count)
        for count in counts
    ]


def by_features(artifact: Artifact, texts: list[str]) -> list[tuple[int, float]]:
    """Microseconds a passage, by how many terms the model has: some of the shipped model's
    or, for more than it has, random ones beside them."""
    found = []
    random = np.random.default_rng(1)
    for count in (1_000, 5_000, 20_000, 100_000, 200_000):
        have = len(artifact.keys)
        keep = np.sort(random.choice(have, min(count, have), replace=False))
        keys, weights = artifact.keys[keep], artifact.weights[keep]
        if count > have:
            more = random.integers(1, 2**64 - 1, count - have, dtype=np.uint64)
            order = np.argsort(keys := np.append(keys, more))
            weights = np.vstack(
                [weights, random.integers(-99, 99, (len(more), weights.shape[1]), np.int16)]
            )[order]
            keys = keys[order]
        model = replace(artifact, keys=keys, weights=weights)
        score = partial(Engine(model).log_odds, texts)
        found.append((count, 1e6 * seconds(score) / len(texts)))
    return found


def by_stage(texts: list[str]) -> dict[str, float]:
    """Share of the time that each stage of the engine takes."""
    engine = Engine(load(ROOT / "artifacts" / "palermo.joblib"))
    stages = {
        "characters folded to numbers": (engine_module, "_codes"),
        "words found and hashed (with the above)": (engine_module._Words, "__init__"),
        "terms looked up": (engine_module._Table, "places"),
        "runs of unknown words hashed": (engine_module._Words, "runs"),
        "sums": (engine_module, "_sums"),
    }
    taken = dict.fromkeys(stages, 0.0)
    kept = {name: getattr(*place) for name, place in stages.items()}

    def timed(name: str) -> Callable[..., object]:
        def call(*given: object) -> object:
            start = time.perf_counter()
            result = kept[name](*given)
            taken[name] += time.perf_counter() - start
            return result

        return call

    engine.log_odds(texts)
    for name, (where, what) in stages.items():
        setattr(where, what, timed(name))
    start = time.perf_counter()
    engine.log_odds(texts)
    whole = time.perf_counter() - start
    for name, (where, what) in stages.items():
        setattr(where, what, kept[name])
    return {name: each / whole for name, each in taken.items()}


def limits(texts: list[str], predictor: Predictor) -> dict[str, float]:
    """MB of text a second: palermo, ``wc -w``, and a copy in memory."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "text.txt")
        file.write_text("\n".join(texts))
        size = file.stat().st_size
        content = np.frombuffer(file.read_bytes(), np.uint8)
        start = seconds(lambda: subprocess.run(["wc", "-w", "/dev/null"], capture_output=True))
        counted = seconds(lambda: subprocess.run(["wc", "-w", file], capture_output=True)) - start
    return {
        "palermo": size / 1e6 / seconds(lambda: predictor.predict_proba(texts)),
        "wc -w": size / 1e6 / counted,
        "memory copy": size / 1e6 / seconds(content.copy),
    }


def main(given: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--passages", type=int, default=1_000_000)
    asked.add_argument("--output", type=Path)
    options = asked.parse_args(given)
    artifact = load(ROOT / "artifacts" / "palermo.joblib")
    predictor = Predictor(artifact)
    texts = passages(min(20_000, options.passages))
    growth = {
        "passages at once": by_passages(predictor, options.passages),
        "terms of the model": by_features(artifact, texts),
    }
    for name, points in growth.items():
        print(f"\n| {name} | microseconds a passage |\n|---|---|")
        print("\n".join(f"| {count:,} | {each:.1f} |" for count, each in points))
    print("\n| stage | share of the time |\n|---|---|")
    print("\n".join(f"| {name} | {each:.0%} |" for name, each in by_stage(texts).items()))
    print("\n| | MB of text a second |\n|---|---|")
    print("\n".join(f"| {name} | {each:,.0f} |" for name, each in limits(texts, predictor).items()))
    if options.output:
        draw(growth, options.output / "growth.svg")


def draw(growth: dict[str, list[tuple[int, float]]], path: Path) -> None:
    from palermo_training.plots import picture

    with picture(path, columns=2) as axes:
        for each, (name, points) in zip(axes, growth.items(), strict=True):
            each.plot(*zip(*points, strict=True), "o-", color="tab:orange")
            each.set(xscale="log", yscale="log", xlabel=name, ylabel="microseconds a passage")


if __name__ == "__main__":
    main()
