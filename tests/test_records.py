import csv
import datetime
import decimal
import gzip
import io
import json
import random
import re
import subprocess
import sys
import tracemalloc

import pyarrow
import pyarrow.parquet
import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st
from test_cli import CLASSIFY, classify, lines
from typer.testing import CliRunner

from palermo import DocumentError
from palermo.cli import app
from palermo.records import Record, read

values = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.tuples(any_text, st.dictionaries(st.text(), values, max_size=3)), max_size=5))
def test_every_line_comes_back(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("records") / "a.jsonl"
    rows = [{**row, "text": text} for text, row in rows]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    if not rows:
        with pytest.raises(DocumentError, match="empty, there is no row in it"):
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
        (b'{"text": "a", "n": NaN}', "not JSON: NaN is no number that JSON has"),
        (b'{"text": "a", "n": 1e400}', "not JSON: 1e400 is no number that JSON has"),
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
        handle.write(b'{"text": "')
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
        f"Note: {path}: 30 of its rows could not be read",
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


def table(path, *rows, encoding="utf-8", **options):
    """Write rows as delimited text."""
    with path.open("w", encoding=encoding, newline="") as to:
        csv.writer(to, **options).writerows(rows)
    return str(path)


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\r\n\t\",;'"))


@given(
    others=st.lists(cells, max_size=3, unique=True).filter(lambda names: "text" not in names),
    data=st.data(),
    delimiter=st.sampled_from(",;\t"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    packed=st.booleans(),
)
def test_any_csv_that_is_written_is_read(
    tmp_path_factory, others, data, delimiter, encoding, packed
):
    names = ["text", *others]
    if not others:
        delimiter = ","  # a header of one column does not show it, and a comma is what is taken
    row = st.lists(cells, min_size=len(names), max_size=len(names))
    rows = data.draw(st.lists(row, min_size=1, max_size=5))
    path = tmp_path_factory.mktemp("records") / "any"
    table(path, names, *rows, encoding=encoding, delimiter=delimiter)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    found = list(read(str(path), "text"))
    for cell, got in zip(rows, found, strict=True):
        if cell[0].strip():
            assert (got.text, got.row) == (cell[0], dict(zip(others, cell[1:], strict=True)))
        else:
            assert str(got).endswith(": column 'text' is empty")


@given(st.binary(max_size=300), st.sampled_from([b"", b"text\n", b"{", b"PAR1", b"\x1f\x8b\x08\0"]))
def test_any_bytes_are_rows_or_named(tmp_path_factory, raw, start):
    path = tmp_path_factory.mktemp("records") / "any"
    path.write_bytes(start + raw)
    try:
        assert all(isinstance(each, Record | DocumentError) for each in read(str(path), "text"))
    except DocumentError as error:
        assert str(error).startswith(f"{path}: ")


def test_lines_are_those_that_rows_begin_in(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b'\r\n"a\nb",text\r\n\r\n1,"one\r\n\r\ntwo"\r\n2,three\r\n')
    assert list(read(str(path), "text")) == [
        Record("one\r\n\r\ntwo", 5, {"a\nb": "1"}),
        Record("three", 8, {"a\nb": "2"}),
    ]


@pytest.mark.parametrize("before", [0, 1, 5_000])  # within what is looked at first, and beyond
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_a_control_character_spoils_no_table_wherever_it_stands(tmp_path, encoding, before):
    plain, odd = "Cobró 500 €.", "Police \x02\0 arrested \x07\x08\x0e two – \x01."
    rows = [["text", "id"], *[[plain, "1"]] * before, [odd, "\0"], [plain, "3"]]
    found = list(read(table(tmp_path / "a.csv", *rows, encoding=encoding), "text"))
    assert [(each.text, each.row["id"]) for each in found] == [
        *[(plain, "1")] * before, (odd, "\0"), (plain, "3"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["€", "\0€", "€\0"])
def test_a_head_with_a_nul_may_break_off_amid_a_character(tmp_path, text):
    for shift in range(4):
        rows = [["text", "x" * shift], [text * 30_000, "1"]]
        (found,) = read(table(tmp_path / "a.csv", *rows), "text")
        assert found.text == text * 30_000


def test_control_characters_come_out_of_the_command_escaped(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id,text\n1,They paid.\n2,Police \x02\0 arrested two.\n3,They left.\n")
    run = classify_here("--text-column", "text", path)
    assert (run.exit_code, run.stderr) == (0, "")
    texts = [json.loads(line)["text"] for line in run.stdout.splitlines()]
    assert texts == ["They paid.", "Police \x02\0 arrested two.", "They left."]
    assert "\x02" not in run.stdout


NOISE = random.Random(0).randbytes(100_000)


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\n", "a PDF, not plain text; save it as text"),
        (b"PK\x03\x04\x14\0\0\0\x08\0" + NOISE, "a ZIP archive (perhaps docx, xlsx or odt)"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x06\0\0\0", "binary, not text; give"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + NOISE, "binary, not text; give a file of plain text"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + NOISE, "binary, not text; give a file of plain text"),
        (b"GIF89a\x10\0\x10\0\x80" + b" " * 70_000, "binary, not text; give a file of plain text"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "binary, not text; give a file of plain text"),
        (NOISE, "binary, not text; give a file of plain text"),
        # Or a table after all, and the name of the column is wrong.
        (b"id,body\n1,a \x02\n", "binary, not text; give a file of plain text (as a table: no column 'text'; it has id, body)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_binary_files_are_no_tables(tmp_path, raw, wrong, pack):
    path = tmp_path / "a.csv"
    path.write_bytes(pack(raw))
    with pytest.raises(DocumentError, match=re.escape(f"{path}: {wrong}")):
        list(read(str(path), "text"))


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (b"1,a,b", "3 fields, where the header has 2; is a quotation mark or a delimiter missing?"),
        (b"1", "1 fields, where the header has 2"),
        (b"1, ", "column 'text' is empty"),
        (b'1,"a" b', "broken CSV, passed over up to line 3: ',' expected after '\"'; is a quot"),
        (b"1," + b"a" * (1 << 24), "a line of more than 16,777,216 characters"),
        (b"1,tr\xe1fico", "bytes that are no UTF-8; save the file as UTF-8"),
    ],
)
def test_a_bad_row_is_named_and_stops_nothing(tmp_path, row, wrong):
    path = tmp_path / "a.csv"
    path.write_bytes("id,text\n1,é\n".encode() + row + b"\n2,two\n")
    first, bad, last = read(str(path), "text")
    assert (first, last) == (Record("é", 2, {"id": "1"}), Record("two", 4, {"id": "2"}))
    assert str(bad).startswith(f"{path}:3: ")
    assert wrong in str(bad)


def test_a_quotation_mark_that_never_ends_says_what_it_takes_along(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text('id,text\n1,one\n2,"two\n3,three\n')
    first, bad = read(str(path), "text")
    assert first.text == "one"
    assert str(bad).startswith(f"{path}:3: broken CSV, passed over up to line 4: unexpected end")


@pytest.mark.parametrize(
    ("header", "delimiter"),
    [
        ("id,text", ","),
        ("id;text", ";"),
        ("id\ttext", "\t"),
        ('"a;b;c",text', ","),
        ("a, b, c;text", ";"),  # most columns by the comma, but no text
        ("text", ","),
    ],
)
def test_the_delimiter_is_told_from_the_header(tmp_path, header, delimiter):
    path = tmp_path / "a.txt"
    values = delimiter.join(["1"] * header.count(delimiter) + ["Hi."])
    path.write_text(f"{header}\n{values}\n")
    (found,) = read(str(path), "text")
    assert found.text == "Hi."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("first", "delimiter"),
    [
        ("sep=;\r\n", ";"),
        ('"sep=,"\n', ","),
        ("SEP=\t\r", "\t"),
        ("sep=|\r\n", "|"),
        ("sep=¬\n", "¬"),
    ],
)
def test_the_delimiter_is_what_a_first_line_for_excel_says(
    tmp_path, first, delimiter, packed, encoding
):
    path = tmp_path / "a.csv"
    rows = [["a, b; c", "body"], ["é", "They paid."], ["2"]]
    table(path, *rows, encoding=encoding, delimiter=delimiter)
    raw = (first + path.read_text(encoding)).encode(encoding)
    path.write_bytes(gz(raw) if packed else raw)
    found, wrong = read(str(path), "body")
    assert found == Record("They paid.", 3, {"a, b; c": "é"})
    assert str(wrong).startswith(f"{path}:4: 1 fields, where the header has 2")


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"sep=;", "empty, there is no row in it"),
        (b"sep=;\nid;body\n", "no column 'text'; it has id, body"),
        (b'sep=;\nid;"text\n', "its header, line 2: broken CSV"),
        (b"sep=\n", "no column 'text'; it has sep="),
        (b'sep="\n', "no column 'text'; it has sep=\""),
        (b"sep=ab\n", "no column 'text'; it has sep=ab"),
    ],
)
def test_a_table_of_a_first_line_for_excel_and_no_text_is_named(tmp_path, raw, wrong):
    path = tmp_path / "a.csv"
    path.write_bytes(raw)
    with pytest.raises(DocumentError) as caught:
        list(read(str(path), "text"))
    assert str(caught.value).startswith(f"{path}: {wrong}")


