"""Tagging on Spark beside one process, on the same passages in the same run; ``make bench-spark``.

    python -m benchmarks.spark [--passages N] [--rounds N] [--output FILE]

The cluster is two executors of one core each on this machine, so it needs two cores that
nobody else uses. Rounds are interleaved, so that a busy moment hits all; seconds of the
processor are told besides seconds of the clock, for they hang less on who else is busy.
Linux alone: processes are looked at in /proc.
"""

import argparse
import os
import platform
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pyarrow as arrow
import pyspark
from cluster import cluster
from pyarrow import parquet
from pyspark.sql import DataFrame, SparkSession

from benchmarks.words import ROOT, passages
from palermo import Predictor
from palermo.spark import tag

SHARE = 5  # one executor, and one process, get a part of the passages
TOGETHER = 25  # passages of a document, in the part about documents
SETTINGS = {"spark.sql.files.openCostInBytes": "0"}  # or two small files would be one partition
TICKS = os.sysconf("SC_CLK_TCK")


class Process(NamedTuple):
    """One process below this one."""

    command: str
    cpu: float  # seconds, with those of its children that have ended
    peak: int  # bytes of memory

    @property
    def kind(self) -> str:
        if "CoarseGrainedExecutorBackend" in self.command:
            return "executor"
        return "worker" if "pyspark.daemon" in self.command else "driver"


def below() -> Iterator[Process]:
    """Look at all processes that descend from this one."""
    found: dict[int, tuple[int, float]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(path.name)] = int(fields[1]), sum(map(int, fields[11:15])) / TICKS
    for pid, (_, cpu) in found.items():
        above = pid
        while above in found and above != os.getpid():
            above = found[above][0]
        if above == os.getpid() != pid:
            status = Path(f"/proc/{pid}/status").read_text()
            peak = re.search(r"VmHWM:\s+(\d+)", status)  # a process that has ended has none
            command = Path(f"/proc/{pid}/cmdline").read_text()
            yield Process(command, cpu, int(peak[1]) * 1024 if peak else 0)


class Taken(NamedTuple):
    """What one piece of work took."""

    rows: int
    seconds: float
    cpu: float  # seconds, of all its processes but the driver


def timed(rows: int, work: Callable[[], object]) -> Taken:
    """Run work in this process, in children of it or on the cluster."""

    def cpu() -> float:
        here = os.times()
        executors = sum(each.cpu for each in below() if each.kind != "driver")
        return executors + here.user + here.system + here.children_user + here.children_system

    before, begin = cpu(), time.perf_counter()
    work()
    return Taken(rows, time.perf_counter() - begin, cpu() - before)


def tag_here(texts: Sequence[str]) -> None:
    predictor = Predictor.load()
    for _ in predictor.tag_all(texts):
        pass


