"""A million executions on hostile input, guided by coverage: no crash, no hang, bounded memory.

    python -m hardening.inputs [--runs 1_000_000]

Run it from tests/, with the extra ``hardening``. What it finds goes into a folder of
tests/fuzz/, where the tests read it ever after.
"""

import argparse
import math
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

TESTS = Path(__file__).parents[1]
RUNS = 1_000_000
SHARES = {
    "score": 30, "table": 30, "passages": 15, "model": 13, "docx": 6, "pdf": 2, "labels": 2,
    "document": 1, "html": 1,
}  # fmt: skip
"""Of all executions, in per cent; those that cost most come least."""

INSTRUMENTED = ["palermo", "palermo_training", "pypdf", "docx", "trafilatura"]

SECONDS = 20  # that one execution may take; most take less than a thousandth of it
MEGABYTES = 2048  # of address space that each fuzzing process may have, with all its libraries
LONGEST = 8192  # bytes of an input


def fuzz(name: str, runs: int, found: Path) -> None:
    """Run one target in this process, which ends with it."""
    import resource

    import atheris

    # Where atheris follows comparisons of arrays it keeps them all; no branch hangs on them.
    with atheris.instrument_imports(include=INSTRUMENTED, exclude=["palermo.engine"]):
        from fuzz import targets

        for raw in targets.seeds(name):  # import what they need
            targets.attempt(name, raw)
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    start = found / "seeds"
    start.mkdir()
    for number, raw in enumerate(targets.seeds(name)):
        (start / str(number)).write_bytes(raw)

    @atheris.instrument_func
    def once(raw: bytes) -> None:
        targets.attempt(name, raw)

    options = {
        "runs": runs, "seed": 2000, "timeout": SECONDS, "max_len": LONGEST, "len_control": 0,
        "rss_limit_mb": 0, "artifact_prefix": f"{found}/find-", "print_final_stats": 1,
    }  # fmt: skip
    atheris.Setup([name, *(f"-{key}={value}" for key, value in options.items()), str(start)], once)
    atheris.Fuzz()


def run(name: str, runs: int) -> dict[str, int]:
    """Run one target in a process of its own; give libFuzzer's figures."""
    with TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "hardening.inputs", "--one", name, folder, "--runs", str(runs)],
            cwd=TESTS, capture_output=True, text=True, errors="replace", check=False,
        )  # fmt: skip
        finds = list(Path(folder).glob("find-*"))
        for find in finds:
            (TESTS / "fuzz" / name / find.name).write_bytes(find.read_bytes())
        said = done.stderr + done.stdout
        if "No module named 'atheris'" in said:
            raise AssertionError('atheris is missing: pip install "palermo[hardening]"')
        assert done.returncode == 0, (
            f"{name}: {[find.name for find in finds]}, now in tests/fuzz/{name}:\n{said[-3000:]}"
        )
    figures = {key: int(value) for key, value in re.findall(r"stat::(\w+):\s+(\d+)", said)}
    seconds = re.search(r"Done \d+ runs in (\d+) second", said)
    return {**figures, "seconds": int(seconds[1]) if seconds else 0}


HUGE_LINE = """
import resource, sys
from palermo import records
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
first, bad, last = records.read(sys.argv[1], "text")
assert (first.text, last.text) == ("one", "two")
assert "a line of more than" in str(bad)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def huge_line() -> tuple[str, str]:
    """Read JSON lines of which one has a gigabyte."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.jsonl")
        with path.open("wb") as file:
            file.write(b'{"text": "one"}\n{"text": "')
            file.truncate(1 << 30)  # a hole: no disk is used
            file.seek(0, 2)
            file.write(b'"}\n{"text": "two"}\n')
        command = [sys.executable, "-c", HUGE_LINE, path]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    return (
        "JSON lines with a line of 1 GiB",
        f"the line named, the others read; at most {int(done.stdout):,} MB in use",
    )


def figures(runs: int = RUNS) -> list[tuple[str, str]]:
    """Run every target; give what was done and what came out.

    Raises
    ------
    AssertionError
        If one of them raised anything but an error of palermo's own, took longer than
        :data:`SECONDS` over one input, or more memory than :data:`MEGABYTES`.
    """
    rows, total = [huge_line()], Counter[str]()
    from fuzz.targets import TARGETS

    whole = sum(SHARES[name] for name in TARGETS)
    for name in TARGETS:
        wanted = math.ceil(runs * SHARES[name] / whole)
        found = run(name, wanted)
        count = found["number_of_executed_units"]
        assert count >= wanted, (name, found)
        total.update(executions=count, seconds=found["seconds"])
        rows.append(
            (
                f"{name}: {count:,} inputs of up to {LONGEST:,} bytes",
                f"read or refused; each in less than {found['slowest_unit_time_sec'] + 1} s, at most "
                f"{found['peak_rss_mb']:,} MB in use, {found['seconds']:,} s in all",
            )
        )
    rows.append(
        (
            f"all: {total['executions']:,} inputs, each process within {MEGABYTES:,} MB and "
            f"{SECONDS} s an input",
            f"no crash, no hang; {total['seconds']:,} s in all",
        )
    )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--one", nargs=2, metavar=("TARGET", "FOLDER"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.one:
        name, folder = chosen.one
        fuzz(name, chosen.runs, Path(folder))
        return
    print("| done | came out |\n| --- | --- |")
    for row in figures(chosen.runs):
        print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
