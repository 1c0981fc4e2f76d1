import io
import json
import os
import re
import sys

import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo import DocumentError, documents, records
from palermo.documents import decode, read
from palermo.passages import split

TEXT = "El «coyote» cobró 7.000 € por persona – señalaron los fiscales.\r\nThe “guide” fled.\n"


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16-le"),  # with its mark
        (TEXT.encode("utf-16-le"), "utf-16-le"),  # without
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32-le"),
        (b"\0\0\xfe\xff" + TEXT.encode("utf-32-be"), "utf-32-be"),
        (TEXT.encode("windows-1252"), "windows-1252"),
    ],
)
def test_each_encoding_is_read_right(raw, encoding):
    assert decode(raw) == (TEXT, encoding)


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_any_utf8_is_read_right(text):
    if not text.startswith(("%PDF-", "{\\rtf", "\ufeff")):
        assert decode(text.encode()) == (text, "utf-8")


@given(st.binary())
def test_any_bytes_are_text_or_named(raw):
    try:
        text, _ = decode(raw)
    except DocumentError as error:
        assert str(error)
    else:
        assert isinstance(text, str)


@pytest.mark.parametrize(
    ("raw", "match"),
    [
        (b"%PDF-1.7\n%...", "a PDF, not plain text; save it as text first"),
        (b"PK\x03\x04\x14\x00", r"a ZIP archive \(perhaps docx"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"\xd0\xcf\x11\xe0\xa1", "an old Office document"),
        (rb"{\rtf1\ansi", "an RTF document"),
        (
            b"PAR1\x15\x04\x00PAR1",
            "a Parquet file, not plain text; name the column of its texts with --text-column",
        ),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", "binary, not text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary, not text"),
        (b"some\x00thing", "binary, not text"),
        (b"bell\x07", "binary, not text"),
        (
            "Переправщик взял деньги".encode("cp1251"),
            "neither UTF-8, UTF-16 nor Windows-1252 .too many bytes",
        ),
        (b"plain \x81 text", "byte 0x81 at 6.; save it as UTF-8"),
        ("El señor cobró la mitad.".encode() + b"\xc3", "UTF-8 that breaks off at byte 26"),
        (TEXT.encode("utf-16")[:-1], "marked as UTF-16-LE, and broken at byte"),
        (b"\xff\xfe\x00\xd8a\x00", "marked as UTF-16-LE, and broken at byte 0"),
    ],
)
def test_what_is_no_text_is_named(raw, match):
    with pytest.raises(DocumentError, match=match):
        decode(raw)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "windows-1252"])
@pytest.mark.parametrize("times", [1, 100])  # CP/M filled the last block with it
def test_a_ctrl_z_at_the_end_is_no_text(tmp_path, encoding, times):
    path, end = tmp_path / "dos.txt", "\x1a" * times
    path.write_bytes((TEXT + end).encode(encoding))
    assert read(str(path)).text == TEXT
    within = f"One.{end}\r\n{TEXT}{end}\r\n"
    path.write_bytes(within.encode(encoding))
    assert read(str(path)).text == within


def test_bytes_of_utf_16_that_look_like_a_ctrl_z_stay():
    text = "He said: ‚"  # U+201A
    assert decode(text.encode("utf-16-be")) == (text, "utf-16-be")


def test_a_text_may_begin_as_parquet_does():
    assert decode(b"PAR1 is a gene.") == ("PAR1 is a gene.", "utf-8")


def test_a_short_text_may_be_full_of_accents():
    assert decode("¡Sí! ¿Qué?".encode("windows-1252")) == ("¡Sí! ¿Qué?", "windows-1252")


def test_line_breaks_stay_as_they_are(tmp_path):
    path = tmp_path / "lines.txt"
    path.write_bytes(b"one\r\ntwo\rthree\n")
    assert read(str(path)).text == "one\r\ntwo\rthree\n"


@pytest.mark.parametrize(
    "content", [b"", b" \n\t\r\n", b"\r\n\x1a", b"\xef\xbb\xbf", "\u00a0\u3000".encode()]
)
def test_an_empty_file_is_named(tmp_path, content):
    path = tmp_path / "empty.txt"
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=r"empty\.txt: empty, there is no text in it"):
        read(str(path))


def test_a_missing_file_is_named():
    with pytest.raises(DocumentError, match=r"^nowhere/none\.txt: no such file$"):
        read("nowhere/none.txt")


def test_a_folder_is_named_with_a_way_out(tmp_path):
    with pytest.raises(DocumentError, match=r"a folder; add --recursive .* as in .*/\*\.txt"):
        read(str(tmp_path))


def test_a_name_that_no_system_allows():
    with pytest.raises(DocumentError, match="cannot be read"):
        read("a\0b")


def test_a_text_of_too_many_passages_is_refused(tmp_path):
    path = tmp_path / "crumbs.txt"
    path.write_text("a.\n" * 2_600_000)
    said = r"more than 5,000,000 ends of lines and sentences, too many for one document; split it"
    with pytest.raises(DocumentError, match=rf"crumbs\.txt: {said}"):
        read(str(path))
    path.write_text(json.dumps({"text": "a.\n" * 2_600_000}) + "\n")
    (row,) = records.read(str(path), "text")
    assert re.search(rf"column 'text' has {said}", str(row))
    path.write_text("The ferry left at nine, and nobody paid. " * 200_000)
    assert len(read(str(path)).text) > documents.MOST_ENDS


@given(any_text)
def test_a_text_has_no_more_passages_than_ends(text):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "MOST_ENDS", 2)
        assert documents.has_too_many(text) or len(text) <= 2 or len(split(text)) <= 3


def test_a_closed_file_is_named(tmp_path, monkeypatch):
    path = tmp_path / "closed.txt"
    path.write_text("secret")
    if os.geteuid() == 0:  # root may read anything, so the refusal has to be made up

        def refuse(name, mode, opener):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(documents, "open", refuse, raising=False)
    else:
        path.chmod(0)
    with pytest.raises(DocumentError, match=r"closed\.txt: no permission to read it"):
        read(str(path))


def test_a_disk_that_fails_is_named(tmp_path, monkeypatch):
    def fail(name, mode, opener):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(documents, "open", fail, raising=False)
    with pytest.raises(DocumentError, match=r"cannot be read: .*Input/output error"):
        read(str(tmp_path / "any.txt"))


def test_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode("windows-1252"))))
    document = read("-")
    assert (document.name, document.text, document.encoding) == ("-", TEXT, "windows-1252")
