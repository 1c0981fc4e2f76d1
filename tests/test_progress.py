"""The progress bar, on a terminal of our own making."""

import gzip
import json
import os
import re
import struct
import subprocess
import sys

import pytest
from conftest import ROOT

fcntl, pty, termios = map(pytest.importorskip, ("fcntl", "pty", "termios"))  # Windows has none

SEED = ROOT / "seeds" / "000_cc08b8aa00154e8c.txt"

PROGRAM = """
import sys
from palermo import progress
progress.AFTER, progress._PAUSE = {after}, {pause}
sys.argv[0] = "classify"
from palermo.cli import main
try:
    main()
finally:
    assert "rich" in sys.modules or not {rich}
    assert {rich} or "rich" not in sys.modules
"""


def on_a_terminal(*arguments, stdout=None, after=0.0, pause=0.0, rich=True, term="xterm"):
    """Run classify with standard error (and output, if not given) on a terminal of 100 columns.

    Return its exit status and all that the terminal was sent.
    """
    here, there = pty.openpty()
    fcntl.ioctl(there, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    environment = {**os.environ, "TERM": term}
    for name in ("NO_COLOR", "COLUMNS", "LINES"):
        environment.pop(name, None)
    run = subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(after=after, pause=pause, rich=rich), *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=stdout or there, stderr=there, env=environment,
    )  # fmt: skip
    os.close(there)
    sent = b""
    while True:
        try:
            chunk = os.read(here, 65536)
        except OSError:  # what Linux says when the other end is closed
            break
        if not chunk:
            break
        sent += chunk
    os.close(here)
    return run.wait(timeout=120), sent.decode()


def screen(sent):
    """Carry out what a terminal was sent: the lines that are left to read, colours apart."""
    lines, row, column = [""], 0, 0
    for text, move, argument, kind in re.findall(
        r"([^\x1b\r\n]+)|([\r\n])|\x1b\[([?\d;]*)([A-Za-z])", sent
    ):
        if text:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
        elif move == "\r":
            column = 0
        elif move == "\n":
            row += 1
            lines += [""] * (row == len(lines))
        elif kind == "A":
            row -= int(argument or 1)
        elif kind == "K":
            lines[row] = ""
        else:
            assert kind in "mhl", (argument, kind)
    return [line.rstrip() for line in lines if line.strip()]


@pytest.fixture
def folder(tmp_path):
    for number in range(30):
        (tmp_path / f"{number:02}.txt").write_text(f"The coyote charged {number} dollars. " * 300)
    (tmp_path / "07.txt").write_bytes(b"\x7fELF\0")
    (tmp_path / "19.txt").write_bytes("Cobró 500 €.".encode("windows-1252"))
    return tmp_path


def plain(sent):
    """Leave the colours out."""
    return re.sub(r"\x1b\[[\d;]*m", "", sent)


MESSAGES = [
    "Error: {}/07.txt: binary, not text; give a file of plain text",
    "Note: {}/19.txt: not valid UTF-8, read as Windows-1252",
]


def test_a_bar_counts_files_and_leaves_nothing_behind(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("out") / "all.jsonl"
    with open(target, "wb") as out:
        status, sent = on_a_terminal(folder, "--recursive", stdout=out)
    assert status == 1
    assert "\x1b[?25l" in sent
    assert sent.rindex("\x1b[?25h") > sent.rindex("\x1b[?25l")  # the cursor is back
    done = [int(number) for number in re.findall(r"(\d+)/30 files", plain(sent))]
    assert done == sorted(done)
    assert set(done) == set(range(30))
    *messages, summary = screen(sent)
    assert messages == [message.format(folder) for message in MESSAGES]
    assert summary.startswith("Passages: 8,401 (")
    assert len([json.loads(line) for line in target.read_text().splitlines()]) == 8_401


def test_a_table_on_the_same_terminal_is_whole(folder):
    arguments = (SEED, *sorted(folder.iterdir()), "--only", "policy", "--format", "table")
    status, sent = on_a_terminal(*arguments)
    assert status == 1
    assert "20/31 files" in plain(sent)
    *lines, summary = screen(sent)
    assert summary.startswith("Passages: ")
    _, quiet = on_a_terminal(*arguments, "--quiet")
    assert "files" not in plain(quiet)
    assert sorted(lines) == sorted(screen(quiet))
    assert any(line.startswith("policy") for line in lines)


@pytest.mark.parametrize("packed", [False, True])
def test_a_bar_counts_the_bytes_of_a_table(tmp_path, packed):
    path = tmp_path / "a.jsonl"
    content = b'{"text": "The coyote charged 7,000 dollars for the desert."}\n' * 20_000
    path.write_bytes(gzip.compress(content) if packed else content)
    with open(os.devnull, "wb") as out:
        status, sent = on_a_terminal(path, "--text-column", "text", stdout=out, pause=0.02)
    assert status == 0
    unit = "kB" if packed else "MB"
    done = re.findall(rf"([\d.]+)/([\d.]+) {unit}", plain(sent))
    assert len(done) > 1
    size = path.stat().st_size / (1e3 if packed else 1e6)
    assert {float(whole) for _, whole in done} == {round(size, 1)}
    assert [float(part) for part, _ in done] == sorted(float(part) for part, _ in done)
    assert len(screen(sent)) == 1


def test_no_bar_where_none_is_wanted(folder, tmp_path_factory):
    target = tmp_path_factory.mktemp("out") / "all.jsonl"
    quick = (folder / "00.txt", "--output", target)
    _, sent = on_a_terminal(*quick, after=3600.0, rich=False)  # soon done
    assert sent.startswith("Passages: ")
    _, sent = on_a_terminal(folder, "--recursive", "--output", target, "--quiet", rich=False)
    assert "\x1b" not in sent
    _, sent = on_a_terminal(folder, "--recursive", "--output", target, term="dumb")
    assert "\x1b" not in sent
    run = subprocess.run(  # standard error is no terminal
        [sys.executable, "-c", PROGRAM.format(after=0, pause=0, rich=False), folder, "--recursive"],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert b"\x1b" not in run.stderr
    assert len(run.stderr.splitlines()) == 3


def test_the_cursor_comes_back_after_an_error(folder):
    with open("/dev/full", "wb") as out:
        status, sent = on_a_terminal(folder, "--recursive", stdout=out)
    assert status == 1
    assert sent.rindex("\x1b[?25h") > sent.rindex("\x1b[?25l")
    assert screen(sent)[-1] == "Error: standard output cannot be written: No space left on device"
