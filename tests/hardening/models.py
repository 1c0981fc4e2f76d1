"""Tampered model files, given to palermo and to what others load models with.

    python -m hardening.models

Run it from tests/, on Linux, with the extra ``hardening``. Every file is loaded in a process
of its own, with limits of time and memory. A payload that ran has left a file.
"""

import copyreg
import json
import os
import pickle
import resource
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np

from hardening.table import table
from hardening.tampered import MARK, MEGABYTE, kinds, values, written
from palermo import ArtifactError, Predictor
from palermo.artifact import _to_values, load

TESTS = str(Path(__file__).parents[1])
MEMORY = 256 * MEGABYTE  # that a loader may ask for beyond what it has after its imports
SECONDS = 5  # of processor time
PATIENCE = 60  # seconds on the clock, where a loader waits for something
MOST_FLIPS = 8000

LEAST_MEMORY, TIMES_MEMORY = 16 * MEGABYTE, 20
"""``Predictor.load`` takes at most this much memory: so many bytes, and so many times the file's size."""

ORDER = ["ran code", "crashed", "hung", "out of memory", "loaded wrong values", "loaded", "refused"]


class Outcome(NamedTuple):
    """What came of loading one file."""

    what: str  # one of ORDER, or "raised ..." where palermo breaks its promise
    grown: int  # bytes of memory taken at most


# What follows runs in a process for each loader, which starts one for each file.


def palermo(path: str) -> object:
    """Load as a user does, then give what was in the file."""
    Predictor.load(Path(path))
    artifact = load(Path(path))
    return {**_to_values(artifact), "digest": artifact.digest}


def skops_io() -> ModuleType:
    try:
        import skops.io
    except ModuleNotFoundError:
        sys.exit('skops is not installed: pip install "palermo[hardening]"')
    return skops.io


def loaders() -> dict[str, Callable[[], Callable[[str], object]]]:
    """Each loader by name, imported when it is called for."""

    def joblib() -> Callable[[str], object]:
        import joblib

        return joblib.load

    def plain() -> Callable[[str], object]:
        return lambda path: pickle.loads(Path(path).read_bytes())

    return {
        "Predictor.load": lambda: palermo,
        "joblib.load": joblib,
        "pickle.load": plain,
        "skops.io.load": lambda: skops_io().load,
    }


def same(found: object, expected: dict) -> bool:
    """Tell whether values are those of the untampered file."""
    if type(found) is not dict or list(found) != list(expected):
        return False
    return all(
        np.array_equal(found[name], value)
        if isinstance(value, np.ndarray)
        else type(found[name]) is type(value) and found[name] == value
        for name, value in expected.items()
    )


def attempt(name: str, load: Callable[[str], object], path: str) -> str:
    """Load one file and say what came of it."""
    try:
        what = "loaded" if same(load(path), values()) else "loaded wrong values"
    except ArtifactError:
        what = "refused"
    except MemoryError:
        what = "out of memory"
    except Exception as error:
        what = f"raised {type(error).__name__}" if name == "Predictor.load" else "refused"
    return "ran code" if os.path.exists(MARK) else what


def alone(name: str, load: Callable[[str], object], path: str) -> Outcome:
    """Do so in a process of its own."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        most = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.alarm(PATIENCE)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())  # what a payload prints is not ours
        os.dup2(nowhere, sys.stderr.fileno())
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        what = attempt(name, load, path)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(writer, json.dumps([what, grown * 1024]).encode())
        os._exit(0)
    os.close(writer)
    with open(reader) as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    ran = os.path.exists(MARK)
    Path(MARK).unlink(missing_ok=True)
    if said:
        return Outcome(*json.loads(said))
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    what = "hung" if ended in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL) else "crashed"
    return Outcome("ran code" if ran else what, 0)


def work(name: str) -> None:
    """Load each file that standard input names, in the folder that holds them."""
    load = loaders()[name]()
    for code, (module, function) in {
        1: ("builtins", "eval"), 300: ("builtins", "exec"), 70_000: ("os", "system"),
    }.items():  # fmt: skip
        copyreg.add_extension(module, function, code)  # else EXT1, 2 and 4 would call nothing
    for path in sys.stdin:
        print(json.dumps(alone(name, load, path.rstrip("\n"))), flush=True)


# What follows runs in the process that was started.


def outcomes(name: str, contents: Iterable[bytes]) -> Iterator[Outcome]:
    """Write each file in turn into a folder, and have a loader load it there."""
    environment = {
        **os.environ,
        "OPENBLAS_NUM_THREADS": "1",  # a process is forked safely while it has one thread
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([TESTS, *filter(None, sys.path)]),
    }
    with tempfile.TemporaryDirectory() as folder:
        worker = subprocess.Popen(
            [sys.executable, "-m", "hardening.models", "--work", name],
            cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with worker:
            for content in contents:
                Path(folder, "model.joblib").write_bytes(content)
                print("model.joblib", file=worker.stdin, flush=True)
                line = worker.stdout.readline()
                assert line, f"the process that runs {name} ended"
                yield Outcome(*json.loads(line))
            worker.stdin.close()


def own(name: str, found: dict) -> bytes | None:
    """Values in the format that a loader is for, where that is not joblib's."""
    if name == "pickle.load":
        return pickle.dumps(found, 4)
    if name == "skops.io.load":
        return skops_io().dumps(found)
    return None


