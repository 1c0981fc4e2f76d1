"""Files that were made to hang, to crash, to fill the memory or to write on a terminal."""

import gzip
import json
import os
import re
import socket
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from io import BytesIO, StringIO

import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st
from test_inputs import PAGE, PARAGRAPHS, archive, classify, docx, needs, pdf, wrong
from typer.testing import CliRunner

from palermo import DocumentError, Passage, Term, documents, records, worker
from palermo.cli import app
from palermo.evidence import Evidence
from palermo.outputs import table

BODY = "".join(f"<p>{text}</p>" for text in PARAGRAPHS)
CLASSIFY = "import sys; from palermo.cli import main; sys.argv[0] = 'classify'; main()"


def write(path, raw):
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return path


def rows(path, column="text"):
    return list(records.read(str(path), column))


# The worker: what a parser does, it does to itself.


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Put a library of this name and code before the true one, for the worker alone."""
    worker.close()

    def put(name, code):
        folder = tmp_path / "lib"
        folder.mkdir()
        (folder / f"{name}.py").write_text(code)
        monkeypatch.syspath_prepend(folder)

    yield put
    worker.close()


CRASH = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
PDF = b"%PDF-1.4 no more"


def test_a_crash_is_one_failed_file(tmp_path, library):
    needs("trafilatura", "html")
    library("pypdf", CRASH)
    page = write(tmp_path / "a.html", PAGE.format("utf-8"))
    bad = write(tmp_path / "b.pdf", PDF)
    status, found, errors = classify(page, bad, page, bad, page)
    assert status == 1
    assert len(found) == 3 * len(classify(page)[1])
    said = "a PDF that crashes what reads it (SIGSEGV); open it and save it anew, or save its text"
    assert errors == [f"Error: {bad}: {said}"] * 2


def test_a_hang_is_ended(tmp_path, library, monkeypatch):
    library("pypdf", "while True: pass")
    monkeypatch.setenv(worker.SECONDS, "2")
    assert wrong(write(tmp_path / "a.pdf", PDF)) == (
        "a PDF that takes more than 2 seconds to read; split it or save it anew, or allow more "
        "time: PALERMO_READ_SECONDS=20"
    )


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
def test_memory_is_bounded(tmp_path, library, monkeypatch):
    library("pypdf", "bytearray(1 << 30)")
    monkeypatch.setenv(worker.MEGABYTES, "300")
    path = write(tmp_path / "a.pdf", PDF)
    assert wrong(path) == (
        "a PDF that takes more than 300 MB of memory to read; split it or save it anew, or allow "
        "more: PALERMO_READ_MEGABYTES=1200"
    )
    monkeypatch.setenv(worker.MEGABYTES, "3000")
    assert "a PDF; to read it" in wrong(path)  # the library holds nothing else


def test_a_worker_that_cannot_be_started_is_named(tmp_path, monkeypatch):
    worker.close()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "no-python"))
    assert wrong(write(tmp_path / "a.pdf", PDF)) == (
        "a PDF; the process that reads it cannot be started (No such file or directory); close "
        "other programs and try again"
    )


def test_what_a_library_prints_is_no_answer(tmp_path, library, capfd):
    library("pypdf", "print('text 5\\nFalse', flush=True); raise KeyError")
    assert "a PDF, but broken (KeyError: )" in wrong(write(tmp_path / "a.pdf", PDF))
    assert capfd.readouterr() == ("", "")


def test_nothing_is_imported_from_the_current_folder(tmp_path, monkeypatch):
    needs("trafilatura", "html")
    worker.close()
    monkeypatch.chdir(tmp_path)
    for name in ("trafilatura", "json", "palermo", "logging"):
        write(tmp_path / f"{name}.py", CRASH)
    run = subprocess.run(
        [sys.executable, "-P", "-c", CLASSIFY, write(tmp_path / "a.html", PAGE.format("utf-8"))],
        capture_output=True, check=False, timeout=120, env={
            **os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        },
    )  # fmt: skip
    assert run.returncode == 0


def test_a_worker_that_was_killed_is_replaced(tmp_path):
    needs("pypdf", "pdf")
    path = write(tmp_path / "a.pdf", pdf(["They paid."]))
    for _ in range(2):
        assert documents.read(str(path)).text == "They paid."
        worker._worker._process.kill()
        worker._worker._process.wait()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_fork_has_a_worker_of_its_own(tmp_path):
    needs("pypdf", "pdf")
    path = write(tmp_path / "a.pdf", pdf(["They paid."]))
    assert documents.read(str(path)).text == "They paid."
    before = worker._worker._process.pid
    program = (
        "import os, sys\n"
        "from palermo import documents, worker\n"
        "first = documents.read(sys.argv[1]).text\n"
        "pid = os.fork()\n"
        "print(documents.read(sys.argv[1]).text, worker._worker._process.pid, flush=True)\n"
        "if pid: os.waitpid(pid, 0)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, path], capture_output=True, check=True, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    said = [line.rsplit(maxsplit=1) for line in run.stdout.decode().splitlines()]
    assert [text for text, _ in said] == ["They paid."] * 2
    assert len({pid for _, pid in said}) == 2
    assert worker._worker._process.pid == before


@pytest.mark.parametrize("value", ["0", "-1", "soon", "1e3", "9" * 30])
def test_a_limit_that_is_none_is_named(tmp_path, monkeypatch, value):
    monkeypatch.setenv(worker.SECONDS, value)
    assert wrong(write(tmp_path / "a.pdf", PDF)) == (
        f"cannot be read while PALERMO_READ_SECONDS is '{value}'; set it to a whole number from 1 "
        "to 86400, or unset it"
    )


# Web pages.


@pytest.mark.parametrize(
    "page",
    [
        f"<html><body>{'<div>' * 100_000}deep{'</div>' * 100_000}{BODY}",
        f"<html><body>{'<b>' * 100_000}{BODY}",
        f"<html><body>{'<table><tr><td>' * 50_000}{BODY}",
        f"<html><body><p title='{'x' * 20_000_000}'>{BODY}",
    ],
)
def test_a_page_that_is_too_deep_or_has_a_giant_part_is_not_cut_short(tmp_path, page):
    needs("trafilatura", "html")
    assert re.fullmatch(
        r"a web page that cannot be parsed to its end \((Excessive depth in document: 256|Resource "
        r"limit exceeded: .*) in line 1\); save what you want of it as text",
        wrong(write(tmp_path / "a.html", page)),
    )


def test_a_page_that_takes_for_ever(tmp_path, monkeypatch):
    needs("trafilatura", "html")
    monkeypatch.setenv(worker.SECONDS, "2")
    attributes = " ".join(f"a{number}=1" for number in range(400_000))
    page = write(tmp_path / "a.html", f"<html><body><p {attributes}>{BODY}")
    assert "a web page that takes more than 2 seconds to read" in wrong(page)


@pytest.mark.parametrize(
    "before",
    [
        "<!DOCTYPE html [<!ENTITY a 'aaa'><!ENTITY b '&a;&a;&a;'>]><html><body>&b;",
        "<html><!--" + "<!-" * 100_000 + "--><body>",
        "<html><body>" + "&" * 100_000,
        "<html><body>" + "<" * 100_000,
        "<html><script type='application/ld+json'>" + "[" * 100_000 + "</script><body>",
    ],
)
def test_what_else_a_page_may_begin_with(tmp_path, before):
    needs("trafilatura", "html")
    text = documents.read(str(write(tmp_path / "a.html", before + BODY))).text
    assert text.endswith(PARAGRAPHS[-1])


# PDFs.

CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
ONE_PAGE = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE_3 = (
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R/Resources<<"
    b"/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</X 5 0 R>>>>>>"
)
FORM = b"<</Type/XObject/Subtype/Form/Resources<</XObject<</X 5 0 R>>>>/Length 12>>stream\n/X Do /X Do \nendstream"


def made(*objects):
    """Write a PDF of these objects, whatever they are."""
    file, places = BytesIO(b"%PDF-1.4\n"), []
    file.seek(0, 2)
    for number, each in enumerate(objects, 1):
        places.append(file.tell())
        file.write(b"%d 0 obj%s endobj\n" % (number, each))
    at = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.writelines(b"%010d 00000 n \n" % place for place in places)
    file.write(b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, at))
    return file.getvalue()


def stream(content, more=b"", length=None):
    size = len(content) if length is None else length
    return b"<</Length %d%s>>stream\n%s\nendstream" % (size, more, content)


def flate(content, times=1):
    for _ in range(times):
        content = zlib.compress(content, 9)
    return content


HI = b"BT /F 12 Tf (Hi.) Tj ET"
BROKEN, BLANK = "a PDF, but broken (", "a PDF without a text layer"


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ([CATALOGUE, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"], BROKEN),
        (
            [CATALOGUE, b"<</Type/Pages/Kids[3 0 R 3 0 R]/Count 2>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>"],
            BROKEN,
        ),
        ([b"1 0 R", b"2 0 R"], BROKEN),
        ([CATALOGUE, b"<</Type/Pages/Kids[" + b"[" * 100_000 + b"]" * 100_000 + b"]/Count 1>>"], BROKEN),
        ([CATALOGUE, b"<</Type/Pages/Kids[" + b"3 0 R " * 200_000 + b"]/Count 200000>>", PAGE_3, stream(HI)], BROKEN),
        ([CATALOGUE, ONE_PAGE, PAGE_3, stream(b"/X Do "), FORM], BLANK),
        ([CATALOGUE, ONE_PAGE, PAGE_3, stream(b"q " * 1_000_000)], BLANK),
        ([CATALOGUE, ONE_PAGE, PAGE_3, stream(flate(b"(a) Tj " * 20_000_000), b"/Filter/FlateDecode")], BROKEN),
        (
            [CATALOGUE, ONE_PAGE, PAGE_3, stream(flate(bytes(200_000_000), 2), b"/Filter[/FlateDecode/FlateDecode]")],
            BROKEN,
        ),
    ],
    ids=["cycle", "tree of cycles", "itself", "nested", "one page often", "form in itself", "states", "bomb", "bomb in bomb"],
)  # fmt: skip
def test_a_pdf_made_to_hang_or_to_burst(tmp_path, objects, said):
    needs("pypdf", "pdf")
    assert wrong(write(tmp_path / "a.pdf", made(*objects))).startswith(said)


def test_a_pdf_that_lies_about_its_sizes(tmp_path):
    needs("pypdf", "pdf")
    path = tmp_path / "a.pdf"
    write(path, made(CATALOGUE, ONE_PAGE, PAGE_3, stream(HI, length=99_999_999_999)))
    assert wrong(path).startswith(BROKEN)
    write(path, made(CATALOGUE, ONE_PAGE.replace(b"1>>", b"999999999>>"), PAGE_3, stream(HI)))
    assert documents.read(str(path)).text == "Hi."


# Word files and archives.


def word(change):
    """Write a Word file whose document.xml a function changed."""
    with zipfile.ZipFile(BytesIO(docx("They paid."))) as plain:
        files = {name: plain.read(name) for name in plain.namelist()}
    files["word/document.xml"] = change(files["word/document.xml"])
    return archive(files)


LAUGHS = b"".join(
    b'<!ENTITY %c "%s">' % (letter + 1, b"&%c;" % letter * 10) for letter in range(97, 106)
)


@pytest.mark.parametrize(
    ("entities", "encoding"),
    [
        (b'<!ENTITY a "They paid.">' + LAUGHS, "utf-8"),
        (b'<!ENTITY j SYSTEM "file:///etc/passwd">', "utf-8"),
        (b'<!ENTITY j SYSTEM "file:///etc/passwd">', "utf-16"),
        (b'<!ENTITY % j SYSTEM "http://127.0.0.1:9/"> %j;', "utf-8"),
    ],
)
def test_a_word_file_with_entities(tmp_path, entities, encoding):
    def change(xml):
        xml = xml.replace(b"<w:document", b"<!DOCTYPE w [%s]><w:document" % entities, 1)
        xml = xml.replace(b"They paid.", b"&j;").decode()
        return re.sub("encoding='UTF-8'", f"encoding='{encoding}'", xml).encode(encoding)

    assert wrong(write(tmp_path / "a.docx", word(change))) == (
        "a Word file with a document type declaration, which Word never writes; save it as docx anew"
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (b"<w:sdt><w:sdtContent>" * 50_000, "Excessive depth"),
        (b'<w:p w:x="' + b"x" * 20_000_000 + b'"/>', "limit exceeded"),
    ],
)
def test_a_word_file_that_is_too_deep_or_has_a_giant_part(tmp_path, before, said):
    raw = word(lambda xml: xml.replace(b"<w:p>", before + b"<w:p>", 1))
    assert re.match(rf"a Word file, but broken \(.*{said}", wrong(write(tmp_path / "a", raw)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux holds a process to its memory")
def test_a_word_file_of_many_elements(tmp_path, monkeypatch):
    monkeypatch.setenv(worker.MEGABYTES, "300")
    raw = word(lambda xml: xml.replace(b"<w:p>", b"<w:p/>" * 4_000_000 + b"<w:p>", 1))
    assert "a Word file that takes more than 300 MB of memory" in wrong(write(tmp_path / "a", raw))
    worker.close()


def test_one_file_in_an_archive_many_times_over(tmp_path):
    """A bomb without nesting: entries of the directory share one piece of the file."""
    raw = bytearray(archive({"word/document.xml": b" " * 30_000_000}))
    at = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = bytes(raw[at:end])
    tail = bytearray(raw[end:])
    tail[8:12] = (2000).to_bytes(2, "little") * 2
    tail[12:16] = (2000 * len(entry)).to_bytes(4, "little")
    said = wrong(write(tmp_path / "a.docx", bytes(raw[:at]) + entry * 2000 + tail))
    assert "unpacks to more than 50 MB of XML" in said or "Overlapped entries" in said


def test_a_gzip_bomb_of_many_members(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "LARGEST", 1_000_000)
    path = write(tmp_path / "a.gz", gzip.compress(b"They paid. " * 10_000) * 10)
    assert wrong(path).startswith("unpacks to more than 1 MB")


# Tables.


def test_a_table_of_a_million_columns(tmp_path):
    path = write(tmp_path / "a.csv", f"text{',' * 1_000_000}\nHi.{',' * 1_000_000}\n")
    assert wrong_table(path) == (
        "1,000,001 columns, where 16,384 is the most that is read; take out what is not needed, "
        "or write JSON lines"
    )
    write(path, ",".join(["text", *map(str, range(16_383))]) + "\nHi." + "," * 16_383)
    assert rows(path)[0].text == "Hi."


def wrong_table(path, column="text"):
    with pytest.raises(DocumentError) as error:
        rows(path, column)
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value).removeprefix(f"{path}: ")


def test_a_name_of_a_column_does_not_fill_the_screen(tmp_path):
    path = write(tmp_path / "a.csv", f"{'x' * 100_000},b\nHi.,Ho.\n")
    assert wrong_table(path) == f"no column 'text'; it has {'x' * 40}, b"


def test_a_huge_line(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "_LONGEST", 1000)
    for line in (
        b'{"text": "' + b"x" * 100_000 + b'"}',
        b"{" * 100_000,
        b'{"a": "' + b"\xff" * 5000,
    ):
        path = write(tmp_path / "a.jsonl", b'{"text": "one"}\n' + line + b'\n{"text": "two"}\n')
        first, bad, last = rows(path)
        assert (first.text, last.text, last.line) == ("one", "two", 3)
        assert str(bad) == f"{path}:2: a line of more than 1,000 bytes; is this JSON lines?"


@pytest.mark.parametrize("depth", [100, 900, *range(950, 1000, 7), 2000, 100_000])
@pytest.mark.parametrize("format", ["jsonl", "json", "csv"])
def test_deeply_nested_json_is_written_again_or_named(tmp_path, depth, format):
    more = '{"a":' * (depth // 2) + "[" * (depth - depth // 2)
    more += "]" * (depth - depth // 2) + "}" * (depth // 2)
    path = write(tmp_path / "a.jsonl", f'{{"text": "Hi.", "more": {more}}}\n{{"text": "Ho."}}\n')
    run = CliRunner().invoke(
        app, ["--text-column", "text", "--format", format, "--quiet", str(path)]
    )
    assert run.exception is None or isinstance(run.exception, SystemExit)
    assert "Ho." in run.stdout
    if run.exit_code:
        assert depth > 900
        assert f"Error: {path}:1: JSON that is too large or too deep to read" in run.stderr
    else:
        assert "Hi." in run.stdout


def test_parquet_with_absurd_metadata(tmp_path):
    pyarrow, parquet = needs("pyarrow", "parquet"), needs("pyarrow.parquet", "parquet")
    path = tmp_path / "a.parquet"
    deep = pyarrow.int32()
    for _ in range(1000):
        deep = pyarrow.list_(deep)
    columns = {"text": pyarrow.array(["Hi."]), "deep": pyarrow.nulls(1, deep)}
    parquet.write_table(pyarrow.table(columns), path, store_schema=False)
    assert wrong_table(path).startswith("damaged Parquet: Parquet schema too deeply nested")
    names = [f"c{number}" for number in range(20_000)]
    parquet.write_table(pyarrow.table({name: ["x"] for name in ["text", *names]}), path)
    assert wrong_table(path).startswith("20,001 columns, where 16,384 is the most")
    parquet.write_table(pyarrow.table({"text": ["Hi."]}), path)
    raw = path.read_bytes()
    for size in (0, 1, 2**31 - 1, 2**32 - 1):  # what the footer says of its own length
        write(path, raw[:-8] + size.to_bytes(4, "little") + b"PAR1")
        assert wrong_table(path).startswith("damaged Parquet: ")


# What is no regular file, and what does not stay as it is.


def test_what_is_no_regular_file(tmp_path):
    pipe, place = tmp_path / "pipe", tmp_path / "socket"
    os.mkfifo(pipe)
    said = "no regular file; to read from it: classify - < "
    assert wrong(pipe) == f"a named pipe, {said}{pipe}"
    assert wrong_table(pipe) == f"a named pipe, {said}{pipe}"
    assert wrong("/dev/zero") == f"a device, {said}/dev/zero"
    here = os.getcwd()
    os.chdir(tmp_path)  # a socket's name has few characters
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(place.name)
        os.chdir(here)
        assert wrong(place).startswith("cannot be read: No such device or address")


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="there is no /dev/fd here")
def test_what_a_shell_puts_in_place_of_a_command(tmp_path):
    inside, outside = os.pipe()
    os.write(outside, b"They paid.")
    os.close(outside)
    assert documents.read(f"/dev/fd/{inside}").text == "They paid."
    os.close(inside)


def test_links_that_run_in_a_circle(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "c").symlink_to(".")
    write(tmp_path / "d.txt", "They paid.")
    status, found, errors = classify("--recursive", tmp_path)
    assert (status, [row["text"] for row in found]) == (1, ["They paid."])
    assert errors == [
        f"Error: {tmp_path / name}: cannot be read: Too many levels of symbolic links"
        for name in "ab"
    ]


def test_a_file_that_vanishes_or_becomes_another(tmp_path, monkeypatch):
    for name in "abcd":
        write(tmp_path / f"{name}.txt", "They paid.")
    files = sorted(map(str, tmp_path.iterdir()))
    taken = []
    read = documents.read

    def meanwhile(name):
        taken.append(name)
        if name in files[1:3]:
            os.remove(name)
        if name == files[2]:
            os.mkfifo(name)
        return read(name)

    monkeypatch.setattr(documents, "read", meanwhile)
    status, found, errors = classify("--recursive", tmp_path)
    assert taken == files
    assert (status, [row["file"] for row in found]) == (1, [files[0], files[3]])
    assert errors[0] == f"Error: {files[1]}: no such file"
    assert errors[1].startswith(f"Error: {files[2]}: a named pipe")


# What a terminal would obey.

SAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
SPELLS = (
    "\x1b[2J \x9b31m \x07 \x08 \r \x85 \u202e \u2066 \u200f \u2028 \ufeff \udc9b \x1b]0;title\x07"
)
hostile_text = st.one_of(
    any_text, st.text(st.sampled_from(SPELLS)), st.text(st.characters(categories=["Cc", "Cf"]))
)


def obeyed(text):
    """List the characters of a text that a terminal might obey."""
    return [char for char in text if char != "\n" and unicodedata.category(char) in SAFE]


@given(hostile_text)
def test_what_is_printable_is_safe(text):
    shown = table.printable(text)
    assert obeyed(shown) == []
    assert "\n" not in shown
    assert table.printable(shown) == shown


@given(hostile_text, hostile_text, hostile_text, st.booleans())
def test_a_table_is_safe_whatever_is_in_it(text, label, file, why):
    passage = Passage(
        text, 0, len(text), label, (label, file), {label: 0.5, file: 0.5}, 1.0,
        term=Term("both", "both", 0.5),
    )  # fmt: skip
    reasons = [{label: [Evidence(text, 0, 1, 0.5)]}] if why else None
    to = StringIO()
    table.write([passage], file, to, reasons)
    assert obeyed(to.getvalue()) == []


@given(hostile_text.filter(lambda text: "\0" not in text))
def test_messages_are_safe_whatever_a_file_is_called(name):
    run = CliRunner().invoke(app, ["--", f"nowhere/{name}"])
    assert run.exit_code == 1
    assert obeyed(run.output) == []
    assert run.stderr.count("\n") == 2  # the error, and the summary
    assert run.stderr.startswith("Error: nowhere/")


@pytest.mark.parametrize("name", ["a\nb", "a\x1b[2Jb", "a\u202eb", b"a\xffb", b"a\x9bb"])
def test_files_of_such_names_are_read(tmp_path, name):
    path = os.path.join(os.fsencode(tmp_path), os.fsencode(name) + b".txt")
    with open(path, "wb") as file:
        file.write(b"They paid.\x1b[2J")
    for format in ("table", "jsonl"):
        run = subprocess.run(
            [sys.executable, "-c", CLASSIFY, path, "--format", format],
            capture_output=True, check=True, timeout=120,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        assert obeyed(run.stderr.decode()) == []
        if format == "table":
            assert obeyed(run.stdout.decode()) == []
        else:
            file = json.loads(run.stdout.splitlines()[0])["file"]
            assert os.fsencode(file) == path


@pytest.mark.parametrize("name", ["--\x1b[2J.txt", "-\u202e.txt", "-\x9b", b"--\xff.txt"])
def test_a_name_that_looks_like_an_option(name):
    run = subprocess.run(
        [sys.executable, "-c", CLASSIFY, name],
        capture_output=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert run.returncode == 2
    assert obeyed(run.stderr.decode()) == []
    assert b"no such option; before a file's name write ./" in run.stderr
