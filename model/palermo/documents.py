"""Files -> text. So far plain text, in the encodings that people's files have."""

import codecs
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from palermo.errors import DocumentError

STDIN: Final = "-"
"""The name that stands for standard input."""

# UTF-32 first: its little-endian mark begins like that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS: Final = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive (perhaps docx, xlsx or odt)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
)
_CONTROLS: Final = frozenset(range(32)) - frozenset(b"\t\n\v\f\r\x1b\x1a")
_FEW: Final = 20  # characters beyond ASCII that prove nothing
_MOST_ACCENTS: Final = 0.25  # share of characters beyond ASCII; European text has below 0.1


@dataclass(frozen=True)
class Document:
    """The text of one file.

    Attributes
    ----------
    name : str
        The file as the user named it, or ``-``.
    text : str
        Its text, line breaks as they stand, without a byte order mark. Offsets of
        passages count the code points of this.
    encoding : str
        How its bytes were read: ``utf-8``, ``utf-16-le``, ``utf-16-be``,
        ``utf-32-le``, ``utf-32-be`` or ``windows-1252``.

    Examples
    --------
    >>> Document("a.txt", "They paid.", "utf-8").text
    'They paid.'
    """

    name: str
    text: str
    encoding: str


def read(name: str) -> Document:
    """Read one file, or standard input.

    Parameters
    ----------
    name : str
        A path, or ``-``.

    Returns
    -------
    Document
        With text that is more than white space.

    Raises
    ------
    DocumentError
        If the file is missing, a folder, closed to us, binary, in an unknown
        encoding, or holds no text. The message names the file and a way out.

    Examples
    --------
    >>> read("no-such-file.txt")
    Traceback (most recent call last):
    palermo.errors.DocumentError: no-such-file.txt: no such file
    """
    with opened(name) as handle:
        raw = handle.read()
    try:
        text, encoding = decode(raw)
    except DocumentError as error:
        raise DocumentError(f"{name}: {error}") from None
    if not text.strip():
        raise DocumentError(f"{name}: empty, there is no text in it")
    return Document(name, text, encoding)


@contextmanager
def opened(name: str) -> Iterator[BinaryIO]:
    """Open a file, or standard input, for reading bytes; say plainly what is in the way.

    Parameters
    ----------
    name : str
        A path, or ``-``.

    Yields
    ------
    binary file
        What goes wrong with reading it is raised as DocumentError too.

    Raises
    ------
    DocumentError
        If it is missing, a folder, closed to us, or breaks while it is read.

    Examples
    --------
    >>> with opened("no-such-file.txt"):
    ...     pass
    Traceback (most recent call last):
    palermo.errors.DocumentError: no-such-file.txt: no such file
    """
    if name == STDIN and sys.stdin is None:
        raise DocumentError(f"{name}: standard input is closed")
    if "\0" in name:
        raise DocumentError(f"{name}: cannot be read: a name with a NUL")
    try:
        if name == STDIN:
            yield sys.stdin.buffer
        else:
            with open(name, "rb") as handle:
                yield handle
    except FileNotFoundError:
        raise DocumentError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise DocumentError(
            f"{name}: a folder; name the files in it, as in {Path(name) / '*.txt'}"
        ) from None
    except PermissionError:
        raise DocumentError(f"{name}: no permission to read it") from None
    except OSError as error:
        raise DocumentError(f"{name}: cannot be read: {error}") from None


def decode(raw: bytes) -> tuple[str, str]:
    r"""Turn the bytes of a text file into text.

    UTF-8 and UTF-16 are recognised by their mark or by being valid; bytes that are
    neither are Windows-1252 if they look like European text.

    Parameters
    ----------
    raw : bytes
        A whole file.

    Returns
    -------
    text : str
        Without a byte order mark.
    encoding : str
        As in :class:`Document`.

    Raises
    ------
    DocumentError
        If it is no text, or in none of these encodings.

    Examples
    --------
    >>> decode(b"Tr\xe1fico \x96 trata")
    ('Tráfico – trata', 'windows-1252')
    """
    for start, kind in _KINDS:
        if raw.startswith(start):
            raise DocumentError(f"{kind}, not plain text; save it as text first")
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _decode(raw[len(mark) :], encoding), encoding
    if b"\0" in raw:
        encoding = _guess_utf16(raw)
        return _decode(raw, encoding), encoding
    if _CONTROLS.intersection(raw):
        raise DocumentError("binary, not text; give a file of plain text")
    try:
        return raw.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as broken:
        # A file that is UTF-8 but for its cut or spoilt end is no other encoding.
        if broken.start and len(raw[: broken.start].decode()) < broken.start:
            raise DocumentError(
                f"UTF-8 that breaks off at byte {broken.start:,}; get the file again or mend it"
            ) from None
    try:
        text = raw.decode("windows-1252")
    except UnicodeDecodeError as error:
        raise _unknown(f"byte 0x{raw[error.start]:02x} at {error.start:,}") from None
    accents = sum(char > "\x7f" for char in text)
    if accents > _FEW and accents > _MOST_ACCENTS * len(text):
        raise _unknown("too many bytes beyond ASCII for Western European text")
    return text, "windows-1252"


def _unknown(why: str) -> DocumentError:
    return DocumentError(
        f"neither UTF-8, UTF-16 nor Windows-1252 ({why}); save it as UTF-8 and try again"
    )


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"marked as {encoding.upper()}, and broken at byte {error.start:,}; "
            "get the file again or save it as UTF-8"
        ) from None


def _guess_utf16(raw: bytes) -> str:
    """Tell UTF-16 without a mark, which has a NUL beside every ASCII letter, from binary data."""
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    most = len(raw) // 2
    if len(raw) % 2 == 0 and odd > most / 2 and even * 10 < odd:
        return "utf-16-le"
    if len(raw) % 2 == 0 and even > most / 2 and odd * 10 < even:
        return "utf-16-be"
    raise DocumentError("binary, not text; give a file of plain text")
