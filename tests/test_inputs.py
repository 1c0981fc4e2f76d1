"""What ``classify`` takes: kinds of documents, folders, patterns, standard input."""

import gzip
import io
import json
import logging
import os
import sys
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from palermo import DocumentError, documents, readers
from palermo.cli import app
from palermo.documents import read
from palermo.inputs import expand

TEXT = "The smugglers charged each migrant 7,000 dollars. El coyote cobró 500 €."


def needs(module, extra):
    """Skip a test where the library of an extra is missing."""
    return pytest.importorskip(module, reason=f"needs the extra {extra}", exc_type=ImportError)


def classify(*arguments, stdin=None):
    """Run the command; give its exit status, the rows it prints and its lines of errors."""
    run = CliRunner().invoke(app, [*map(str, arguments), "--quiet"], input=stdin)
    assert run.exception is None or isinstance(run.exception, SystemExit)
    return run.exit_code, list(map(json.loads, run.stdout.splitlines())), run.stderr.splitlines()


def wrong(path):
    """Give what is said of a file that cannot be read."""
    with pytest.raises(DocumentError) as error:
        read(str(path))
    assert str(error.value).startswith(f"{path}: ")
    return str(error.value).removeprefix(f"{path}: ")


def refused(kind, raw):
    """Give what is said of a document by the code of this process, which a test may change."""
    with pytest.raises(DocumentError) as error:
        readers.extract(kind, raw)
    return str(error.value)


# Documents, made here.

PARAGRAPHS = [
    "The smugglers charged each migrant 7,000 dollars for the walk through the desert, and "
    "left two of them behind on the second night, the prosecutors said on Tuesday.",
    "El coyote cobró 500 € por persona y los dejó en una casa de Reynosa, donde la policía "
    "los encontró tres días después, según el expediente del tribunal federal.",
    "The ministry wants to change the law on asylum before the summer; the opposition calls "
    "the bill a gift to those who make their money at the border and in the harbours.",
]
PAGE = f"""<!DOCTYPE html><html><head><meta charset="{{}}"><title>News</title></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/a">Subscribe now</a></li></ul></nav>
<article><h1>Guides held</h1>{"".join(f"<p>{text}</p>" for text in PARAGRAPHS)}</article>
<footer><a href="/imprint">Imprint and cookies</a></footer></body></html>"""


