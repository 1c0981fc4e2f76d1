import json
import subprocess
import sys

import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st
from test_cli import CLASSIFY, classify, lines

from palermo import DocumentError
from palermo.records import Record, read

values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.tuples(any_text, st.dictionaries(st.text(), values, max_size=3)), max_size=5))
def test_every_line_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("records") / "a.jsonl"
    rows = [{**row, "text": text} for text, row in rows]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    if not rows:
        with pytest.raises(DocumentError, match="empty, there is no line in it"):
            list(read(str(path), "text"))
        return
    for number, (row, found) in enumerate(zip(rows, read(str(path), "text"), strict=True), 1):
        if row["text"].strip():
            rest = {name: value for name, value in row.items() if name != "text"}
            assert found == Record(row["text"], number, rest)
        else:
            assert str(found) == f"{path}:{number}: column 'text' is empty"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        (b"{", "not JSON: Expecting property name enclosed in double quotes at column 2"),
        (b"[1]", "JSON that is no object; one object a line was expected"),
        (b'{"body": "a", "id": 1}', "no column 'text'; it has body, id"),
        (b"{}", "no column 'text'; it has none"),
        (json.dumps(dict.fromkeys("abcdefghij")).encode(), "it has a, b, c, d, e, f, g, h, ..."),
        (b'{"text": 3}', "column 'text' holds 3, which is no text"),
        (b'{"text": null}', "column 'text' holds null, which is no text"),
        (b'{"text": " "}', "column 'text' is empty"),
        (b'{"text": "tr\xe1fico"}', "byte 0xe1 is no UTF-8; save the file as UTF-8"),
        (b'{"text": "a", "n": ' + b"1" * 5000 + b"}", "JSON that is too large or too deep"),
        (b"[" * 200_000, "JSON that is too large or too deep"),
    ],
)
def test_a_bad_line_is_named_and_stops_nothing(tmp_path, line, wrong):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "one"}\r\n\n' + line + b'\n{"text": "two"}')
    first, bad, last = read(str(path), "text")
    assert (first, last) == (Record("one", 1, {}), Record("two", 4, {}))
    assert isinstance(bad, DocumentError)
    assert str(bad).startswith(f"{path}:3: ")
    assert wrong in str(bad)


def test_a_line_without_end_is_passed_over(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("wb") as handle:
        handle.truncate(1 << 28)  # a hole: no disk is used
        handle.seek(0, 2)
        handle.write(b'\n{"text": "two"}\n')
    bad, last = read(str(path), "text")
    assert "a line of more than 67,108,864 bytes; is this JSON lines?" in str(bad)
    assert last == Record("two", 2, {})


def test_the_command_carries_the_other_columns_through(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"id": 1, "body": "He paid. He left.", "label": {"mine": true}}\n{"body": "Hi."}'
    )
    run = classify("--text-column", "body", path)
    assert (run.returncode, run.stderr) == (0, b"")
    assert [(row["line"], row["index"], row["text"], row["row"]) for row in lines(run)] == [
        (1, 0, "He paid.", {"id": 1, "label": {"mine": True}}),
        (1, 1, "He left.", {"id": 1, "label": {"mine": True}}),
        (2, 0, "Hi.", {}),
    ]


def test_the_command_names_bad_lines_and_counts_them(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Hi."}\n' + "{\n" * 30 + '{"text": "Ho."}\n')
    run = classify("--text-column", "text", path, "no-such.jsonl", "-", stdin=b'{"text": "Ha."}')
    assert run.returncode == 1
    assert [row["text"] for row in lines(run)] == ["Hi.", "Ho.", "Ha."]
    said = run.stderr.decode().splitlines()
    assert len(said) == 22
    assert said[0].startswith(f"Error: {path}:2: not JSON")
    assert said[-2:] == [
        f"Note: {path}: 30 of its lines could not be read",
        "Error: no-such.jsonl: no such file",
    ]


def test_a_table_of_a_table(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "Hi."}\n{"text": "Ho."}\n')
    run = classify("--text-column", "text", path, "--format", "table")
    assert [line.split()[-1] for line in run.stdout.decode().splitlines()[2:]] == ["Hi.", "Ho."]


def test_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "a.jsonl"
    line = json.dumps({"id": 1, "text": "The guide took their papers and asked for more. " * 40})
    path.write_text(f"{line}\n" * 20_000)  # 39 MB
    # In a process of its own: a child of this one would begin with its size.
    measure = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [CLASSIFY, "--text-column", "text", "--unit", "paragraph", path]
    run = subprocess.run(
        [sys.executable, "-c", measure, *command], stdout=subprocess.PIPE, check=True, timeout=300
    )
    assert int(run.stdout) * (1 if sys.platform == "darwin" else 1024) < 250e6
