import csv
import io
import json
import os
import signal

import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from palermo import Passage, Predictor
from palermo.cli import app
from palermo.errors import OutputError
from palermo.outputs import jsonl, sheet, table
from palermo.outputs.finding import Finding
from palermo.outputs.target import check, opened
from palermo.terms import Term

PASSAGE = Passage(
    text="Paid “coyotes” [red]7.000 €[/red]\x1b[2J",
    start=3,
    end=37,
    label="smuggling",
    tags=("smuggling", "policy"),
    probabilities={"smuggling": 0.87654321, "trafficking": 0.0, "enforcement": 1e-9, "policy": 0.5},
    known=1 / 3,
)


def test_a_json_line_to_the_letter():
    assert jsonl.line(jsonl.record(PASSAGE, "a b.txt", 7, "0.1.0+abc")) == (
        '{"schema": 1, "file": "a b.txt", "index": 7, "start": 3, "end": 37, '
        '"text": "Paid “coyotes” [red]7.000 €[/red]\\u001b[2J", "label": "smuggling", '
        '"tags": ["smuggling", "policy"], "probabilities": {"smuggling": 0.876543, '
        '"trafficking": 0.0, "enforcement": 0.0, "policy": 0.5}, "known": 0.333333, '
        '"unsure": false, "term": null, "model": "0.1.0+abc"}\n'
    )


@given(any_text)
def test_any_passage_is_one_line_and_comes_back(text):
    passage = Passage(text, 0, len(text), "none", (), {}, 0.0)
    line = jsonl.line(jsonl.record(passage, "f", 0, "m"))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == text


