"""Long runs of ``classify``: much data in little memory; kills and full disks, then --resume.

Run from tests/: python -m hardening.long_runs
The environment variable PALERMO_LONG_RUNS, such as 0.01, makes it that much shorter.
"""

import gzip
import json
import math
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.words import passages

from palermo.inputs import expand

SHARE = float(os.environ.get("PALERMO_LONG_RUNS", "1"))
BYTES = int(1e9 * SHARE)
FILES = int(100_000 * SHARE)
KILLS = math.ceil(150 * SHARE)
SIZES = math.ceil(30 * SHARE)  # of disks that get full
UNREADABLE = 100  # one file in so many
STOPS = ((signal.SIGTERM, 60 * SHARE + 5), (signal.SIGKILL, 60 * SHARE + 5))  # after seconds
MOST_MB = 200

SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)

CLASSIFY = "from palermo.cli import main; main()"

# Calls of C are counted from where the file for results is opened.
PROGRAM = """
import os, resource, sys
every, limit, number, fatal = map(int, sys.argv[1:5])
del sys.argv[1:5]
from palermo.cli import main
from palermo.outputs import target

target.EVERY = every
steps = 0

def profile(frame, event, function):
    global steps
    if event == "c_call":
        steps += 1
        if steps == fatal:
            os.kill(os.getpid(), number)

def begun(*arguments):
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if fatal:
        sys.setprofile(profile)
    return part(*arguments)

part, target.Part = target.Part, begun
try:
    main()
finally:
    sys.setprofile(None)
    if fatal < 0:
        print("steps", steps)
"""

# A process of its own: memory that the caller had before counts for what it starts.
MEASURE = """
import resource, subprocess, sys
number, seconds = int(sys.argv[1]), float(sys.argv[2])
run = subprocess.Popen(sys.argv[3:])
try:
    run.wait(seconds or None)
except subprocess.TimeoutExpired:
    run.send_signal(number)
print(run.wait(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


class Case(NamedTuple):
    """A run: its arguments, and what comes of it when nothing stops it."""

    arguments: list[str]
    target: Path
    status: int
    whole: bytes
    said: str
    steps: int


def classify(
    *arguments: str | Path, every: int = 0, limit: int = 0, number: int = 0, fatal: int = 0
) -> "subprocess.CompletedProcess[str]":
    """Run classify: saving each so many seconds, on a disk of so many bytes, with a signal at a step."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, (every, limit, number, fatal, *arguments))],
        capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip


