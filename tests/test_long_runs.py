"""Runs that are stopped, killed or out of room, and what goes on from them; the counts at the end."""

import fcntl
import json
import os
import random
import re
import signal
import subprocess
import sys
from contextlib import suppress

import pytest
from hardening import long_runs
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from palermo.cli import app, output
from palermo.stop import Stop, Stopped

TEXT = "The smugglers charged 7,000 dollars. He left."  # two passages


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    return long_runs.cases(tmp_path_factory.mktemp("runs"))


@pytest.fixture
def texts(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    for number in range(4):
        (folder / f"{number}.txt").write_text(TEXT)
    return folder


@pytest.fixture
def stopped(texts, tmp_path, monkeypatch):
    """Stop a run when two of its four files are done; give the command."""
    monkeypatch.chdir(tmp_path)
    arguments = ["texts", "--recursive", "--output", "tags.jsonl"]
    after(2, arguments, monkeypatch)
    assert len((tmp_path / "tags.jsonl.part").read_text().splitlines()) == 4
    return arguments


def after(count, arguments, monkeypatch, status=143):
    """Run a command that gets SIGTERM when so many more inputs are done."""
    over = Stop.over

    def counted(self, items):
        for number, item in enumerate(over(self, items), 1):
            yield item
            if number == count:
                signal.raise_signal(signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(Stop, "over", counted)
        done = run(*arguments)
    assert done.exit_code == status, done.output
    return done


@pytest.mark.parametrize("number", range(4))
def test_a_run_that_is_killed_goes_on(cases, number):
    for seed in range(2):
        assert long_runs.kill(cases[number], random.Random(seed)) >= 1


@pytest.mark.parametrize("number", range(4))
def test_a_full_disk_ends_in_one_line_and_can_be_resumed(cases, number):
    case = cases[number]
    for limit in (1_500, len(case.whole) // 2, len(case.whole) - 1):
        long_runs.fill(case, limit)


def test_a_full_disk_under_standard_output_ends_in_one_line(texts, tmp_path):
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)); "
    with open(tmp_path / "out", "wb") as out:
        done = subprocess.run(
            [sys.executable, "-c", limit + long_runs.CLASSIFY, texts, "--recursive"],
            stdout=out, stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "Error: standard output cannot be written: File too large\n"


def test_it_says_where_it_stopped_and_how_to_go_on(stopped, tmp_path, monkeypatch):
    done = after(1, [*stopped, "--resume", "--quiet"], monkeypatch)
    part = tmp_path / "tags.jsonl.part"
    assert done.stderr == (
        "Stopped by SIGTERM after texts/2.txt; tags.jsonl is as it was; what was done so far is "
        f"in {part}: the same command with --resume goes on from there\n"
    )
    files = [json.loads(line)["file"] for line in part.read_text().splitlines()]
    assert files == [f"texts/{number}.txt" for number in (0, 0, 1, 1, 2, 2)]
    done = run(*stopped, "--resume")
    assert done.exit_code == 0
    assert done.stderr.endswith("; files: 4 read, 0 failed.\n")  # of all three runs
    assert done.stderr.startswith("Passages: 8 (")
    assert run(*stopped[:-1], "whole.jsonl").exit_code == 0
    assert (tmp_path / "tags.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["tags.jsonl", "texts", "whole.jsonl"]


def test_a_sheet_that_is_empty_so_far_gets_one_header(texts, tmp_path, monkeypatch):
    (texts / "3.txt").write_text("Subscribe to our newsletter.")
    arguments = [texts, "--recursive", "--only", "none", "--output"]
    for path in texts.glob("[012].txt"):
        path.write_text("The smugglers charged 7,000 dollars.")
    after(2, [*arguments, tmp_path / "tags.csv"], monkeypatch)
    assert (tmp_path / "tags.csv.part").read_bytes() == b""
    for name in ("tags.csv", "whole.csv"):
        assert run(*arguments, tmp_path / name, *["--resume"] * (name[0] == "t")).exit_code == 0
    whole = (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / "tags.csv").read_bytes() == whole
    assert len(whole.splitlines()) == 2


def test_failures_of_the_runs_before_count(texts, tmp_path, monkeypatch):
    (texts / "0.txt").write_bytes(b"")
    arguments = [texts, "--recursive", "--output", tmp_path / "tags.jsonl"]
    after(2, arguments, monkeypatch)
    done = run(*arguments, "--resume")
    assert done.exit_code == 1
    assert "0.txt" not in done.stderr
    assert done.stderr.endswith("; files: 3 read, 1 failed.\n")


def test_an_ordinary_start_does_not_destroy_what_can_be_resumed(stopped, tmp_path):
    before = (tmp_path / "tags.jsonl.part").read_bytes()
    for more in ([], ["--format", "html"]):
        done = run(*stopped, *more)
        part = tmp_path / "tags.jsonl.part"
        assert str(done.exception) == (
            f"{part}: results of a run that did not finish; add --resume to go on with them, or "
            f"remove {part} to begin anew"
        )
        assert part.read_bytes() == before
    part.unlink()
    assert run(*stopped).exit_code == 0
    assert sorted(os.listdir(tmp_path)) == ["tags.jsonl", "texts"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--unit", "paragraph"], 'another --unit ("sentence", now "paragraph")'),
        (["--lang", "es"], 'another --lang ("auto", now "es")'),
        (["--format", "csv"], 'another --format ("jsonl", now "csv")'),
        (["--only", "none"], 'another --only ([], now ["none"])'),
        (["--explain"], "another --explain (false, now true)"),
        (["--min-precision", "0.9"], "another --min-precision (null, now 0.9)"),
        (["texts/0.txt"], 'another list of files ("1, digest '),
    ],
)
def test_other_arguments_are_refused(stopped, tmp_path, more, message):
    before = (tmp_path / "tags.jsonl.part").read_bytes()
    done = run(*stopped, "--resume", *more)
    assert done.exit_code == 1
    assert message in str(done.exception)
    assert "give the same command as then, or remove " in str(done.exception)
    assert (tmp_path / "tags.jsonl.part").read_bytes() == before
    assert run(*stopped, "--resume").exit_code == 0


def test_another_model_is_refused(stopped, tmp_path):
    from palermo.artifact import save, tiny

    save(tiny(), tmp_path / "tiny.joblib")
    done = run(*stopped, "--resume", "--model", tmp_path / "tiny.joblib")
    assert re.search(r'begun with another model \("[\d.]+\+\w+", now "tiny\+', str(done.exception))


@pytest.mark.parametrize("change", ["append", "rewrite", "add", "remove"])
def test_other_inputs_are_refused(stopped, texts, tmp_path, change):
    if change == "append":
        (texts / "1.txt").write_text(TEXT * 2)
    elif change == "rewrite":
        os.utime(texts / "0.txt", (1, 1))
    elif change == "add":
        (texts / "00.txt").write_text(TEXT)
    else:
        for path in texts.iterdir():
            path.unlink()
    before = (tmp_path / "tags.jsonl.part").read_bytes()
    done = run(*stopped, "--resume")
    assert done.exit_code == 1
    assert str(done.exception).startswith(
        "the inputs are not those that the unfinished run has read: a file was changed, added or "
    )
    assert (tmp_path / "tags.jsonl.part").read_bytes() == before
    assert not (tmp_path / "tags.jsonl").exists()


def test_a_row_of_a_table_that_changed_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "rows.csv"
    path.write_text("text;n\n" + f"{TEXT};1\n" * 3)
    arguments = [path, "--text-column", "text", "--output", tmp_path / "tags.csv"]
    after(1, arguments, monkeypatch)
    path.write_text("text;n\n" + f"{TEXT};1\n" * 4)
    assert "the inputs are not those" in str(run(*arguments, "--resume").exception)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda part, notes: notes.write_text("{"), "damaged, so that nothing can go on from it"),
        (lambda part, notes: notes.write_text("[]"), "damaged, so that nothing can go on from it"),
        (lambda part, notes: part.write_text(""), "shorter than it was when the run ended"),
    ],
)
def test_damage_is_refused(stopped, tmp_path, damage, message):
    damage(tmp_path / "tags.jsonl.part", tmp_path / "tags.jsonl.part.json")
    done = run(*stopped, "--resume")
    assert done.exit_code == 1
    assert message in str(done.exception)
    assert str(done.exception).endswith(f"remove {tmp_path / 'tags.jsonl.part'} to begin anew")


