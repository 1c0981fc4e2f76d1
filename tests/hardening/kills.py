"""Kill writers of the store of models at every step and at random moments; look what is left.

Run from tests/: python -m hardening.kills
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType
from unittest.mock import patch

from palermo import store
from palermo.artifact import Artifact, load

TESTS = Path(__file__).parents[1]
RANDOM_KILLS = 150
NAMES = [f"m{number}" for number in range(5)]

State = tuple[list[str], list[str]]
"""The models that were in use, the one in use first; the installed models."""


def state() -> State:
    return store.history(), store.names()


def random_steps(seed: int) -> Iterator[tuple[str, str]]:
    """Yield what to do and with which model, for ever."""
    chance = random.Random(seed)
    while True:
        history, names = state()
        free = [name for name in NAMES if name not in names]
        idle = [name for name in names if name != history[0]]
        possible = {
            "install": free,
            "use": [store.PACKAGED, *names],
            "rollback": history[1:2],
            "remove": idle,
        }
        do = chance.choice([each for each, names in possible.items() if names])
        yield do, chance.choice(possible[do])


def every_step(_: int) -> Iterator[tuple[str, str]]:
    """Yield each thing to do in each situation that makes a difference."""
    yield from (("install", "m0"), ("use", "m0"), ("install", "m1"), ("use", "m1"))
    yield from (("rollback", "m0"), ("use", "m1"), ("use", "packaged"), ("remove", "m0"))
    yield from (("install", "m0"), ("use", "m0"), ("rollback", "packaged"))


def after(do: str, name: str, before: State) -> list[State]:
    """Give the states that may be found while and after a thing is done."""
    history, names = before
    others = [each for each in history if each != name]
    if do == "install":
        return [before, (history, sorted([*names, name]))]
    if do == "use":
        return [before, ([name, *others], names)]
    if do == "rollback":
        return [before, (history[1:], names)]
    return [before, (others, names), (others, [each for each in names if each != name])]


def work(steps: Callable[[int], Iterator[tuple[str, str]]], seed: int, fatal: int) -> None:
    """Do one thing after the other, telling before each what may come of it.

    The process kills itself before the file operation of number ``fatal``, from 1.
    """
    model = load(store.path(store.PACKAGED))
    home = str(store.home())
    told = 0

    def step() -> None:
        nonlocal told
        told += bool(told)
        if told == fatal + 1:  # the kill is such a step itself
            os.kill(os.getpid(), signal.SIGKILL)

    def audit(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(("os.", "shutil.", "fcntl.")) or (
            event == "open" and str(arguments[0]).startswith(home)
        ):
            step()

    def profile(frame: FrameType, event: str, function: object) -> None:
        # No audit event tells of these, and a file that is open for writing is empty before.
        # Not joblib's: it writes every value by itself, thousands of them.
        if (
            event == "c_call"
            and getattr(function, "__name__", "") in ("write", "fsync")
            and (
                "pathlib" in frame.f_code.co_filename or frame.f_code.co_filename == store.__file__
            )
        ):
            step()

    if fatal:
        sys.addaudithook(audit)
        sys.setprofile(profile)
    for do, name in steps(seed):
        may_be = after(do, name, state())
        print(json.dumps(may_be), flush=True)
        told = told or 1
        if do == "install":
            store.install(named(model, name), {"seed": seed}, name)
        elif do == "use":
            store.use(name)
        elif do == "rollback":
            store.rollback()
        else:
            store.remove(name)
        assert state() == may_be[-1]


def named(model: Artifact, name: str) -> Artifact:
    """Make the model another one for each name."""
    return replace(model, about={**model.about, "version": name})


def started(steps: str, seed: int = 0, fatal: int = 0) -> "subprocess.Popen[str]":
    program = f"from hardening import kills; kills.work(kills.{steps}, {seed}, {fatal})"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=TESTS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def look(told: list[str], errors: str) -> None:
    """Hold what a killed process left against what it said it was doing."""
    assert errors == "", errors
    found = state()
    assert told, "it was killed before it began"
    assert list(found) in json.loads(told[-1]), (found, told[-1])
    history, names = found
    assert {*history} <= {*names, store.PACKAGED}
    for name in names:  # whole, and what its name says
        model = load(store.path(name))
        assert model.about["version"] == name
        assert model.digest == store.read(name).digest
    in_use = store.load_in_use()
    assert history[0] in (store.PACKAGED, in_use.about["version"])
    store.check()  # the lock is free, and who takes it clears up
    assert {*os.listdir(store.home() / "models")} == {*names}
    assert state() == found


def kill_at_random(kills: int, seed: int = 0) -> int:
    """Kill processes that work in one home, one after the other, at random moments."""
    chance = random.Random(seed)
    with at_home():
        for number in range(kills):
            process = started("random_steps", seed + number)
            assert process.stdout is not None
            first = process.stdout.readline()
            try:
                process.wait(chance.uniform(0, 0.4))
            except subprocess.TimeoutExpired:
                process.kill()
            told, errors = process.communicate(timeout=60)
            # the last line may be cut short: what it tells had not begun
            whole = [line for line in (first + told).splitlines(keepends=True) if line[-1] == "\n"]
            look(whole, errors)
            assert process.returncode == -signal.SIGKILL
    return kills


def kill_at_every_step() -> int:
    """Kill a process before each step of its work in turn, each in a home of its own."""
    kills = 0
    while True:
        with at_home():
            process = started("every_step", fatal=kills + 1)
            told, errors = process.communicate(timeout=60)
            look(told.splitlines(), errors)
            if process.returncode == 0:
                return kills
            assert process.returncode == -signal.SIGKILL
            kills += 1


def install_at_once(processes: int, each: int) -> int:
    """Let processes install models of the same name at the same time."""
    program = (
        "from palermo import store; from palermo.artifact import tiny\n"
        f"for _ in range({each}): print(store.install(tiny(), {{}}, 'same').name)"
    )
    with at_home():
        running = [
            subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
            for _ in range(processes)
        ]
        names = [name for one in running for name in one.communicate(timeout=120)[0].split()]
        assert [one.returncode for one in running] == [0] * processes
        assert len(names) == processes * each
        assert sorted(names) == store.names()
        assert {load(store.path(name)).digest for name in names} == {
            store.read(name).digest for name in names
        }
        assert {*os.listdir(store.home() / "models")} == {*names}
    return len(names)


@contextmanager
def at_home() -> Iterator[None]:
    """Give the store an empty folder."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.dict(os.environ, {store.ENVIRONMENT: folder}),
    ):
        yield


def figures() -> list[tuple[str, str]]:
    """Say what was done and what came out; a broken promise raises AssertionError."""
    whole = (
        "after each: the model in use loads, nothing is half-written, no step is lost or half done"
    )
    steps = kill_at_every_step()
    at_random = kill_at_random(RANDOM_KILLS)
    assert steps + at_random >= 200
    installed = install_at_once(3, 20)
    return [
        (f"SIGKILL before each of {steps} file operations of install, use, rollback, remove", whole),
        (f"SIGKILL at {at_random} random moments of the same, one home", whole),
        ("3 processes install under one name at once", f"{installed} models, each whole, each with a name of its own"),
    ]  # fmt: skip


if __name__ == "__main__":
    for done, came_out in figures():
        print(f"| {done} | {came_out} |")