def pdf(*pages, encrypted=None):
    """Write a PDF by hand; each page shows its lines in a font that every reader has."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>", b""]
    font = (
        b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>>>>>"
    )
    for lines in pages:
        shown = b" ".join(b"(%s) Tj T*" % line.encode("windows-1252") for line in lines)
        content = b"BT /F 12 Tf 14 TL 50 700 Td %s ET" % shown
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources%s/Contents %d 0 R>>"
            % (font, len(objects) + 2)
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    kids = b" ".join(b"%d 0 R" % number for number in range(3, len(objects), 2))
    objects[1] = b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages))
    file, places = io.BytesIO(b"%PDF-1.4\n"), []
    file.seek(0, 2)
    for number, each in enumerate(objects, 1):
        places.append(file.tell())
        file.write(b"%d 0 obj%s endobj\n" % (number, each))
    table = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.writelines(b"%010d 00000 n \n" % place for place in places)
    file.write(
        b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, table)
    )
    if encrypted is None:
        return file.getvalue()
    writer, locked = needs("pypdf", "pdf").PdfWriter(file), io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        writer.encrypt(encrypted, owner_password="owner", algorithm="AES-256")
    writer.write(locked)
    return locked.getvalue()


def docx(*paragraphs, change=None):
    """Write a Word file with a table at its end, its body changed by a function."""
    document, file = needs("docx", "docx").Document(), io.BytesIO()
    for text in paragraphs:
        document.add_paragraph(text)
    document.add_table(1, 2).rows[0].cells[1].text = "in a table"
    if change:
        change(document.element.body)
    document.save(file)
    return file.getvalue()


def archive(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return file.getvalue()


# What is read.

FIRST = "The coyote asked each of the families that were waiting for"  # a full line


@pytest.mark.parametrize("name", ["a.pdf", "a.txt", "a"])  # what it is counts, not its name
def test_a_pdf(tmp_path, name):
    needs("pypdf", "pdf")
    path = tmp_path / name
    path.write_bytes(pdf([FIRST, "500 € each."], [], ["He left."]))
    document = read(str(path))
    assert document.text == f"{FIRST}\n500 € each.\n\nHe left."
    assert document.encoding is None
    status, rows, errors = classify(path)
    assert (status, errors) == (0, [])
    assert [row["text"] for row in rows] == [f"{FIRST}\n500 € each.", "He left."]
    assert all(document.text[row["start"] : row["end"]] == row["text"] for row in rows)


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-15", "utf-16", "windows-1251"])
def test_a_web_page_without_its_menus(tmp_path, charset):
    needs("trafilatura", "html")
    path = tmp_path / "a.dat"
    text = PAGE if charset != "windows-1251" else PAGE.replace("El coyote cobró", "Койот взял")
    path.write_bytes(text.format(charset).encode(charset, "xmlcharrefreplace"))
    found = read(str(path)).text
    assert "Home" not in found
    assert "Subscribe" not in found
    assert "Imprint" not in found
    blocks = found.split("\n\n")
    assert blocks[-3] == PARAGRAPHS[0]
    assert blocks[-2][:13] == ("Койот взял 50" if charset == "windows-1251" else "El coyote cob")
    assert "500 € por" in blocks[-2]


@pytest.mark.parametrize(
    "start", [b"", b"\xef\xbb\xbf", b"\r\n <!-- one --><!-- two -->\n", b"<?xml version='1.0' encoding='utf-8'?>\n"]
)  # fmt: skip
def test_what_may_stand_before_a_web_page(tmp_path, start):
    needs("trafilatura", "html")
    path = tmp_path / "a.html"
    path.write_bytes(start + PAGE.format("utf-8").encode())
    assert read(str(path)).text.endswith("\n\n".join(PARAGRAPHS))


def test_a_page_with_one_spoilt_byte_is_what_it_declares(tmp_path):
    needs("trafilatura", "html")
    path = tmp_path / "a.html"
    path.write_bytes(PAGE.format("utf-8").encode().replace(b"summer", b"summ\xffr"))
    assert "cobró" in read(str(path)).text


@pytest.mark.parametrize(
    "text",
    [
        "<p align=center>A heading of Markdown</p>\n\n# They paid\n",
        "They wrote <html> on the wall.",
        "<!---->" * 500 + "They paid.",  # must not take for ever
        "# Notes\n\nThey paid the coyote.",
    ],
)
def test_text_stays_as_it_is_whatever_its_ending(tmp_path, text):
    for name in ("a.md", "a.html", "a.pdf", "a.docx", "a.txt"):
        path = tmp_path / name
        path.write_text(text)
        assert read(str(path)).text == text


def test_a_word_file(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(docx("The coyote asked 500 €.", "He left."))
    text = read(str(path)).text
    assert text.split("\n\n")[:2] == ["The coyote asked 500 €.", "He left."]
    assert text.endswith("in a table")
    status, rows, _ = classify(path)
    assert (status, rows[0]["text"]) == (0, "The coyote asked 500 €.")


def test_a_word_file_with_changes_boxes_and_controls(tmp_path):
    oxml = needs("docx.oxml", "docx")
    spaces = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    )

    def run(text, tag="t"):
        return f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'

    def change(body):
        box = f"<w:txbxContent><w:p>{run('boxed')}</w:p></w:txbxContent>"
        for position, xml in enumerate((
            f"<w:p {spaces}>{run('He ')}<w:ins>{run('never ')}</w:ins>"
            f"<w:del>{run('always ', 'delText')}</w:del>{run('paid.')}</w:p>",
            f"<w:sdt {spaces}><w:sdtContent><w:p>{run('controlled')}</w:p></w:sdtContent></w:sdt>",
            f"<w:p {spaces}><w:moveFrom>{run('moved')}</w:moveFrom></w:p>",
            f"<w:p {spaces}><w:r><mc:AlternateContent><mc:Choice Requires='wps'>{box}</mc:Choice>"
            f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>",
            f"<w:p {spaces}><w:moveTo>{run('moved')}</w:moveTo></w:p>",
        )):  # fmt: skip
            body.insert(position, oxml.parse_xml(xml))

    path = tmp_path / "a.docx"
    path.write_bytes(docx("End.", change=change))
    assert read(str(path)).text.split() == [
        "He", "never", "paid.", "controlled", "boxed", "moved", "End.", "in", "a", "table",
    ]  # fmt: skip


def test_a_text_box_is_no_part_of_the_paragraph_that_anchors_it(tmp_path):
    oxml = needs("docx.oxml", "docx")
    spaces = (
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
        'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
        'xmlns:v="urn:schemas-microsoft-com:vml"'
    )

    def run(text):
        return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'

    def paragraph(*inside):
        return f"<w:p {spaces}>{''.join(inside)}</w:p>"

    def box(*paragraphs):
        text = f"<w:txbxContent>{''.join(paragraphs)}</w:txbxContent>"
        return (
            f"<w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing>{text}</w:drawing>"
            f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{text}</v:textbox></w:pict>"
            "</mc:Fallback></mc:AlternateContent></w:r>"
        )

    def change(body):
        inner = paragraph(run("In "), box(paragraph(run("a box"))), run("the box."))
        for position, xml in enumerate((
            paragraph(box(paragraph(run("Annual leave form"))), run("They charged 7,000 dollars.")),
            paragraph(run("Police held "), box(paragraph(run("Box two"))), run("two men.")),
            paragraph(run("They "), box(inner, paragraph(run("More."))), run("fled.")),
        )):  # fmt: skip
            body.insert(position, oxml.parse_xml(xml))

    path = tmp_path / "a.docx"
    path.write_bytes(docx("End.", change=change))
    assert read(str(path)).text.split("\n\n")[:9] == [
        "They charged 7,000 dollars.", "Annual leave form",
        "Police held two men.", "Box two",
        "They fled.", "In the box.", "a box", "More.",
        "End.",
    ]  # fmt: skip


def test_packed_documents(tmp_path):
    for name, raw in (("a.txt.gz", TEXT.encode()), ("b.gz", TEXT.encode("windows-1252"))):
        (tmp_path / name).write_bytes(gzip.compress(raw))
        assert read(str(tmp_path / name)).text == TEXT
    assert classify(tmp_path / "b.gz")[2] == [
        f"Note: {tmp_path / 'b.gz'}: not valid UTF-8, read as Windows-1252"
    ]
    needs("pypdf", "pdf")
    (tmp_path / "c.pdf").write_bytes(gzip.compress(pdf(["They paid."])))
    assert read(str(tmp_path / "c.pdf")).text == "They paid."


def test_any_kind_from_standard_input():
    status, rows, _ = classify("-", stdin=gzip.compress(b"They paid the coyote."))
    assert (status, rows[0]["file"], rows[0]["text"]) == (0, "-", "They paid the coyote.")
    needs("pypdf", "pdf")
    assert classify("-", stdin=pdf(["He left."]))[1][0]["text"] == "He left."


def test_a_pdf_that_only_restricts_printing_is_read(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(["They paid."], encrypted=""))
    assert read(str(path)).text == "They paid."


# What is not.


def test_a_pdf_with_a_password(tmp_path):
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(["They paid."], encrypted="secret"))
    assert wrong(path) == "an encrypted PDF; save a copy of it without a password"


def test_pdfs_without_text(tmp_path):
    needs("pypdf", "pdf")
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([], []))
    assert wrong(path) == (
        "a PDF without a text layer, as scanned ones are (pages: 2); run OCR first, with "
        "ocrmypdf for one"
    )
    path.write_bytes(pdf())
    assert wrong(path) == "a PDF without pages; get it again"


def test_a_pdf_that_grows(monkeypatch):
    needs("pypdf", "pdf")
    monkeypatch.setattr("palermo.readers.pdf.LARGEST", 5)
    assert (
        refused("pdf", pdf(["abc"], ["abc"])) == "a PDF of more than 0 million characters; split it"
    )


@pytest.mark.parametrize("cut", [8, 200, 430])
def test_a_broken_pdf(tmp_path, cut):
    needs("pypdf", "pdf")
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf(["They paid."])[:cut])
    assert "a PDF, but broken (" in wrong(path) or "a PDF without" in wrong(path)


@given(st.data())
def test_a_spoilt_document_is_read_or_named(tmp_path_factory, capfd, data):
    needs("trafilatura", "html")
    raw = bytearray(
        data.draw(st.sampled_from([pdf(["They paid."]), docx("They paid."), PAGE.encode()]))
    )
    for at in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=20)):
        raw[at] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("spoilt") / "a"
    path.write_bytes(raw[: data.draw(st.integers(1, len(raw)))])
    try:
        assert read(str(path)).text.strip()
    except DocumentError as error:
        assert str(error).startswith(f"{path}: ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"xl/workbook.xml": "<x/>"}, "an Excel file (xlsx), no Word file; save it as docx or text first"),
        ({"ppt/presentation.xml": "<x/>"}, "a PowerPoint file (pptx), no Word file; save it as docx or text first"),
        (
            {"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"},
            "an OpenDocument text (odt), no Word file; save it as docx or text first",
        ),
        ({"mimetype": "application/epub+zip"}, "an e-book (epub), no Word file; save it as docx or text first"),
        ({"mimetype": "text/x"}, "a ZIP archive, no Word file; unpack it and name the files in it"),
        ({"a.txt": "They paid."}, "a ZIP archive, no Word file; unpack it and name the files in it"),
    ],
)  # fmt: skip
def test_other_archives_are_called_by_their_name(tmp_path, files, message):
    path = tmp_path / "a.docx"
    path.write_bytes(archive(files))
    assert wrong(path) == message


def test_broken_word_files(tmp_path):
    path = tmp_path / "a.docx"
    raw = docx("They paid.")
    path.write_bytes(raw[:-100])
    assert wrong(path) == "a ZIP archive (docx?), but broken (File is not a zip file); get it again"
    path.write_bytes(archive({"word/document.xml": "<x/>"}))
    assert "a Word file, but broken (" in wrong(path)
    spoilt = bytearray(raw)
    at = raw.index(b"word/document.xml") + 40
    spoilt[at : at + 200] = bytes(200)
    path.write_bytes(spoilt)
    assert "broken" in wrong(path)
    path.write_bytes(raw.replace(b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x01\x00\x08\x00"))
    assert wrong(path) == "an encrypted ZIP archive; save it without a password"


def test_a_word_file_with_macros(tmp_path):
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(io.BytesIO(docx("They paid."))) as made:
        files = {name: made.read(name) for name in made.namelist()}
    kind = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    files["[Content_Types].xml"] = files["[Content_Types].xml"].replace(
        kind, b"application/vnd.ms-word.document.macroEnabled.main+xml"
    )
    path.write_bytes(archive(files))
    assert wrong(path) == "a Word file of another kind (docm, dotx); save it as docx"


def test_an_office_document_with_a_password(tmp_path):
    path = tmp_path / "a.docx"
    path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(508) + "EncryptedPackage".encode("utf-16-le"))
    assert wrong(path) == "an encrypted Office document; save a copy of it without a password"


def test_an_empty_word_file_and_an_empty_page(tmp_path):
    needs("trafilatura", "html")
    document, path = needs("docx", "docx").Document(), tmp_path / "a.docx"
    document.save(path)
    assert wrong(path) == "empty, there is no text in it"
    path.write_text("<html><body></body></html>")
    assert wrong(path) == "a web page without a main text; save what you want of it as text"
    path.write_bytes(b"<html><meta charset='klingon'><body>\xe1\x81</body></html>")
    assert wrong(path) == "a web page in an unknown encoding, 'klingon'; save it as UTF-8"


def test_packed_files_that_are_no_document(tmp_path):
    path = tmp_path / "a.gz"
    whole = gzip.compress(os.urandom(2000))
    path.write_bytes(whole[:-100])
    assert wrong(path).startswith("a gzip archive, but broken (")
    path.write_bytes(b"\x1f\x8b\x08 no more")
    assert wrong(path).startswith("a gzip archive, but broken (")
    path.write_bytes(gzip.compress(b""))
    assert wrong(path) == "empty, there is no text in it"
    path.write_bytes(gzip.compress(gzip.compress(b"They paid.")))
    assert wrong(path) == "a gzip archive, not plain text; save it as text first"
    path.write_bytes(gzip.compress(b"a.txt".ljust(257, b"\0") + b"ustar" + bytes(250)))
    assert wrong(path) == "a tar archive; unpack it and name the files in it"


def test_what_is_too_large_is_refused(tmp_path, monkeypatch):
    assert documents.LARGEST == 200_000_000
    bomb, large = tmp_path / "a.gz", tmp_path / "a.txt"
    bomb.write_bytes(gzip.compress(bytes(documents.LARGEST + 1), 1))
    more = "more than 200 MB, the most that is read as one document; split it, or, if it is "
    assert wrong(bomb).startswith(f"unpacks to {more}")
    with large.open("wb") as file:
        file.truncate(documents.LARGEST + 1)
    assert wrong(large).startswith(f"has {more}")


def test_a_word_file_that_is_a_bomb(tmp_path):
    path = tmp_path / "a.docx"
    bomb = bytearray(archive({"word/document.xml": b" " * (4 * readers.LARGEST)}))
    path.write_bytes(bomb)
    large = "a Word file that unpacks to more than 50 MB of XML; split it"
    assert wrong(path) == large
    # One that says of itself, in its directory, that it is small.
    at = bomb.index(b"PK\x01\x02") + 24
    bomb[at : at + 4] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    with pytest.raises(DocumentError, match="broken"):
        readers.extract("docx", bytes(bomb))
    assert tracemalloc.get_traced_memory()[1] < 3 * readers.LARGEST
    tracemalloc.stop()


def test_a_page_too_large(tmp_path):
    needs("trafilatura", "html")
    path = tmp_path / "a.html"
    path.write_bytes(b"<html>".ljust(readers.LARGEST + 1))
    assert wrong(path) == "a web page of more than 50 MB; split it"


@pytest.mark.parametrize(
    ("library", "raw", "extra"),
    [
        ("pypdf", b"%PDF-1.4", "pdf"),
        ("docx", archive({"word/document.xml": "<x/>"}), "docx"),
        ("trafilatura", b"<html>", "html"),
    ],
)
def test_a_missing_library_is_named_with_its_extra(monkeypatch, library, raw, extra):
    for name in list(sys.modules):
        if name.startswith("palermo.readers.") or name.partition(".")[0] == library:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, library, None)
    assert f'pip install "palermo[{extra}]"' in refused(extra, raw)


def test_libraries_say_nothing_and_are_not_silenced_afterwards(monkeypatch, capfd):
    def loud(raw):
        warnings.warn("deprecated", stacklevel=1)
        logging.getLogger("library").error("bad object")
        raise KeyError("/Root")

    monkeypatch.setitem(sys.modules, "palermo.readers.pdf", type(sys)("pdf"))
    sys.modules["palermo.readers.pdf"].read = loud
    assert refused("pdf", b"%PDF-1.4") == (
        "a PDF, but broken (KeyError: '/Root'); get it again, or open it and save it anew"
    )
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("library").isEnabledFor(logging.WARNING)


def test_one_bad_document_never_stops_the_others(tmp_path):
    needs("pypdf", "pdf")
    bad, scanned, good = tmp_path / "a.pdf", tmp_path / "b.pdf", tmp_path / "c.pdf"
    bad.write_bytes(b"%PDF-1.4 no more")
    scanned.write_bytes(pdf([]))
    good.write_bytes(pdf(["They paid."]))
    status, rows, errors = classify(bad, scanned, tmp_path / "*.doc", good)
    assert status == 1
    assert [row["file"] for row in rows] == [str(good)]
    assert [error.split(",")[0] for error in errors] == [
        f"Error: {bad}: a PDF",
        f"Error: {scanned}: a PDF without a text layer",
        f"Error: {tmp_path / '*.doc'}: no file of this name",
    ]


# Folders and patterns.


@pytest.fixture
def folder(tmp_path):
    """Give a folder with files, folders, and what is to be passed over."""
    for name in ("b.txt", "a/z.txt", "a/c/y.txt", "a.md", ".hidden", ".git/x.txt", "a/~$z.docx"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(f"They paid in {name}.")
    return tmp_path


def names(found, folder):
    return [
        str(each).replace(f"{folder}{os.sep}", "").replace(str(folder), ".").replace(os.sep, "/")
        for each in found
    ]


def test_a_folder_needs_recursive(folder):
    status, rows, errors = classify(folder)
    assert (status, rows) == (1, [])
    assert errors == [
        f"Error: {folder}: a folder; add --recursive to take the files in it, or name them, as in {folder / '*.txt'}"
    ]


def test_a_folder_in_sorted_order_without_what_is_hidden(folder):
    assert names(expand([str(folder)], recursive=True), folder) == [
        "a/c/y.txt", "a/z.txt", "a.md", "b.txt",
    ]  # fmt: skip
    status, rows, errors = classify("--recursive", folder / "b.txt", folder / "a")
    assert (status, errors) == (0, [])
    assert names((row["file"] for row in rows), folder) == ["b.txt", "a/c/y.txt", "a/z.txt"]


def test_a_hidden_folder_may_be_named(folder):
    assert names(expand([str(folder / ".git")], recursive=True), folder) == [".git/x.txt"]


def test_links_and_pipes_in_a_folder(folder):
    (folder / "a" / "circle").symlink_to(folder, target_is_directory=True)
    (folder / "a" / "dead").symlink_to(folder / "nowhere")
    (folder / "a" / "file").symlink_to(folder / "b.txt")
    os.mkfifo(folder / "a" / "pipe")
    assert names(expand([str(folder / "a")], recursive=True), folder) == [
        "a/c/y.txt", "a/dead", "a/file", "a/z.txt",
    ]  # fmt: skip
    status, rows, errors = classify("--recursive", folder / "a")
    assert (status, len(rows)) == (1, 3)
    assert errors == [f"Error: {folder / 'a' / 'dead'}: no such file"]


def test_folders_without_files_or_entry(folder, monkeypatch):
    empty = folder / "empty"
    (empty / "deep").mkdir(parents=True)
    (empty / ".hidden").write_text("x")
    status, _, errors = classify("--recursive", empty)
    assert status == 1
    assert errors == [f"Error: {empty}: no files in this folder (hidden ones are passed over)"]

    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "listdir", refuse)  # root may enter any
    assert names(expand([str(empty)], recursive=True), folder) == [
        "empty: the folder cannot be opened: Permission denied"
    ]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.txt", ["b.txt"]),
        ("*", ["a", "a.md", "b.txt"]),  # as from a shell
        ("**/*.txt", ["a/c/y.txt", "a/z.txt", "b.txt"]),
        ("a/**", ["a/c/y.txt", "a/z.txt"]),
        ("a/*", ["a/c", "a/z.txt"]),
        ("?.[tm][xd]*", ["a.md", "b.txt"]),
        ("*.pdf", ["*.pdf: no file of this name, nor any that matches it as a pattern"]),
        ("none.txt", ["none.txt"]),
        ("-", ["-"]),
    ],
)
def test_patterns_that_no_shell_expanded(folder, monkeypatch, pattern, found):
    monkeypatch.chdir(folder)
    assert names(expand([pattern]), folder) == found


def test_a_file_of_that_very_name_wins(folder, monkeypatch):
    monkeypatch.chdir(folder)
    Path("[b].txt").write_text("They paid.")
    assert list(expand(["[b].txt", "b.tx?"])) == ["[b].txt", "b.txt"]
    assert list(expand(["*"], recursive=True)) == [
        "[b].txt", os.path.join("a", "c", "y.txt"), os.path.join("a", "z.txt"), "a.md", "b.txt",
    ]  # fmt: skip


def test_a_zip_that_word_did_not_write(tmp_path):
    needs("docx", "docx")
    path = tmp_path / "a.docx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("[Content_Types].xml", "<x/>")
        made.writestr("word/document.xml", "<x/>")
    assert "a ZIP archive that Word did not write; save it as docx anew" in wrong(path)