@given(any_text)
def test_no_control_character_gets_through(text):
    shown = table.printable(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    assert not set(shown) & set("\u200b\u202e\u2066\ufeff\ud800")


def test_labels_of_a_foreign_model_are_safe_to_show():
    out = io.StringIO()
    passage = Passage("x", 0, 1, "[/b]\x1b[2J", ("[/b]\x1b[2J", "[red]"), {"[/b]\x1b[2J": 1.0}, 1.0)
    table.write([passage], "f", out)
    assert "\x1b" not in out.getvalue()
    assert "[/b]\\x1b[2J" in out.getvalue()
    assert "[red]" in out.getvalue()


def test_the_table_to_the_letter():
    out = io.StringIO()
    table.write(
        [PASSAGE, Passage("Hi.", 40, 43, "none", (), {"policy": 0.2}, 1.0)], "a\nb.txt", out
    )
    assert [line.rstrip() for line in out.getvalue().splitlines()] == [
        "a b.txt",
        "label        prob  other tags   passage",
        "smuggling    0.88  policy       Paid “coyotes” [red]7.000 €[/red]\\x1b[2J",
        "none                            Hi.",
    ]


def sheet_of(*findings, labels=()):
    """Write findings as CSV; give it, its rows, and what was noted."""
    out, notes = io.StringIO(newline=""), []
    sheet.write_all(findings, out, labels, notes.append)
    written = out.getvalue()
    assert written.startswith("\ufeff")
    return written, list(csv.reader(io.StringIO(written[1:], newline=""), strict=True)), notes


def finding(text="Hi.", **more):
    return Finding(Passage(text, 0, len(text), "none", (), {}, 1.0), "f", 0, 0, "m", more=more)


def test_a_sheet_to_the_letter():
    passage = Passage("a\nb", 3, 6, "p", ("p", "q"), {"p": 1e-7, "q": 0.25}, 1 / 3, True)
    other = Passage("c", 7, 8, "none", (), {"p": 0.5, "q": 1.0}, 1.0, False, Term("both", "x", 0.5))
    row = {"n": -5, "text": "=1+1", "yes": True, "no": None, "list": [1, "ñ"]}
    written, _, notes = sheet_of(
        Finding(passage, "a.csv", 0, 0, "0.1.0", more={"line": 2, "row": row}),
        Finding(other, "a.csv", 0, 1, "0.1.0", more={"line": 3, "row": {"n": "-5"}}),
    )
    assert notes == []
    assert written == (
        "\ufeffschema,file,index,start,end,text,label,tags,p_p,p_q,known,unsure,term_uses,"
        "term_describes,term_strength,model,line,row_n,row_text,row_yes,row_no,row_list\r\n"
        '1,a.csv,0,3,6,"a\nb",p,p q,0.0,0.25,0.333333,true,,,,0.1.0,2,-5,\'=1+1,true,,"[1, ""ñ""]"\r\n'
        "1,a.csv,1,7,8,c,none,,0.5,1.0,1.0,false,both,x,0.5,0.1.0,3,-5,,,,\r\n"
    )


@given(st.lists(st.tuples(any_text, any_text), min_size=1, max_size=4))
def test_any_sheet_comes_back(pairs):
    _, (header, *rows), _ = sheet_of(*(finding(text, line=1, row={"x": x}) for text, x in pairs))
    for pair, row in zip(pairs, rows, strict=True):
        cells = dict(zip(header, row, strict=True))
        for cell, meant in zip((cells["text"], cells["row_x"]), pair, strict=True):
            assert cell in (meant, f"'{meant}")
            assert cell[:1] not in {*"=+-@\t\r"} or cell.strip("+-.,0123456789eE") == ""


@pytest.mark.parametrize("safe", ["-5", "+1.5e-3", "-1,234.50", "-.5", "-", "a=1", "", "'=1"])
def test_numbers_and_plain_cells_stay(safe):
    _, (_, row), _ = sheet_of(finding(row={"x": safe}))
    assert row[-1] == safe


@pytest.mark.parametrize(
    "formula", ["=1", "+A1", "-1+1", "@SUM(1)", "\t=1", "\r=1", "-٣", "--1", "=", "-5\n"]
)
def test_formulas_are_text(formula):
    _, (_, row), _ = sheet_of(finding(formula, row={"x": formula}))
    assert (row[5], row[-1]) == (f"'{formula}", f"'{formula}")


def test_a_sheet_says_once_which_columns_it_has_no_room_for():
    some = [finding(row={"a": 1}), finding(row={"b": 1, "a": 2}), finding(row={"c": 1})]
    _, (header, *rows), notes = sheet_of(*some)
    assert header[-1] == "row_a"
    assert [row[-1] for row in rows] == ["1", "2", ""]
    (note,) = notes
    assert "row_b and the like are left out; --format jsonl keeps them" in note


def test_a_sheet_of_nothing_has_a_header():
    _, (header,), _ = sheet_of(labels=["smuggling"])
    assert header[8] == "p_smuggling"


def test_an_array_is_what_the_lines_are():
    for count in range(3):
        some = [finding(f"{number}\u2028", line=number, row={}) for number in range(count)]
        lines, array = io.StringIO(), io.StringIO()
        jsonl.write_all(some, lines)
        jsonl.write_array(some, array)
        assert json.loads(array.getvalue()) == [
            json.loads(line) for line in lines.getvalue().splitlines()
        ]


def run(*arguments):
    return CliRunner().invoke(app, [*map(str, arguments), "--quiet"])


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("The smugglers charged 7,000 dollars. He left.")
    return path


@pytest.mark.parametrize(
    ("name", "options", "start"),
    [
        ("t.csv", [], "\ufeffschema,file,"),
        ("t.CSV", [], "\ufeffschema,file,"),
        ("t.json", [], '[\n{"schema"'),
        ("t.jsonl", [], '{"schema"'),
        ("t.txt", [], '{"schema"'),
        ("t.table", [], '{"schema"'),
        ("t.csv", ["--format", "json"], '[\n{"schema"'),
        ("t.csv", ["--format", "table"], ""),
    ],
)
def test_the_format_follows_the_ending(tmp_path, text, name, options, start):
    done = run(text, "--output", tmp_path / name, *options)
    assert (done.exit_code, done.output) == (0, "")
    assert (tmp_path / name).read_bytes().decode().startswith(start)
    assert sorted(os.listdir(tmp_path)) == sorted(["a.txt", name])


def test_files_are_what_standard_output_would_be(tmp_path, text):
    for format in ("table", "json", "jsonl", "csv"):
        run(text, "--format", format, "--output", tmp_path / "t")
        assert (tmp_path / "t").read_bytes() == run(text, "--format", format).stdout_bytes


def interrupted():
    signal.raise_signal(signal.SIGINT)


def full():
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("happens", [interrupted, full])
def test_what_stands_there_stays_until_all_is_done(tmp_path, text, monkeypatch, happens):
    target = tmp_path / "t.jsonl"
    target.write_text("before")
    tag_all = Predictor.tag_all

    def stop(*arguments):
        yield from tag_all(*arguments)
        assert target.read_text() == "before"
        happens()

    monkeypatch.setattr(Predictor, "tag_all", stop)
    done = run(text, "--output", target)
    assert target.read_text() == "before"
    part = tmp_path / "t.jsonl.part"
    assert len(part.read_text().splitlines()) == 2
    kept = (
        f"{target} is as it was; what was done so far is in {part}: "
        "the same command with --resume goes on from there"
    )
    if happens is interrupted:
        assert done.exit_code == 130
        assert done.stderr == f"Stopped by SIGINT after {text}; {kept}\n"
    else:
        assert isinstance(done.exception, OutputError)
        message = f"{target}: cannot be written: No space left on device; {kept}"
        assert (str(done.exception), done.stderr) == (message, "")
    monkeypatch.undo()
    assert run(text, "--output", target, "--resume").exit_code == 0
    assert len(target.read_text().splitlines()) == 2
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "t.jsonl"]


def test_a_bad_input_leaves_a_whole_output(tmp_path, text):
    done = run(text, "no-such.txt", "--output", tmp_path / "t.json")
    assert done.exit_code == 1
    assert len(json.loads((tmp_path / "t.json").read_text())) == 2


def test_targets_that_cannot_be_are_named_before_the_work(tmp_path, text):
    os.mkfifo(tmp_path / "pipe")
    for name, wrong in (
        ("", f": a folder; name a file in it, as in {tmp_path}/tags.csv"),
        ("no/t.csv", f"cannot be written: there is no folder {tmp_path}/no; make it first"),
        ("pipe", "no regular file; leave --output away and use > "),
        ("n" * 300, "cannot be written: File name too long"),
    ):
        done = run(text, "--output", tmp_path / name)
        assert isinstance(done.exception, OutputError)
        assert str(done.exception).startswith(str(tmp_path / name))
        assert wrong in str(done.exception)
        assert done.output == ""
    done = run(text, "--output", tmp_path / "t", "--model", text)
    assert done.exit_code == 1
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "pipe"]


def test_a_link_stays_one(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "real")
    check(tmp_path / "link")
    with opened(tmp_path / "link") as to:
        to.write("Hi.")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "Hi."
