"""Word files -> their text, and the names of other ZIP archives."""

from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

from palermo.errors import DocumentError
from palermo.readers import LARGEST

_MIMETYPES: Final = {
    "application/vnd.oasis.opendocument.text": "an OpenDocument text (odt)",
    "application/vnd.oasis.opendocument.spreadsheet": "an OpenDocument table (ods)",
    "application/vnd.oasis.opendocument.presentation": "an OpenDocument presentation (odp)",
    "application/epub+zip": "an e-book (epub)",
}
_FOLDERS: Final = {"xl/": "an Excel file (xlsx)", "ppt/": "a PowerPoint file (pptx)"}

_FALLBACK: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"


def read(raw: bytes) -> str:
    r"""Get the text of a Word file, insertions that are not yet accepted among it.

    Headers, footers, footnotes, comments and deletions are left out.

    Parameters
    ----------
    raw : bytes
        A ZIP archive.

    Returns
    -------
    str
        Paragraphs in the order in which they begin, those of tables and text boxes too, a
        blank line between.

    Raises
    ------
    DocumentError
        If it is another archive than docx, broken, encrypted, or unpacks to too much.

    Examples
    --------
    >>> from io import BytesIO
    >>> from docx import Document
    >>> document, file = Document(), BytesIO()
    >>> _ = document.add_paragraph("They paid."), document.add_paragraph("He left.")
    >>> document.save(file)
    >>> read(file.getvalue())
    'They paid.\n\nHe left.'
    """
    try:
        with ZipFile(BytesIO(raw)) as archive:
            _check(archive)
            unpacked = _unpacked(archive)
    except BadZipFile as error:
        raise DocumentError(f"a ZIP archive (docx?), but broken ({error}); get it again") from None

    import docx  # after the check: an xlsx is named without it too
    from docx.oxml.ns import qn
    from lxml.etree import iterwalk

    try:
        body = docx.Document(unpacked).element.body
    except ValueError:
        raise DocumentError("a Word file of another kind (docm, dotx); save it as docx") from None
    # What stands elsewhere a second time: text boxes for old programs, what was moved away.
    for twice in list(body.iter(_FALLBACK, qn("w:moveFrom"))):
        twice.getparent().remove(twice)
    # python-docx's own paragraphs leave out insertions, content controls and text boxes.
    paragraph, pieces = qn("w:p"), [""]
    # A text box stands amid the paragraph that it is anchored in, which goes on after it.
    inside: list[tuple[int, list[str]]] = [(0, [])]
    for event, element in iterwalk(body, ("start", "end"), (paragraph, qn("w:r"))):
        if element.tag != paragraph:
            if event == "start":
                inside[-1][1].append(element.text)
        elif event == "start":
            inside.append((len(pieces), []))
            pieces.append("")
        else:
            place, runs = inside.pop()
            pieces[place] = "".join(runs)
    pieces[0] = "".join(inside[0][1])  # runs outside any paragraph, which Word does not write
    return "\n\n".join(pieces).strip()


def _check(archive: ZipFile) -> None:
    """Raise what the archive is if it is no Word file."""
    names = archive.namelist()
    if any(name.startswith("word/") for name in names):
        return
    kind = None
    if "mimetype" in names:
        with archive.open("mimetype") as file:
            kind = _MIMETYPES.get(file.read(100).decode("ascii", "replace").strip())
    for folder, called in _FOLDERS.items():
        if any(name.startswith(folder) for name in names):
            kind = called
    if kind is None:
        raise DocumentError("a ZIP archive, no Word file; unpack it and name the files in it")
    raise DocumentError(f"{kind}, no Word file; save it as docx or text first")


def _unpacked(archive: ZipFile) -> BytesIO:
    """Copy the archive's XML, unpacked, and leave the rest empty.

    Only what is read with a bound is safe: the sizes that an archive states may be lies.
    """
    left, copy = LARGEST, BytesIO()
    with ZipFile(copy, "w", ZIP_STORED) as unpacked:
        for info in archive.infolist():
            if info.flag_bits & 1:
                raise DocumentError("an encrypted ZIP archive; save it without a password")
            if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):  # others know no bound
                raise DocumentError("a ZIP archive that Word did not write; save it as docx anew")
            content = b""
            if info.filename.lower().endswith((".xml", ".rels")):
                with archive.open(info) as file:
                    content = file.read(left + 1)
                if b"<!DOCTYPE" in content.replace(b"\0", b""):  # the NULs are those of UTF-16
                    # Its entities would be left out of the text without a word.
                    raise DocumentError(
                        "a Word file with a document type declaration, which Word never writes; "
                        "save it as docx anew"
                    )
            left -= len(content)
            if left < 0:
                raise DocumentError(
                    f"a Word file that unpacks to more than {LARGEST // 10**6} MB of XML; split it"
                )
            unpacked.writestr(info.filename, content)
    return copy