@pytest.mark.parametrize("rows", [1, 5_000])  # within what is looked at first, and beyond
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "windows-1252"]
)
def test_each_encoding_of_a_table_is_read_right(tmp_path, encoding, rows):
    # Plain ASCII first: only the end tells UTF-8 from Windows-1252.
    some = [["text", "id"], *[["They paid the guide.", "7"]] * rows, ["Cobró 500 €.", "ñ"]]
    *_, last = read(table(tmp_path / "a.csv", *some, encoding=encoding), "text")
    assert last == Record("Cobró 500 €.", rows + 2, {"id": "ñ"})


WORST = "La víctima de tráfico pagó en Ávila, Íscar y “León”."  # bytes Windows-1252 has not
OTHERS = {"utf-8": "windows-1252", "windows-1252": "utf-8"}


@pytest.mark.parametrize("before", [0, 5_000])  # within what is looked at first, and beyond
@pytest.mark.parametrize("bad", range(5))
@pytest.mark.parametrize("encoding", OTHERS)
def test_a_row_of_another_encoding_is_named_wherever_it_stands(tmp_path, encoding, bad, before):
    good = WORST if encoding == "utf-8" else "La víctima pagó – «mucho»."
    odd = "Cobró." if encoding == "utf-8" else WORST
    rows = [(good if each != bad else odd).encode(encoding) for each in range(5)]
    rows[bad] = odd.encode(OTHERS[encoding])
    path = tmp_path / "a.csv"
    path.write_bytes(
        b"\n".join([b"id;text", *[b"1;They paid."] * before, *(b"2;" + row for row in rows)])
    )
    found = list(read(str(path), "text"))
    wrong = found.pop(before + bad)
    assert str(wrong) == (
        f"{path}:{2 + before + bad}: bytes that are no {encoding.upper()}; save the file as UTF-8"
    )
    assert [each.text for each in found] == ["They paid."] * before + [good] * 4
    assert [each.line for each in found[-4:]] == [
        2 + before + each for each in range(5) if each != bad
    ]  # fmt: skip


