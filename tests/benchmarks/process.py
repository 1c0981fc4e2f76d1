"""Whole processes: how soon ``classify`` answers, and what a long stream takes.

    python -m benchmarks.process [--rounds N] [--megabytes N]

Run it where palermo is installed as users have it; its modules are compiled first.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.words import ROOT, passages

CLASSIFY = Path(sys.executable).parent / "classify"
SEED = ROOT / "seeds" / "000_cc08b8aa00154e8c.txt"
PEER = """
import json, sys
import joblib
pipeline = joblib.load(sys.argv[1])
text = open(sys.argv[2], encoding="utf-8").read()
passages = [line for line in text.splitlines() if line.strip()]
for passage, row in zip(passages, pipeline.predict_proba(passages)):
    print(json.dumps({"text": passage, "probabilities": row.tolist()}, ensure_ascii=False))
"""
MEASURE = """
import resource, subprocess, sys
run = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)
lines = 0
while block := run.stdout.read(1 << 20):
    lines += block.count(b"\\n")
assert run.wait() == 0
print(lines, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


# As users have it: modules stay compiled, output is buffered.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
}


def start(rounds: int) -> str:
    """Whole processes from start to end, interleaved, as multiples of ``import numpy``."""
    import joblib
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from benchmarks.speed import corpus

    with tempfile.TemporaryDirectory() as folder:
        model, script = Path(folder, "model.joblib"), Path(folder, "peer.py")
        pipeline = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(max_iter=200)
        )
        joblib.dump(pipeline.fit(*corpus()), model)
        script.write_text(PEER)
        commands = {
            "python -c 'import numpy'": [sys.executable, "-c", "import numpy"],
            f"classify {SEED.name}": [CLASSIFY, SEED, "--quiet"],
            "joblib and a scikit-learn pipeline": [sys.executable, script, model, SEED],
        }
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for number in range(rounds + 2):
            for name, command in commands.items():
                begin = time.perf_counter()
                subprocess.run(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT, check=True)
                if number >= 2:  # the first rounds compile and fill the disk's cache
                    taken[name].append(time.perf_counter() - begin)
    numpy = next(iter(taken.values()))
    lines = [
        f"median of {rounds} interleaved runs",
        "",
        "| process | ms | times numpy |",
        "|---|---|---|",
    ]
    for name, each in taken.items():
        ratio = statistics.median(a / b for a, b in zip(each, numpy, strict=True))
        lines.append(f"| {name} | {1e3 * statistics.median(each):.0f} | {ratio:.2f} |")
    return "\n".join(lines)


def stream(megabytes: int) -> str:
    """A file of JSON lines of that size through ``classify``."""
    texts = passages(50_000)
    with tempfile.TemporaryDirectory() as folder:
        file, size, count = Path(folder, "rows.jsonl"), 0, 0
        with file.open("w") as handle:
            while size < megabytes * 10**6:
                row = {"id": count, "text": texts[count % len(texts)], "source": "benchmark"}
                size += len((line := json.dumps(row, ensure_ascii=False) + "\n").encode())
                count += 1
                handle.write(line)
        begin = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", MEASURE, CLASSIFY, "--quiet", "--text-column", "text", file],
            stdout=subprocess.PIPE, check=True, env=ENVIRONMENT,
        )  # fmt: skip
        seconds = time.perf_counter() - begin
    lines, peak = map(int, run.stdout.split())
    peak *= 1 if sys.platform == "darwin" else 1024
    return (
        f"{size / 1e6:,.0f} MB of JSON lines, {count:,} texts: {lines:,} sentences in {seconds:.0f} s "
        f"({size / 1e6 / seconds:.1f} MB/s), peak memory {peak / 1e6:.0f} MB"
    )


def loading(rounds: int) -> str:
    """Time to load the packaged model, imports done."""
    from palermo import Predictor

    taken = []
    for _ in range(rounds):
        begin = time.perf_counter()
        Predictor.load()
        taken.append(time.perf_counter() - begin)
    return f"loading the model: {1e3 * statistics.median(taken):.0f} ms"


def main(given: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=15)
    asked.add_argument("--megabytes", type=int, default=1000)
    options = asked.parse_args(given)
    print(start(options.rounds))
    print(f"\n{loading(options.rounds)}")
    print(f"\n{stream(options.megabytes)}")


if __name__ == "__main__":
    main()