def compare() -> dict[str, list[tuple[str, Outcome]]]:
    """Give every kind of file to every loader: by loader, what came of each.

    A file with wrong values is given to pickle and skops in their own format, marked ``*``.
    """
    found = {}
    for name in loaders():
        mine = [kind.values and own(name, kind.values) for kind in kinds()]
        contents = [content or kind.content for kind, content in zip(kinds(), mine, strict=True)]
        found[name] = [
            (outcome.what + " *" * bool(content), outcome)
            for content, outcome in zip(mine, outcomes(name, contents), strict=True)
        ]
    return found


def count(found: Iterable[Outcome]) -> str:
    """Say how many came to what, the worst first."""
    counted = Counter(outcome.what for outcome in found)
    assert set(counted) <= set(ORDER), counted
    return ", ".join(f"{what} {counted[what]:,}" for what in ORDER if counted[what])


def most_memory(contents: Iterable[bytes], found: Iterable[Outcome]) -> str:
    """Hold each file to the memory stated, and give the most that one took."""
    most = 0
    for content, outcome in zip(contents, found, strict=True):
        bound = LEAST_MEMORY + TIMES_MEMORY * len(content)
        assert outcome.grown <= bound, (content[:99], outcome, bound)
        most = max(most, outcome.grown)
    return f"the most memory taken was {most / MEGABYTE:.0f} MB"


def all_keys() -> bytes:
    """A well-made model that takes the most memory for its size: as many terms as fit."""
    count = 2**19 + 1  # the engine's table doubles here
    return written(
        values(
            keys=np.arange(2**64 - count, 2**64, dtype=np.uint64),
            spelling=np.full(count - 1, ord("\n"), np.uint8),
            weights=np.ones((count, 2), np.int16),
        )
    )


def every_flip(content: bytes) -> tuple[int, int, int]:
    """Give palermo a model with each byte replaced by each other value; count what came of it."""
    tried = loaded = 0
    expected = values()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.joblib")
        for at, right in enumerate(content):
            for wrong in set(range(256)) - {right}:
                path.write_bytes(content[:at] + bytes([wrong]) + content[at + 1 :])
                tried += 1
                try:
                    found = palermo(str(path))
                except ArtifactError:
                    continue
                assert same(found, expected), (at, wrong)
                loaded += 1
    return tried, tried - loaded, loaded


def flips(content: bytes) -> list[bytes]:
    """A file with one bit flipped: every bit, or so many at equal distances."""
    bits = np.unique(np.linspace(0, 8 * len(content) - 1, MOST_FLIPS, dtype=int)).tolist()
    return [
        content[: bit // 8] + bytes([content[bit // 8] ^ 1 << bit % 8]) + content[bit // 8 + 1 :]
        for bit in bits
    ]


def side_by_side(found: dict[str, list[tuple[str, Outcome]]]) -> str:
    """Draw what every loader did with every kind of file."""
    rows = [
        (kind.name, *(each[at][0] for each in found.values())) for at, kind in enumerate(kinds())
    ]
    return table(["file", *found], rows)


def figures(found: dict[str, list[tuple[str, Outcome]]] | None = None) -> list[tuple[str, str]]:
    """What was done, and what came out.

    Raises
    ------
    AssertionError
        If palermo did anything but refuse a tampered file, or took more memory than stated.
    """
    found = found or compare()
    said = {name: [outcome for _, outcome in each] for name, each in found.items()}
    ours = said["Predictor.load"]
    others = [kind.name for kind, each in zip(kinds(), ours, strict=True) if each.what != "refused"]
    assert not others, f"not refused: {others}"
    memory = most_memory((kind.content for kind in kinds()), ours)
    rows = [
        (f"{len(each)} kinds of tampered model file: `{name}`", count(each))
        for name, each in said.items()
    ]
    rows[0] = (rows[0][0], f"{rows[0][1]}; {memory}")
    content = all_keys()
    memory = most_memory([content], outcomes("Predictor.load", [content]))
    size = f"{len(content) / MEGABYTE:.1f} MB"
    rows.append((f"a well-made model of {size}, of as many terms as fit: `Predictor.load`", memory))
    content = written(values())
    tried, refused, loaded = every_flip(content)
    rows.append(
        (
            f"a model of {len(content)} bytes, each replaced by each other value: `Predictor.load`",
            f"refused {refused:,} of {tried:,}; loaded {loaded:,}, with the same values "
            "(padding, lengths of frames)",
        )
    )
    cut = list(outcomes("Predictor.load", (content[:end] for end in range(len(content)))))
    assert count(cut) == f"refused {len(content):,}", count(cut)
    rows.append(("the same model cut off before each byte: `Predictor.load`", count(cut)))
    for name in list(loaders())[1:]:
        flipped = flips(own(name, values()) or content)
        rows.append(
            (
                f"such a model in its own format, one bit flipped, at {len(flipped):,} places: `{name}`",
                count(outcomes(name, flipped)),
            )
        )
    return rows


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2])
        return
    found = compare()
    print(side_by_side(found))
    print("\n`*`: in that loader's own format, with the same values.\n")
    print(table(["done", "came out"], figures(found)))


if __name__ == "__main__":
    main()