def inputs(folder: Path) -> None:
    """Write small inputs of every sort, and some that cannot be read."""
    charged = [f"The coyote charged {number} dollars, in\nfull. He left." for number in range(60)]
    rows = [f'{number};"{text}";=1+{number}\n' for number, text in enumerate(charged)]
    rows[7:7] = ['7;"\n', '7;" ";x\n']
    (folder / "rows.csv").write_text("id;text;note\n" + "".join(rows))
    lines = [json.dumps({"text": text, "\ud800": [1, 2]}) + "\n" for text in charged]
    lines[3:3] = ["{\n", '{"text": ""}\n', '{"text": "«Señal»", "late": 1}\n', "\n"]
    (folder / "rows.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode()))
    lines = [line.replace("}", f', "more": "{"x" * 1_500}"}}') for line in lines]
    (folder / "broken.jsonl.gz").write_bytes(gzip.compress("".join(lines).encode())[:-9])
    texts = folder / "texts"
    texts.mkdir()
    for number, text in enumerate(charged):
        (texts / f"{number:02}.txt").write_text(text * (number % 7 + 1) + " Subscribe now.")
    (texts / "05.txt").write_bytes(b"\x7fELF\0")
    (texts / "06.txt").write_bytes(b"")
    (texts / "07.txt").write_bytes("Cobró 500 €.".encode("windows-1252"))


def cases(folder: Path) -> list[Case]:
    """Do every sort of run once, without anything that stops it."""
    inputs(folder)
    tables = [folder / f"{name}" for name in ("rows.jsonl.gz", "broken.jsonl.gz", "rows.csv")]
    told = ["--text-column", "text"]
    found = []
    for name, arguments in (
        ("tables.jsonl", [*told, *tables]),
        ("tables.csv", [*told, *tables[::-1], "no-such.csv"]),
        ("texts.jsonl", ["--recursive", folder / "texts", "no-such.txt", "--explain"]),
        ("some.csv", ["--recursive", folder / "texts", "--only", "none"]),
    ):
        target = folder / name
        given = [*map(str, arguments), "--output", str(target)]
        run = classify(*given, fatal=-1)
        *_, said = run.stderr.splitlines()
        steps = int(run.stdout.split()[1])
        found.append(Case(given, target, run.returncode, target.read_bytes(), said, steps))
        target.unlink()
    return found


def check_whole(case: Case) -> None:
    """Hold results and summary against those of a run that nothing stopped."""
    run = classify(*case.arguments, "--resume")
    assert run.returncode == case.status, run.stderr
    assert case.target.read_bytes() == case.whole, case.arguments
    assert run.stderr.splitlines()[-1] == case.said, (run.stderr, case.said)
    check_clean(case)


def check_clean(case: Case) -> None:
    """See that no file is left beside the results, and take these away."""
    assert [each.name for each in case.target.parent.glob(f"{case.target.name}*")] == [
        case.target.name
    ]
    case.target.unlink()


def kill(case: Case, chance: random.Random) -> int:
    """End a run at a random step, and what resumes it too, now and then; see what comes out."""
    kills = 0
    while not kills or chance.random() < 0.6:
        number = chance.choice(SIGNALS)
        run = classify(
            *case.arguments, "--resume",
            every=chance.choice([0, 0, 60]), number=number, fatal=chance.randint(1, case.steps),
        )  # fmt: skip
        if case.target.exists():  # less was left to do, or the last steps were on
            assert case.target.read_bytes() == case.whole
            case.target.with_name(f"{case.target.name}.part.json").unlink(missing_ok=True)
            check_clean(case)
            kills += run.returncode != case.status
            if kills:
                return kills
            continue  # it had fewer steps than the run that counted them: once more
        kills += 1
        if number == signal.SIGKILL:
            assert run.returncode == -number
            continue
        assert run.returncode == 128 + number, run.stderr
        assert run.stderr.splitlines()[-1].startswith(f"Stopped by {signal.Signals(number).name} ")
        part = case.target.with_name(f"{case.target.name}.part")
        if part.exists():
            assert case.whole.startswith(part.read_bytes())
            assert part.read_bytes()[-1:] in (b"", b"\n")
            assert run.stderr.endswith("the same command with --resume goes on from there\n")
    check_whole(case)
    return kills


def fill(case: Case, limit: int) -> None:
    """Run out of room after so many bytes, and go on when there is more."""
    run = classify(*case.arguments, limit=limit)
    *_, said = run.stderr.splitlines()
    assert run.returncode == 1
    assert said.startswith(f"Error: {case.target}: cannot be written: File too large; "), said
    part = case.target.with_name(f"{case.target.name}.part")
    if part.exists():
        assert said.endswith("the same command with --resume goes on from there")
        assert case.whole.startswith(part.read_bytes())
        assert part.read_bytes().endswith(b"\n")
    check_whole(case)


def at_random(count: int, once: Callable[[Case, random.Random], int], seed: int = 0) -> int:
    """Do something to runs of every sort, till it has happened so often."""
    chance = random.Random(seed)
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        all_ = cases(Path(folder))
        while done < count:
            for case in all_:
                done += once(case, chance)
    return done


def fill_once(case: Case, chance: random.Random) -> int:
    """Run out of room at a random size."""
    fill(case, chance.randint(1_000, len(case.whole) - 1))
    return 1


def measured(*arguments: str | Path, number: int = 0, seconds: float = 0) -> tuple[int, float, str]:
    """Run classify to its end, or to a signal; give exit status, peak of memory in MB, messages."""
    run = subprocess.run(
        [sys.executable, "-c", MEASURE, str(number), str(seconds), sys.executable, "-c", CLASSIFY,
         *map(str, arguments)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    status, peak = map(int, run.stdout.split())
    return status, peak * (1 if sys.platform == "darwin" else 1024) / 1e6, run.stderr


def rows(path: Path, size: int) -> int:
    """Write JSON lines of that size; give how many."""
    texts = passages(min(50_000, size // 100))
    count = written = 0
    with path.open("w") as file:
        while written < size:
            row = {"id": count, "text": texts[count % len(texts)]}
            written += file.write(json.dumps(row) + "\n")
            count += 1
    return count


def long_table() -> Iterator[tuple[str, str]]:
    """A long table, its run stopped and gone on with."""
    with tempfile.TemporaryDirectory() as folder:
        path, target = Path(folder, "rows.jsonl"), Path(folder, "tags.jsonl")
        count = rows(path, BYTES)
        arguments = [path, "--text-column", "text", "--output", target]
        begin = time.monotonic()
        peaks, stops = [], []
        for number, seconds in (*STOPS, (0, 0)):
            status, peak, said = measured(
                *arguments, *["--resume"] * bool(stops), number=number, seconds=seconds
            )
            peaks.append(peak)
            if status in (0, 1):
                break
            assert status == (-number if number == signal.SIGKILL else 128 + number), said
            stops.append(signal.Signals(number).name)
        took = time.monotonic() - begin
        assert status == 0, said
        found = in_order(target, count)
        assert said.startswith(f"Passages: {found:,} ("), said
        assert said.endswith(f"; rows: {count:,} read, 0 failed; files: 1 read, 0 failed.\n"), said
        assert max(peaks) < MOST_MB
        stopped = f"stopped by {' and '.join(stops)}, resumed" if stops else "not stopped"
        yield (
            f"{path.stat().st_size / 1e6:,.0f} MB of JSON lines, {count:,} rows, {stopped}",
            f"{found:,} passages, {target.stat().st_size / 1e6:,.0f} MB, every row once and in "
            f"order; peak memory {max(peaks):.0f} MB; {took:,.0f} s in all",
        )


def in_order(path: Path, count: int) -> int:
    """See that passages of all rows are there, in order and once; count them."""
    row, index, found = -1, 0, 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            fields = json.loads(line)
            number = fields["row"]["id"]
            index = index + 1 if number == row else 0
            assert number in (row, row + 1)
            assert fields["index"] == index
            row = number
            found += 1
    assert row == count - 1
    return found


def many_files() -> Iterator[tuple[str, str]]:
    """Many small files, some of which cannot be read."""
    with tempfile.TemporaryDirectory() as folder:
        texts = passages(min(FILES, 5_000))
        names = []
        for number in range(FILES):
            path = Path(folder, "in", f"{number // 1_000:04}", f"{number % 1_000:03}.txt")
            path.parent.mkdir(parents=True, exist_ok=True)
            good = number % UNREADABLE
            path.write_bytes(texts[number % len(texts)].encode() if good else b"\x7fELF\0")
            names.append(str(path))
        begin = time.monotonic()
        assert list(expand([f"{folder}/in"], recursive=True)) == names
        listed = time.monotonic() - begin
        target = Path(folder, "tags.jsonl")
        status, peak, said = measured(f"{folder}/in", "--recursive", "--output", target)
        took = time.monotonic() - begin - listed
        assert status == 1
        bad = names[::UNREADABLE]
        *errors, summary = said.splitlines()
        wrong = "binary, not text; give a file of plain text"
        assert errors == [f"Error: {name}: {wrong}" for name in bad]
        assert summary.endswith(f"files: {FILES - len(bad):,} read, {len(bad):,} failed.")
        passages_ = [json.loads(line) for line in target.read_text().splitlines()]
        assert f"Passages: {len(passages_):,} (" in summary
        seen = dict.fromkeys(fields["file"] for fields in passages_)
        assert list(seen) == [name for name in names if name not in {*bad}]
        assert peak < MOST_MB
        yield (
            f"{FILES:,} small files in folders, {len(bad):,} of them unreadable",
            f"{len(passages_):,} passages in order, each failure named; listing them {listed:.1f} s, "
            f"all {took:,.0f} s; peak memory {peak:.0f} MB",
        )


@contextmanager
def small_disk(size: str) -> Iterator[Path | None]:
    """Give a file system of that size, or None where we may not make one."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        if not sys.platform.startswith("linux") or subprocess.run(mount, capture_output=True).returncode:  # fmt: skip
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def full_disk() -> Iterator[tuple[str, str]]:
    """Fill a real, small disk; make room, go on."""
    with tempfile.TemporaryDirectory() as folder, small_disk("200k") as disk:
        if disk is None:
            return
        path, target = Path(folder, "rows.jsonl"), disk / "tags.jsonl"
        rows(path, 100_000)
        arguments = [path, "--text-column", "text", "--output"]
        assert classify(*arguments, Path(folder, "whole.jsonl")).returncode == 0
        run = classify(*arguments, target)
        assert run.returncode == 1
        assert re.fullmatch(
            r"Error: .*: cannot be written: No space left on device; .* with --resume goes on from "
            r"there\n",
            run.stderr,
        ), run.stderr
        subprocess.run(["mount", "-o", "remount,size=9m", disk], check=True)
        assert classify(*arguments, target, "--resume").returncode == 0
        assert target.read_bytes() == Path(folder, "whole.jsonl").read_bytes()
        yield (
            "a file system of 200 kB gets full, then larger",
            "one line, exit status 1; the same bytes",
        )


def figures() -> list[tuple[str, str]]:
    """Say what was done and what came out; a broken promise raises AssertionError."""
    same = (
        "after --resume the same bytes and summary as without; after SIGINT and SIGTERM whole lines"
    )
    kills = at_random(KILLS, kill)
    sizes = at_random(SIZES, fill_once)
    return [
        (f"{kills} times SIGKILL, SIGTERM or SIGINT at a random step of a run or of its resumption", same),
        (f"{sizes} times a file that may grow no further, at a random size", "one line, exit status 1; after --resume the same bytes and summary"),
        *full_disk(),
        *many_files(),
        *long_table(),
    ]  # fmt: skip


if __name__ == "__main__":
    for done, came_out in figures():
        print(f"| {done} | {came_out} |")