def test_the_command_names_the_one_row_of_another_encoding(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"id;text\n1;cobr\xf3\n" + f"2;{WORST}\n".encode() * 4)
    run = classify_here("--text-column", "text", path)
    assert run.exit_code == 1
    assert [json.loads(line)["text"] for line in run.stdout.splitlines()] == [WORST] * 4
    assert run.stderr.splitlines() == [
        f"Error: {path}:2: bytes that are no UTF-8; save the file as UTF-8",
        f"Note: {path}: 1 of its rows could not be read",
    ]


@pytest.mark.parametrize("before", [0, 5_000])
def test_a_spoilt_character_is_no_other_encoding(tmp_path, before):
    path = tmp_path / "a.csv"
    spoilt = b"\xe2\x80" + WORST.encode()
    path.write_bytes(b"\n".join([b"text", *[b"They paid."] * before, spoilt, b"They left."]))
    *_, bad, last = read(str(path), "text")
    assert "bytes that are no UTF-8" in str(bad)
    assert last.text == "They left."


def test_rows_of_utf8_far_behind_one_of_windows_1252_are_named_not_garbled(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"text\ncobr\xf3\n" + b"They paid.\n" * 20_000 + f"{WORST}\n".encode() * 2)
    first, *plain, bad, worse = read(str(path), "text")
    assert first.text == "cobró"
    assert {each.text for each in plain} == {"They paid."}
    for number, each in enumerate((bad, worse), 20_003):
        assert str(each).startswith(f"{path}:{number}: bytes that are no WINDOWS-1252; save the")


@pytest.mark.parametrize("before", [0, 5_000])
def test_short_rows_full_of_accents_are_windows_1252(tmp_path, before):
    names = ["Ana", "Peña", "Íñigo", "João", "Luis", "Ôé", "Inés", "Carmen", "Nuñez"] * 20
    rows = [["text"], *[["They paid."]] * before, *([name] for name in names)]
    path = table(tmp_path / "a.csv", *rows, encoding="windows-1252")
    assert [each.text for each in read(path, "text")][before:] == names