def tag_in_two(texts: Sequence[str]) -> None:
    context = get_context("fork")  # they have the texts already
    children = [context.Process(target=tag_here, args=(texts[half::2],)) for half in (0, 1)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def store(texts: Sequence[str], folder: Path) -> str:
    """Write texts as two files of Parquet, so that two executors have one each."""
    folder.mkdir()
    for half in (0, 1):
        mine = texts[half::2]
        table = arrow.table({"id": range(len(mine)), "text": mine})
        parquet.write_table(table, folder / f"{half}.parquet", compression="zstd")
    return str(folder)


def run(df: DataFrame) -> None:
    df.write.format("noop").mode("overwrite").save()


def rows_of_passages(
    spark: SparkSession, texts: Sequence[str], rounds: int, folder: Path
) -> dict[str, list[Taken]]:
    """Tag every passage as a row of its own."""
    found: dict[str, list[Taken]] = {
        name: [] for name in ("one process", "two processes", "one executor", "two executors")
    }
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        mine = texts[number::rounds]
        part = mine[: len(mine) // SHARE]
        whole = tag(spark.read.parquet(store(mine, folder / f"whole-{number}")).coalesce(2))
        one = tag(spark.read.parquet(store(part, folder / f"part-{number}")).coalesce(1))
        found["one process"].append(timed(len(part), lambda part=part: tag_here(part)))
        found["two processes"].append(timed(len(part), lambda part=part: tag_in_two(part)))
        found["one executor"].append(timed(len(part), lambda one=one: run(one)))
        found["two executors"].append(timed(len(mine), lambda whole=whole: run(whole)))
    return found


def table(found: dict[str, list[Taken]]) -> str:
    lines = [
        "| | rows a second | a core | of as many processes | processor: μs a row | of one process |",
        "|---|---|---|---|---|---|",
    ]

    def speed(each: Taken) -> float:
        return each.rows / each.seconds

    def spread(values: list[float], digits: int) -> str:
        low, middle, high = min(values), statistics.median(values), max(values)
        return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"

    for name, each in found.items():
        two = name.startswith("two")
        same = found["two processes" if two else "one process"]
        clock = [speed(a) / speed(b) for a, b in zip(each, same, strict=True)]
        cpu = [
            (b.cpu / b.rows) / (a.cpu / a.rows)
            for a, b in zip(each, found["one process"], strict=True)
        ]
        speeds = list(map(speed, each))
        lines.append(
            f"| {name} | {spread(speeds, 0)} | {statistics.median(speeds) / (1 + two):,.0f} "
            f"| {spread(clock, 2)} "
            f"| {1e6 * sum(one.cpu for one in each) / sum(one.rows for one in each):,.0f} "
            f"| {spread(cpu, 2)} |"
        )
    gain = {
        kind: statistics.median(
            speed(two) / speed(one)
            for one, two in zip(found[f"one {kind}"], found[f"two {kind}{many}"], strict=True)
        )
        for kind, many in (("process", "es"), ("executor", "s"))
    }
    lines += [
        "",
        f"Two executors are {gain['executor']:.2f} times as fast as one; two processes without "
        f"Spark are {gain['process']:.2f} times as fast as one, which is what this machine had "
        "to give.",
    ]
    return "\n".join(lines)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.parquet"))


def documents(spark: SparkSession, texts: Sequence[str], folder: Path) -> str:
    """Tag documents of many passages, from Parquet to Parquet."""
    whole = ["\n\n".join(texts[at : at + TOGETHER]) for at in range(0, len(texts), TOGETHER)]
    stored = store(whole, folder / "documents")
    characters = sum(map(len, whole))
    df = tag(spark.read.parquet(stored).coalesce(2))
    lines = [
        f"{len(whole):,} documents of {characters / len(whole):,.0f} characters "
        f"({size(folder / 'documents') / len(whole):,.0f} bytes in Parquet, zstd), two executors",
        "",
        "| written | passages a second | processor: μs a passage | bytes a passage |",
        "|---|---|---|---|",
    ]
    alone = timed(0, lambda: tag_here(whole))
    kinds = {
        "all columns but the document": df.drop("text"),
        "without the passage's text too": df.drop("text", "passage"),
        "all columns": df,
    }
    for name, each in kinds.items():
        to = folder / f"tagged-{len(lines)}"
        writer = each.write.option("compression", "zstd")
        taken = timed(0, lambda writer=writer, to=to: writer.parquet(str(to)))
        count = spark.read.parquet(str(to)).count()
        lines.append(
            f"| {name} | {count / taken.seconds:,.0f} | {1e6 * taken.cpu / count:,.0f} "
            f"| {size(to) / count:,.0f} |"
        )
    lines.append(
        f"| nothing, one process without Spark | {count / alone.seconds:,.0f} "
        f"| {1e6 * alone.cpu / count:,.0f} | |"
    )
    return "\n".join([*lines, "", f"{count / len(whole):.1f} passages a document."])


def memory() -> str:
    """The most memory that each kind of process has held."""
    peaks: dict[str, int] = {}
    for each in below():
        peaks[each.kind] = max(peaks.get(each.kind, 0), each.peak)
    return (
        f"Peak memory: {peaks['worker'] / 1e6:,.0f} MB of a Python worker, "
        f"{peaks['executor'] / 1e6:,.0f} MB of an executor's JVM (its heap may have 1,024 MiB)."
    )


def main(given: Sequence[str] | None = None) -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--passages", type=int, default=1_000_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--output", type=Path, default=ROOT / "artifacts/BENCHMARKS-SPARK.md")
    asked = arguments.parse_args(given)
    texts = passages(asked.passages)
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name, cluster(Path(name), SETTINGS) as spark:
        folder = Path(name)
        warm = tag(spark.read.parquet(store(texts[:4000], folder / "warm")))
        run(warm)
        found = rows_of_passages(spark, texts, asked.rounds, folder)
        parts = [
            f"""# Benchmarks on Spark

What `make bench-spark` printed: pyspark {pyspark.__version__}, Python {platform.python_version()}
({platform.system()}, {platform.machine()}), {os.cpu_count()} cores; in the minute before,
{load:.1f} processes of others wanted one. `tests/benchmarks/spark.py` has the code.

## A passage a row
""",
            f"{len(texts):,} passages of {sum(map(len, texts)) / len(texts):,.0f} characters, from "
            "Parquet, nothing written; one executor, and each process, took a part of "
            f"them.\nMedian of {asked.rounds} interleaved rounds (least to most).\n",
            table(found),
            "\n## Documents\n",
            documents(spark, texts[: max(len(texts) // 10, 100)], folder),
            "\n## Memory\n",
            memory(),
        ]
    text = "\n".join(parts) + "\n"
    print(text)
    asked.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