def test_two_runs_do_not_write_to_one_file(stopped, tmp_path):
    part = tmp_path / "tags.jsonl.part"
    with open(part, "ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        done = run(*stopped, "--resume")
    assert str(done.exception) == f"{part}: another process is writing there; wait for it to end"
    assert run(*stopped, "--resume").exit_code == 0


def test_nothing_to_go_on_with_is_a_start(texts, tmp_path):
    target = tmp_path / "tags.csv"
    done = run(texts, "--recursive", "--output", target, "--resume", "--quiet")
    assert done.exit_code == 0
    assert done.stderr == (
        f"Note: {target}: there is nothing to go on with, so all is done from the start\n"
    )
    assert target.exists()


def test_what_cannot_be_resumed_is_wrong_usage(texts, tmp_path):
    for arguments in (
        [texts, "--recursive"],
        [texts, "--recursive", "--output", tmp_path / "a.html"],
        [texts, "--recursive", "--output", tmp_path / "a.json"],
        [texts, "--recursive", "--output", tmp_path / "a", "--format", "table"],
        ["-", "--output", tmp_path / "a.jsonl"],
    ):
        done = run(*arguments, "--resume")
        assert done.exit_code == 2
        assert "Invalid value for --resume" in done.stderr


@pytest.mark.parametrize("name", ["tags.json", "tags.html"])
def test_other_formats_say_that_they_cannot_be_resumed(texts, tmp_path, monkeypatch, name):
    arguments = [texts, "--recursive", "--output", tmp_path / name, "--quiet"]
    done = after(2, arguments, monkeypatch)
    part = tmp_path / f"{name}.part"
    assert done.stderr.startswith(f"Stopped by SIGTERM after {texts / '1.txt'}; ")
    assert done.stderr.endswith(f"done so far is in {part}: no run can go on from there\n")
    assert run(*arguments).exit_code == 0  # and begins anew
    assert sorted(os.listdir(tmp_path)) == sorted([name, "texts"])


def test_results_in_the_folder_that_is_read_are_no_input(texts, monkeypatch):
    (texts / "2-tags.jsonl.partners.txt").write_text(TEXT)
    arguments = [texts, "--recursive", "--output", texts / "2-tags.jsonl"]
    after(3, arguments, monkeypatch)
    done = run(*arguments, "--resume")
    assert done.exit_code == 0
    assert done.stderr.endswith("; files: 5 read, 0 failed.\n")


def begun():
    """Begin a run that waits for standard input when it has written its first passages."""
    process = subprocess.Popen(
        [sys.executable, "-c", long_runs.CLASSIFY, "-", "--text-column", "text"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        bufsize=0,
    )  # fmt: skip
    row = json.dumps({"text": TEXT}).encode() + b"\n"
    process.stdin.write(row * 4_000)  # more than is read ahead
    process.stdin.flush()
    return process, process.stdout.readline()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_standard_output_ends_with_a_whole_line(number):
    process, first = begun()
    process.send_signal(number)
    rest, said = process.communicate(timeout=120)
    assert process.returncode == 128 + number
    lines = [json.loads(line) for line in (first + rest).splitlines()]
    assert rest.endswith(b"\n")
    assert [line["index"] for line in lines] == [0, 1] * (len(lines) // 2)
    assert re.fullmatch(
        rf"Stopped by {signal.Signals(number).name} after -, line [\d,]+; only --output FILE can be "
        r"resumed\n",
        said.decode(),
    )


def test_a_signal_counts_though_the_reader_went_away_too(monkeypatch):
    here, there = os.pipe()
    os.close(here)
    with open(there, "w") as out:
        monkeypatch.setattr(sys, "stdout", out)

        def work():
            with output() as to:
                to.write("half")
                raise Stopped(signal.SIGTERM)

        with pytest.raises(Stopped, match="SIGTERM"):
            work()


def test_a_second_signal_ends_what_cannot_be_written():
    process, _ = begun()  # and nobody reads what comes after
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
    assert process.returncode in (-signal.SIGINT, 130)
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


def test_signals_are_as_before_when_it_ends(texts):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    assert run(texts, "--recursive").exit_code == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_a_signal_that_is_ignored_stays_so(texts, monkeypatch):
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        after(1, [texts, "--recursive"], monkeypatch, status=0)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_messages_that_nobody_reads_stop_nothing(texts, tmp_path):
    here, there = os.pipe()
    os.close(here)
    done = subprocess.run(
        [sys.executable, "-c", long_runs.CLASSIFY, "no-such.txt", texts, "--recursive"],
        stdout=subprocess.PIPE, stderr=there, timeout=120, check=False,
    )  # fmt: skip
    os.close(there)
    assert done.returncode == 1
    assert len(done.stdout.splitlines()) == 8


DOCUMENTS = {"good": TEXT.encode(), "empty": b" \n", "binary": b"\x7fELF\0", "missing": None}
ROWS = {"good": f"{TEXT};1\n", "short": "no\n", "blank": '" ";1\n'}


@settings(max_examples=30)
@given(st.data())
def test_the_summary_accounts_for_every_input(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("given")
    options = data.draw(st.sampled_from([[], ["--only", "none"], ["--format", "csv"]]))
    if tables := data.draw(st.booleans()):
        kinds = st.lists(st.sampled_from([*ROWS]), max_size=4)
        options = [*options, "--text-column", "text"]
    else:
        kinds = st.sampled_from([*DOCUMENTS])
    given_ = data.draw(st.lists(st.one_of(st.none(), kinds), min_size=1, max_size=6))
    for number, kind in enumerate(given_):
        path = folder / f"{number}"
        if tables and kind is not None:
            path.write_text("text;n\n" + "".join(ROWS[row] for row in kind))
        elif kind is not None and DOCUMENTS[kind] is not None:
            path.write_bytes(DOCUMENTS[kind])
    names = [folder / f"{number}" for number in range(len(given_))]
    done = run(*names, *options, "--output", folder / "out")
    summary = done.stderr.splitlines()[-1].replace(",", "")
    read, failed = map(int, re.search(r"files: (\d+) read (\d+) failed\.$", summary).groups())
    good = sum(bool(kind) if tables else kind == "good" for kind in given_)
    assert (read, failed) == (good, len(given_) - good)
    rows = [row for kind in given_ if tables and kind for row in kind]
    good_rows = rows.count("good")
    if rows:
        found = re.search(r"rows: (\d+) read (\d+) failed;", summary)
        assert [*map(int, found.groups())] == [good_rows, len(rows) - good_rows]
    passages = 2 * (good_rows if tables else good)
    assert summary.startswith(f"Passages: {passages}")
    out = folder / "out"
    assert out.exists() == (good > 0)
    found = out.read_text() if good else ""
    written = found.count("The smugglers" if "none" not in options else "\n")
    if "none" in options:
        assert f"; written: {written};" in summary
    assert done.exit_code == (failed > 0 or good_rows < len(rows))