@pytest.mark.parametrize("encoding", ["cp1251", "koi8-r", "shift-jis"])
def test_a_table_in_an_unknown_encoding_is_refused_or_its_rows_named(tmp_path, encoding):
    text = "Они заплатили проводнику." if encoding != "shift-jis" else "ガイドに支払った。"
    rows = [[text]] * 5
    with pytest.raises(DocumentError, match="neither UTF-8, UTF-16 nor Windows-1252"):
        list(read(table(tmp_path / "a.csv", ["text"], *rows, encoding=encoding), "text"))
    rows = [*[["They paid."]] * 10_000, *rows]
    found = list(read(table(tmp_path / "a.csv", ["text"], *rows, encoding=encoding), "text"))
    assert all("bytes that are no UTF-8" in str(each) for each in found[10_000:])


def test_lines_that_were_read_ahead_are_bounded_and_counted_too(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("wb") as to:
        to.write(b"text\r\n" + b"They paid.\r\n" * 10_000 + b"Cobr\xf3.\r\n\r\n")
        to.write(b"a" * 20_000_000 + b'\r\n"one\r\ntwo"\r\nPag\xf3.')
    *_, first, long, quoted, last = read(str(path), "text")
    assert first == Record("Cobró.", 10_002, {})
    assert str(long).startswith(f"{path}:10004: broken CSV, passed over up to line 10004: a line")
    assert (quoted, last) == (Record("one\r\ntwo", 10_005, {}), Record("Pagó.", 10_007, {}))


def test_a_head_that_breaks_off_amid_a_character_is_read_right(tmp_path):
    for shift in range(4):
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            some = [["text", "x" * shift], ["😀ñ" * 30_000, "1"]]
            (found,) = read(table(tmp_path / "a.csv", *some, encoding=encoding), "text")
            assert found.text == some[1][0]


def test_columns_that_share_a_name_are_all_carried_through(tmp_path):
    path = table(tmp_path / "a.csv", ["text", "", "", "n", "n (2)", "n"], ["Hi.", *"abcde"])
    (found,) = read(path, "text")
    assert found.row == {"": "a", " (2)": "b", "n": "c", "n (2)": "d", "n (3)": "e"}


def gz(raw):
    return gzip.compress(raw)


@pytest.mark.parametrize(
    ("raw", "wrong"),
    [
        (b"", "empty, there is no row in it"),
        (b"\n \n", "no column 'text'; it has  "),
        (b"id,text\n", "empty, there is no row in it"),
        (b"id,body\n1,Hi.\n2,Ho.\n", "no column 'text'; it has id, body"),
        (b'id,"text\n1,Hi.\n', "its header, line 1: broken CSV"),
        (b'[\n {"text": "Hi."}]', "a JSON array; JSON lines were expected, one object a line"),
        (b"PK\x03\x04...", "a ZIP archive (perhaps docx, xlsx or odt), not plain text"),
        (b"\0\1\2", "binary, not text"),
        (gz(b"text\nHi.\n")[:-9], "gzip that breaks off or is damaged; get the file again"),
        (gz(b"text\nHi.\n")[:-2] + b"ab", "gzip that breaks off or is damaged"),
        (gz(gz(b"text\nHi.\n")), "a gzip archive, not plain text"),
        (gz(b"PAR1..."), "Parquet inside gzip; unpack it first, as by gunzip"),
        (b"PAR1 and no more", "damaged Parquet: "),
        ("text\nHi.\n".encode("utf-16")[:-1], "marked as UTF-16-LE, and broken at byte 16"),
        ("text\nHi.\n".encode("utf-16") + b"a\0" * (1 << 16) + b"\n", "broken UTF-16-LE after"),
    ],
)
def test_a_file_that_is_no_table_is_named_once(tmp_path, raw, wrong):
    path = tmp_path / "a"
    path.write_bytes(raw)
    with pytest.raises(DocumentError) as caught:
        list(read(str(path), "text"))
    assert str(caught.value).startswith(f"{path}: {wrong}")


def parquet(path, columns, **options):
    pyarrow.parquet.write_table(pyarrow.table(columns), path, **options)
    return str(path)


def test_parquet_comes_back_as_json_has_it(tmp_path):
    day = datetime.datetime(2024, 5, 1, 12, 30)
    columns = {
        "body": ["one", None, "three", " "],
        "n": [1, None, 3, 4],
        "share": [0.5, float("nan"), 0.25, float("inf")],
        "day": [day, None, day, day],
        "cost": [decimal.Decimal("7000.10"), None, None, None],
        "more": [{"a": [1, 2]}, None, None, None],
        "raw": [b"a\xff", None, None, None],
    }
    first, second, third, fourth = read(parquet(tmp_path / "a.csv", columns), "body")
    row = {"n": 1, "share": 0.5, "day": "2024-05-01T12:30:00", "cost": "7000.10"}
    assert first == Record("one", 1, {**row, "more": {"a": [1, 2]}, "raw": "a\\xff"})
    assert str(second).endswith("a.csv:2: column 'body' holds null, which is no text")
    assert (third.line, third.row["n"]) == (3, 3)
    assert str(fourth).endswith("a.csv:4: column 'body' is empty")
    with pytest.raises(DocumentError, match="no column 'text'; it has body, n, share, day"):
        list(read(str(tmp_path / "a.csv"), "text"))


def test_parquet_without_its_column_says_how_it_is_read(tmp_path):
    path = parquet(tmp_path / "a.parquet", {"text": ["Hi."]})
    run = classify_here(path)
    assert (run.exit_code, run.stdout) == (1, "")
    assert run.stderr == (
        f"Error: {path}: a Parquet file, not plain text; name the column of its texts with "
        "--text-column\n"
    )
    assert classify_here(path, "--text-column", "text").exit_code == 0


def test_parquet_that_cannot_be_had_is_named(tmp_path, monkeypatch):
    path = parquet(tmp_path / "a.parquet", {"text": ["Hi."]})
    run = classify_here("--text-column", "text", "-", input=(tmp_path / "a.parquet").read_bytes())
    assert run.exit_code == 0  # what the runner gives can be sought in; a pipe cannot:

    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    pipe = io.TextIOWrapper(Pipe((tmp_path / "a.parquet").read_bytes()))
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", pipe)
        with pytest.raises(DocumentError, match="-: Parquet, which cannot be read from a pipe"):
            list(read("-", "text"))
    assert not pipe.closed
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DocumentError, match=r'takes pyarrow to read: pip install "palermo\[parq'):
        list(read(path, "text"))


