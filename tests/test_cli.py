import errno
import json
import math
import os
import pty
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from typer.main import get_command
from typer.testing import CliRunner

import palermo
from palermo import Predictor
from palermo.artifact import save, tiny
from palermo.cli import app
from palermo.text import tokens

SEED = ROOT / "seeds" / "003_9ae8285b64da8007.txt"
CLASSIFY = Path(sys.executable).parent / "classify"


def classify(*arguments, stdin=None, quiet=True):
    """Run the command as a user does, without the summary at the end."""
    return subprocess.run(
        [CLASSIFY, *map(str, arguments), *["--quiet"] * (quiet and bool(arguments))],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )


def lines(run):
    return [json.loads(line) for line in run.stdout.decode().splitlines()]


def test_json_lines_when_piped():
    run = classify(SEED)
    assert (run.returncode, run.stderr) == (0, b"")
    rows = lines(run)
    text = SEED.read_bytes().decode()
    assert len(rows) == 36
    assert [row["index"] for row in rows] == list(range(36))
    assert all(text[row["start"] : row["end"]] == row["text"] for row in rows)
    assert {row["file"] for row in rows} == {str(SEED)}
    assert list(rows[0]) == [
        "schema", "file", "index", "start", "end", "text", "label", "tags", "probabilities",
        "known", "unsure", "term", "model",
    ]  # fmt: skip