def classify_here(*arguments, **options):
    """Run the command in this process, with its code and not the installed one's."""
    return CliRunner().invoke(app, [*map(str, arguments), "--quiet"], **options)


def test_one_bad_table_never_stops_the_others(tmp_path):
    good = table(tmp_path / "a.csv", ["id", "text"], [1, "Hi."], [2], [3, "Ho."])
    other = table(tmp_path / "b.csv", ["id", "body"], [1, "Hi."])
    packed = tmp_path / "c"
    packed.write_bytes(gzip.compress(b'{"text": "Ha."}\n'))
    run = classify_here("--text-column", "text", other, good, packed)
    assert run.exit_code == 1
    rows = [json.loads(line) for line in run.stdout.splitlines()]
    assert [(row["text"], row["line"], row["row"]) for row in rows] == [
        ("Hi.", 2, {"id": "1"}), ("Ho.", 4, {"id": "3"}), ("Ha.", 1, {}),
    ]  # fmt: skip
    assert run.stderr.splitlines() == [
        f"Error: {other}: no column 'text'; it has id, body",
        f"Error: {good}:3: 1 fields, where the header has 2; is a quotation mark or a delimiter missing?",
        f"Note: {good}: 1 of its rows could not be read",
    ]


@pytest.mark.parametrize("kind", ["csv", "gz", "parquet"])
def test_a_table_is_read_in_a_stream(tmp_path, kind):
    path = tmp_path / "a"
    text = "The guide took their papers and asked for more. " * 40
    if kind == "parquet":
        texts = [f"{number} {text}" for number in range(20_000)]
        parquet(path, {"text": texts}, compression="none", use_dictionary=False)
        del texts
    else:
        table(path, ["id", "text"], *([number, text] for number in range(20_000)))
    if kind == "gz":
        path.write_bytes(gzip.compress(path.read_bytes(), 1))
    before = pyarrow.default_memory_pool().bytes_allocated()
    tracemalloc.start()
    try:
        count = most = 0
        for _ in read(str(path), "text"):
            count += 1
            most = max(most, pyarrow.default_memory_pool().bytes_allocated() - before)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 20_000
    assert peak + most < 8e6  # of 39 MB


def test_parquet_without_its_library_names_the_extra(tmp_path, monkeypatch):
    path = tmp_path / "a.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": ["They paid."]}), path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(DocumentError, match=r'takes pyarrow to read: pip install "palermo\[parq'):
        list(read(str(path), "text"))