def test_a_table_on_a_terminal():
    here, there = pty.openpty()
    environment = {**os.environ, "COLUMNS": "100", "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    run = subprocess.Popen([CLASSIFY, SEED], stdout=there, stdin=there, env=environment)
    os.close(there)
    shown = b""
    while True:
        try:
            chunk = os.read(here, 65536)
        except OSError as error:  # what Linux says when the other end is closed
            assert error.errno == errno.EIO
            break
        if not chunk:
            break
        shown += chunk
    assert run.wait(timeout=60) == 0
    text = shown.decode()
    assert str(SEED.name) in text
    assert "\x1b[" in text  # colours
    assert "Darién Gap" in text
    assert "{" not in text


def test_a_table_when_asked_for():
    run = classify(SEED, "--format", "table")
    assert run.returncode == 0
    assert b"\x1b" not in run.stdout
    assert b"label        prob  other tags   passage" in run.stdout


def test_units():
    count = {
        unit: len(lines(classify(SEED, "--unit", unit)))
        for unit in ("sentence", "paragraph", "document")
    }
    assert count == {"sentence": 36, "paragraph": 27, "document": 1}


def test_language_can_be_said(tmp_path):
    path = tmp_path / "es.txt"
    path.write_text("El Sr. Pérez pagó al pollero. Cruzó de noche.")
    for lang in ("auto", "es", "en"):
        run = classify(path, "--lang", lang)
        assert run.returncode == 0
        assert [row["text"] for row in lines(run)] == [
            "El Sr. Pérez pagó al pollero.",
            "Cruzó de noche.",
        ]


def test_standard_input():
    run = classify("-", stdin="They paid the coyote. He left.".encode("utf-16"))
    assert run.returncode == 0
    assert [(row["file"], row["text"]) for row in lines(run)] == [
        ("-", "They paid the coyote."), ("-", "He left."),
    ]  # fmt: skip


def test_another_model(tmp_path):
    save(tiny(), tmp_path / "tiny.joblib")
    run = classify("-", "--model", tmp_path / "tiny.joblib", stdin=b"A boat.")
    assert lines(run)[0]["probabilities"].keys() == {"smuggling"}


def test_a_model_that_is_none(tmp_path):
    run = classify(SEED, "--model", SEED)
    assert run.returncode == 1
    assert run.stderr.decode().startswith(f"Error: {SEED}: not a palermo model: it does not begin")
    assert run.stdout == b""


def test_one_bad_file_never_stops_the_others(tmp_path):
    good, empty, binary, old = (tmp_path / name for name in ("a.txt", "b.txt", "c.bin", "d.txt"))
    good.write_text("They paid the coyote.")
    empty.write_text("\n")
    binary.write_bytes(b"\x7fELF\0\0")
    old.write_bytes("Cobró 500 €.".encode("windows-1252"))
    run = classify(good, empty, tmp_path / "none.txt", tmp_path, binary, old)
    assert run.returncode == 1
    assert [row["file"] for row in lines(run)] == [str(good), str(old)]
    assert run.stderr.decode().splitlines() == [
        f"Error: {empty}: empty, there is no text in it",
        f"Error: {tmp_path / 'none.txt'}: no such file",
        f"Error: {tmp_path}: a folder; add --recursive to take the files in it, or name them, as in "
        f"{tmp_path}/*.txt",
        f"Error: {binary}: binary, not text; give a file of plain text",
        f"Note: {old}: not valid UTF-8, read as Windows-1252",
    ]


def test_a_file_named_against_the_terminal(tmp_path):
    run = classify(tmp_path / "x\x1b[31m\nred.txt")
    assert run.returncode == 1
    assert b"\x1b" not in run.stderr
    assert run.stderr.count(b"\n") == 1


def test_a_file_whose_name_is_no_text(tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff.txt"
    with open(path, "w") as file:
        file.write("They paid.")
    run = subprocess.run([CLASSIFY, path], capture_output=True, timeout=120, check=False)
    assert run.returncode == 0
    assert os.fsencode(json.loads(run.stdout)["file"]) == path


def test_a_reader_that_goes_away_between_two_tables(tmp_path):
    for number in range(30):  # each less than a buffer, all of them more than a pipe
        (tmp_path / f"{number}.txt").write_text("They paid the guide.\n\n" * 300)
    run = subprocess.Popen(
        [CLASSIFY, "--recursive", tmp_path, "--format", "table"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert run.stdout.read(20)
    run.stdout.close()
    assert b"closed it; stopped" in run.stderr.read()
    run.stderr.close()
    assert run.wait(timeout=120) == 0


@pytest.mark.parametrize("quiet", [["--quiet"], []])
@pytest.mark.parametrize("format", ["jsonl", "table"])
@pytest.mark.parametrize(("missing", "status"), [([], 0), (["none.txt"], 1)])
def test_a_reader_that_goes_away(tmp_path, format, missing, status, quiet):
    path = tmp_path / "long.txt"
    path.write_text(f"They paid {'the coyote and ' * 30}the guide.\n\n" * 10_000)  # beyond a pipe
    run = subprocess.Popen(
        [CLASSIFY, *missing, path, "--format", format, *quiet],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert run.stdout.readline()
    run.stdout.close()
    errors = run.stderr.read().decode()
    run.stderr.close()
    assert run.wait(timeout=120) == status
    note = (
        "" if quiet else "Note: what read standard output has closed it; stopped after long.txt\n"
    )
    found = errors.replace(str(path), "long.txt").replace(
        "before the first input was done", "after long.txt"
    )
    assert found == "".join(f"Error: {name}: no such file\n" for name in missing) + note


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--unit", "word", SEED], "Invalid value for '--unit'"),
        (["--format", "xml", SEED], "Invalid value for '--format'"),
        (["--lang", "fr", SEED], "Invalid value for '--lang'"),
        (["--no-such-option"], "No such option"),
        (["--min-precision", "nan", SEED], "Invalid value for --min-precision"),
        (["--min-precision", "0.9", "--unit", "document", SEED], "Invalid value for --unit"),
        (["--explain", "--unit", "document", SEED], "Invalid value for --unit"),
    ],
)
def test_wrong_usage(arguments, message):
    run = classify(*arguments)
    assert run.returncode == 2
    assert message in run.stderr.decode()
    assert run.stdout == b""


def test_no_file_shows_the_help():
    run = classify()
    assert run.returncode == 2
    assert "Usage" in (run.stdout + run.stderr).decode()


@pytest.mark.parametrize("format", ["jsonl", "table"])
def test_a_full_disk_ends_in_one_line(format):
    run = subprocess.run(
        f"{CLASSIFY} {SEED} --format {format} > /dev/full",
        shell=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr == b"Error: standard output cannot be written: No space left on device\n"


def test_help_to_a_full_disk_ends_in_one_line():
    run = subprocess.run(
        f"{CLASSIFY} --version > /dev/full",
        shell=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr == b"Error: standard output cannot be written: No space left on device\n"


def test_closed_streams_end_in_one_line():
    for command, message in (
        (
            f"{CLASSIFY} {SEED} >&-",
            "Error: standard output is closed; open it or send it to a file",
        ),
        (f"{CLASSIFY} - --quiet <&-", "Error: -: standard input is closed"),
    ):
        run = subprocess.run(command, shell=True, capture_output=True, timeout=120, check=False)
        assert run.returncode == 1
        assert run.stderr.decode() == f"{message}\n"


def test_no_color_means_plain_text():
    here, there = pty.openpty()
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", "COLUMNS": "50"}
    run = subprocess.Popen([CLASSIFY, "-"], stdout=there, stdin=subprocess.PIPE, env=environment)
    os.close(there)
    run.communicate(b"They paid the coyote.", timeout=60)
    shown = os.read(here, 65536)
    assert b"\x1b" not in shown
    assert b"other tags" not in shown  # a narrow terminal leaves the room to the passage
    assert b"They paid" in shown


def test_version(tmp_path, predictor, monkeypatch):
    monkeypatch.delenv("PALERMO_MODEL", raising=False)
    ours = f"palermo {palermo.__version__}\n"
    packaged = f"{ours}model {predictor.model} (the packaged one)\n"
    assert CliRunner().invoke(app, ["--version"]).output == packaged
    path = tmp_path / "tiny.joblib"
    save(tiny(), path)
    for arguments in (["--version", "--model", path], [SEED, "--model", path, "--version"]):
        run = CliRunner().invoke(app, list(map(str, arguments)))
        assert re.fullmatch(
            rf"{ours}model tiny\+\w{{12}} \(--model {re.escape(str(path))}\)\n", run.output
        )
    monkeypatch.setenv("PALERMO_MODEL", str(path))
    assert CliRunner().invoke(app, ["--version"]).output.endswith(f" (PALERMO_MODEL={path})\n")


def test_the_version_is_printed_though_the_model_is_broken(monkeypatch):
    monkeypatch.setenv("PALERMO_MODEL", str(SEED))
    run = classify("--version", quiet=False)
    assert run.returncode == 1
    assert run.stdout.decode() == f"palermo {palermo.__version__}\n"
    assert run.stderr.decode().startswith(f"Error: {SEED}: not a palermo model")
    assert "(PALERMO_MODEL names it; unset that" in run.stderr.decode()


def complete(*words):
    """Ask for completions of the last word, as bash does."""
    return subprocess.run(
        [CLASSIFY],
        env={
            **os.environ,
            "_CLASSIFY_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(["classify", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True, timeout=120, check=True, text=True,
    ).stdout.split()  # fmt: skip


def test_a_shell_completes_labels_and_formats(tmp_path):
    every = ["smuggling", "trafficking", "enforcement", "policy", "none"]
    assert complete("a.txt", "--only", "") == every
    assert complete("--only", "traf") == ["trafficking"]
    assert complete("--format", "js") == ["json", "jsonl"]
    assert complete("--only-t") == ["--only-term-warnings"]
    assert complete("report") == []  # files are the shell's
    save(tiny(), tmp_path / "tiny.joblib")
    assert complete("--model", str(tmp_path / "tiny.joblib"), "--only", "") == ["smuggling", "none"]
    assert complete("--model", str(SEED), "--only", "") == []


def test_completion_is_installed_in_a_home_of_its_own(tmp_path):
    # Else typer takes no name of a shell, and looks for the one that runs the tests.
    home = {"HOME": str(tmp_path), "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    run = subprocess.run(
        [CLASSIFY, "--install-completion", "bash"],
        env={**os.environ, **home}, capture_output=True, timeout=120, check=True, text=True,
    )  # fmt: skip
    assert "bash completion installed in" in run.stdout
    script = tmp_path / ".bash_completions" / "classify.sh"
    assert "_CLASSIFY_COMPLETE=complete_bash" in script.read_text()
    assert str(script) in (tmp_path / ".bashrc").read_text()
    run = subprocess.run(
        [CLASSIFY, "--install-completion", "bash"],
        env={**os.environ, **home, "HOME": str(script)},
        capture_output=True, timeout=120, check=False, text=True,
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith(f"Error: {script}")
    assert run.stderr.count("\n") == 1


def test_every_example_of_the_help_runs(tmp_path, monkeypatch):
    for folder, name in (
        (".", "raid-on-the-coast.txt"),
        ("reports", "a.txt"),
        ("verdicts", "a.pdf"),
    ):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text("The traffickers kept her passport.")
    (tmp_path / "alerts.csv").write_text("id,body\n1,The smugglers charged 900 dollars.\n")
    monkeypatch.chdir(tmp_path)
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).output
    examples = re.findall(r"^ +classify (.+?) *$", shown, re.M)
    assert len(examples) == 4
    for example in examples:
        run = CliRunner().invoke(app, example.split())
        assert run.exit_code == 0, run.output
    assert b"smuggling" in (tmp_path / "out.csv").read_bytes()
    assert b"Why" in (tmp_path / "page.html").read_bytes()


@pytest.mark.parametrize("setting", ["", "1"])
def test_output_is_written_in_blocks(setting):
    # Each write into such a socket is a message of its own.
    here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with here, there:
        run = subprocess.run(
            [CLASSIFY, SEED, "--quiet"],
            stdout=there, env={**os.environ, "PYTHONUNBUFFERED": setting}, timeout=120, check=False,
        )  # fmt: skip
        there.close()
        messages = []
        while message := here.recv(1 << 20):
            messages.append(message)
    assert run.returncode == 0
    assert b"".join(messages) == classify(SEED).stdout
    assert len(messages) == 1


@pytest.mark.parametrize("name", ["out.jsonl", "out.csv", "out.txt"])
def test_results_of_an_earlier_run_in_the_folder_are_no_input(tmp_path, name):
    (tmp_path / "a.txt").write_text("They paid the coyote.")
    arguments = [tmp_path, "--recursive", "--output", tmp_path / name]
    first = classify(*arguments, quiet=False)
    written = (tmp_path / name).read_bytes()
    second = classify(*arguments, quiet=False)
    note = f"Note: {tmp_path / name}: not read, for results go there\n"
    assert (second.returncode, second.stderr) == (0, note.encode() + first.stderr)
    assert second.stderr.endswith(b"; files: 1 read, 0 failed.\n")
    assert (tmp_path / name).read_bytes() == written


@pytest.mark.parametrize("written", ["a.txt", "link.txt", "other/a.txt", "a.txt.part"])
def test_results_never_go_where_something_is_to_be_read(tmp_path, written):
    (tmp_path / "a.txt").write_text("They paid the coyote.")
    (tmp_path / "a.txt.part").write_text("They paid the coyote.")
    (tmp_path / "link.txt").symlink_to("a.txt")
    (tmp_path / "other").symlink_to(".")
    run = classify("--output", tmp_path / "a.txt", tmp_path / written)
    assert run.returncode == 1
    assert run.stderr.decode() == (
        f"Error: {tmp_path / written}: is to be read, and --output {tmp_path / 'a.txt'} would write "
        "over it; write to another file, or leave this one out\n"
    )
    assert {each.read_text() for each in tmp_path.glob("a.txt*")} == {"They paid the coyote."}


def test_results_stay_where_nothing_could_be_read(tmp_path):
    good = tmp_path / "good.csv"
    assert classify(SEED, "--output", good).returncode == 0
    before = good.read_bytes()
    for arguments in ([tmp_path / "none.txt"], [SEED, "--text-column", "no such"]):
        run = classify(*arguments, "--output", good)
        assert run.returncode == 1
        assert run.stderr.decode().endswith(f"Error: nothing could be read; {good} is as it was\n")
        assert [each.name for each in tmp_path.iterdir()] == ["good.csv"]
        assert good.read_bytes() == before


def test_a_dash_is_no_file_for_results(tmp_path):
    run = classify(SEED, "--output", "-")
    assert run.returncode == 1
    assert run.stderr.startswith(b"Error: -: no file; leave --output away")


def test_output_is_added_where_the_shell_says(tmp_path):
    path = tmp_path / "all.jsonl"
    path.write_text("before\n")
    subprocess.run(f"{CLASSIFY} {SEED} --quiet >> {path}", shell=True, timeout=120, check=True)
    assert path.read_bytes() == b"before\n" + classify(SEED).stdout


def test_classify_imports_no_scikit_learn():
    code = (
        "import sys\n"
        f"sys.argv = ['classify', {str(SEED)!r}]\n"
        "from palermo.cli import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as done:\n"
        "    assert done.code == 0\n"
        "found = {'sklearn', 'scipy', 'joblib', 'palermo_training'} & set(sys.modules)\n"
        "print(found or 'clean', file=sys.stderr)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=120, check=True)
    summary, clean = run.stderr.decode().splitlines()
    assert summary.startswith("Passages: 36 (")
    assert clean == "clean"
    assert len(run.stdout.splitlines()) == 36


MIXED = (
    "Human traffickers charged each family 900 dollars and walked them over the river.\n\n"
    "Subscribe to our newsletter.\n\n"
    "Der Schleuser fuhr siebzehn Afghanen im Kastenwagen nach Passau.\n\n"
    "The smugglers charged each migrant 7,000 dollars for the desert.\n"
)


def test_a_summary_at_the_end(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(MIXED)
    said = classify(path, quiet=False).stderr.decode()
    labels = [row["label"] for row in lines(classify(path))]
    assert said == (
        f"Passages: 4 (smuggling {labels.count('smuggling')}, trafficking 0, "
        f"enforcement {labels.count('enforcement')}, policy 0, none {labels.count('none')}, which "
        f"is {25 * labels.count('none')} %); unsure 1, term warnings 1; "
        f"words that the model does not know: {unknown(MIXED):.1f} %; files: 1 read, 0 failed.\n"
    )


def test_quiet_leaves_what_its_help_says(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("El coyote cobró 500 €.".encode("windows-1252"))
    told = [
        f"Note: {path}: not valid UTF-8, read as Windows-1252",
        "Error: no-such.txt: no such file",
    ]
    assert classify(path, "no-such.txt").stderr.decode().splitlines() == told
    *first, summary = classify(path, "no-such.txt", quiet=False).stderr.decode().splitlines()
    assert (first, summary[:9]) == (told, "Passages:")
    (quiet,) = (each for each in get_command(app).params if each.name == "quiet")
    assert quiet.help == (
        "No progress and no summary on standard error; errors and notes on files stay."
    )


def unknown(text):
    """Give the percentage of a text's words that the model does not know, one by one."""
    words = tokens(text)
    known = Predictor.load().tag("\n\n".join(words), unit="paragraph")
    assert len(known) == len(words)
    return 100 * sum(each.known == 0 for each in known) / len(words)


def test_no_words_are_no_unknown_words(tmp_path):
    assert b"does not know: 0.0 %" in classify("-", stdin=b"***", quiet=False).stderr


def test_a_language_it_does_not_know_is_unsure():
    rows = lines(classify("-", stdin=MIXED.encode()))
    assert [row["unsure"] for row in rows] == [False, False, True, False]
    assert [row["known"] < 0.5 for row in rows] == [False, False, True, False]


def test_only_what_is_asked_for():
    for options, texts in (
        (["--only", "smuggling", "--only", "trafficking"], ["Human", "The sm"]),
        (["--only", "none"], ["Subscr", "Der Sc"]),
        (["--only-term-warnings"], ["Human"]),
        (["--only-term-warnings", "--only", "policy"], []),
    ):
        rows = lines(classify("-", *options, stdin=MIXED.encode()))
        assert [row["text"][:6].strip() for row in rows] == texts
    rows = lines(classify("-", "--only", "smuggling", stdin=MIXED.encode()))
    assert [row["index"] for row in rows] == [0, 3]  # where they stand, not how many are shown
    run = classify("-", "--only", "crime", stdin=MIXED.encode())
    assert run.returncode == 2
    assert "'crime' is none of smuggling, trafficking, enforcement, policy, none" in " ".join(
        run.stderr.decode().replace("│", " ").split()
    )


def test_more_certainty_leaves_more_unsure(predictor):
    known = [row for row in lines(classify(SEED)) if row["known"] >= 0.5]
    before = 0
    for share in (0.5, 0.9, 1):
        rows = [r for r in lines(classify(SEED, "--min-precision", share)) if r["known"] >= 0.5]
        assert [row["label"] for row in rows] == [row["label"] for row in known]
        cutoffs = predictor.cutoffs(share)
        for row in rows:
            label = row["label"]
            low = label != "none" and row["probabilities"][label] < cutoffs[label]
            assert row["unsure"] == low
        unsure = sum(row["unsure"] for row in rows)
        assert unsure >= before
        before = unsure
    assert before
    assert classify(SEED, "--min-precision", 2).returncode == 2


def test_reasons_add_up(predictor):
    rows = lines(classify("-", "--explain", stdin=MIXED.encode()))
    assert rows[1]["evidence"] == {}
    for row in rows:
        assert list(row["evidence"]) == row["tags"]
        for label, found in row["evidence"].items():
            total = sum(each["contribution"] for each in found) + predictor.intercepts[label]
            probability = row["probabilities"][label]
            assert 1 / (1 + math.exp(-total)) == pytest.approx(probability, abs=1e-4)
            assert all(row["text"][e["start"] : e["end"]] == e["text"] for e in found)
    run = classify("-", "--explain", "--format", "table", stdin=MIXED.encode())
    shown = " ".join(run.stdout.decode().split())
    assert "river. → says trafficking, tells of smuggling → " in shown
    assert re.search(r"→ \S+( \S+)? [+-]\d\.\d, ", shown)
