"""Files -> text.

Plain text is decoded here, in the encodings that people's files have; ``readers`` has the
other kinds. What a file is, its first bytes say, not its name.
"""

import codecs
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from palermo.errors import DocumentError

if TYPE_CHECKING:
    from palermo.readers import Kind

STDIN: Final = "-"
"""The name that stands for standard input."""

MOST_ENDS: Final = 5_000_000
"""Ends of lines and sentences that one document may have; a passage takes about a kilobyte."""

# What is no letter, digit, white space inside a line or sign that prose has inside its sentences.
_END = re.compile(r"[^\w \t\xa0,;:'\"()\[\]{}<>\-‐-—/\\|+*=#@&%$€£^~°§·•“”‘’«»]")

TOO_MANY: Final = (
    f"more than {MOST_ENDS:,} ends of lines and sentences, too many for one document; split it"
)
"""What is said of a text that would fall into too many passages."""

BINARY: Final = "binary, not text; give a file of plain text"
"""What is said of a file with control characters that no text has."""

LARGEST: Final = 200_000_000
"""Bytes that a document may have, as it lies there and as a gzip archive unpacks to."""

# UTF-32 first: its little-endian mark begins like that of UTF-16.
_MARKS: Final = {
    "utf-8": codecs.BOM_UTF8,
    "utf-32-le": codecs.BOM_UTF32_LE,
    "utf-32-be": codecs.BOM_UTF32_BE,
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
}
_KINDS: Final = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive (perhaps docx, xlsx or odt)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
    (b"{\\rtf", "an RTF document"),
)
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"  # at both ends: a text too may begin with it, which is a gene's name
_HEAD: Final = 4096  # bytes that show what a document is
# Atomic groups: many comments must not be tried in every way to part them.
_PAGE = re.compile(
    rb"[\xef\xbb\xbf\xff\xfe\s]*(?>(?:<\?.*?\?>|<!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b",
    re.I | re.S,
)
_OPENED: Final = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")  # what a shell makes of <(command)
_LOCKED: Final = "EncryptedPackage".encode("utf-16-le")  # in an Office document with a password
_CONTROLS: Final = bytes({*range(32)} - {*b"\t\n\v\f\r\x1b\x1a"})
_END_OF_FILE: Final = "\x1a"  # Ctrl-Z, by which DOS programs end a text
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
        Its text, line breaks as they stand, without a byte order mark or a Ctrl-Z at the
        end. Offsets of passages count the code points of this.
    encoding : str or None
        How the bytes of plain text were read: ``utf-8``, ``utf-16-le``, ``utf-16-be``,
        ``utf-32-le``, ``utf-32-be`` or ``windows-1252``. None for the other kinds.

    Examples
    --------
    >>> Document("a.txt", "They paid.", "utf-8").text
    'They paid.'
    """

    name: str
    text: str
    encoding: str | None


def read(name: str) -> Document:
    """Read one file, or standard input: text, HTML, PDF, docx, or a gzip archive of one.

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
        encoding, broken, encrypted, larger than :data:`LARGEST`, of too many passages, needs a
        library that is not installed, or holds no text. The message names the file and a way out.

    Examples
    --------
    >>> read("no-such-file.txt")
    Traceback (most recent call last):
    palermo.errors.DocumentError: no-such-file.txt: no such file
    """
    with opened(name) as handle:
        raw = handle.read(LARGEST + 1)
    try:
        text, encoding = _text(raw)
    except DocumentError as error:
        raise DocumentError(f"{name}: {error}") from None
    if not text.strip():
        raise DocumentError(f"{name}: empty, there is no text in it")
    if has_too_many(text):
        raise DocumentError(f"{name}: {TOO_MANY}")
    return Document(name, text, encoding)


def _text(raw: bytes) -> tuple[str, str | None]:
    """Get text and encoding, as in Document, of what a file holds."""
    if len(raw) > LARGEST:
        raise _too_large("has")
    if raw.startswith(_GZIP):
        raw = _unpacked(raw)
    if kind := _kind(raw):
        from palermo.worker import extract

        return extract(kind, raw), None
    return decode(raw)


def _kind(raw: bytes) -> "Kind | None":
    """Tell what a document is by its first bytes; None for what is plain text, if anything."""
    head = raw[:_HEAD]
    if head.lstrip().startswith(b"%PDF-"):
        return "pdf"
    if head.startswith(b"PK\x03\x04"):
        return "docx"  # or another archive, which that reader names
    if _PAGE.match(head.replace(b"\0", b"")):  # the NULs are those of UTF-16
        return "html"
    return None


def _unpacked(raw: bytes) -> bytes:
    import gzip
    import zlib

    try:
        with gzip.open(BytesIO(raw)) as archive:
            content = archive.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DocumentError(f"a gzip archive, but broken ({error}); get it again") from None
    if len(content) > LARGEST:
        raise _too_large("unpacks to")
    if content[257:262] == b"ustar":
        raise DocumentError("a tar archive; unpack it and name the files in it")
    return content


def _too_large(does: str) -> DocumentError:
    return DocumentError(
        f"{does} more than {LARGEST // 10**6} MB, the most that is read as one document; split "
        "it, or, if it is a table of texts, name their column with --text-column"
    )


def has_too_many(text: str) -> bool:
    """Tell whether a text may fall into more passages than memory should be spent on.

    Parameters
    ----------
    text : str
        A document.

    Returns
    -------
    bool
        True beyond :data:`MOST_ENDS`. Ordinary text of 200 MB has fewer, wrapped or not.

    Examples
    --------
    >>> has_too_many("They paid. " * 1000)
    False
    """
    return len(text) > MOST_ENDS and _END.subn("", text)[1] > MOST_ENDS


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
        If it is missing, a folder, a pipe or device by name, closed to us, or breaks while it
        is read.

    Examples
    --------
    >>> with opened("no-such-file.txt"):
    ...     pass
    Traceback (most recent call last):
    palermo.errors.DocumentError: no-such-file.txt: no such file
    """
    if name == STDIN and sys.stdin is None:
        raise DocumentError(f"{name}: standard input is closed")
    try:
        if b"\0" in os.fsencode(name):
            raise DocumentError(f"{name}: cannot be read: a name with a NUL")
    except UnicodeEncodeError:
        raise DocumentError(f"{name}: cannot be read: no file has such a name") from None
    try:
        if name == STDIN:
            yield sys.stdin.buffer
        else:
            with open(name, "rb", opener=_descriptor) as handle:
                yield handle
    except FileNotFoundError:
        raise DocumentError(f"{name}: no such file") from None
    except (IsADirectoryError, PermissionError):  # Windows gives no permission to folders
        if Path(name).is_dir():
            raise DocumentError(
                f"{name}: a folder; add --recursive to take the files in it, or name them, "
                f"as in {Path(name) / '*.txt'}"
            ) from None
        raise DocumentError(f"{name}: no permission to read it") from None
    except OSError as error:
        raise DocumentError(f"{name}: cannot be read: {error.strerror or error}") from None


def _descriptor(name: str, flags: int) -> int:
    """Open a regular file; a named pipe or a device might make us wait, or read, for ever."""
    if name.startswith(_OPENED):
        return os.open(name, flags)
    descriptor = os.open(name, flags | getattr(os, "O_NONBLOCK", 0))  # or a pipe waits here
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode) or stat.S_ISDIR(mode):  # the second is refused by whoever asked
        return descriptor
    os.close(descriptor)
    raise DocumentError(
        f"{name}: {'a named pipe' if stat.S_ISFIFO(mode) else 'a device'}, no regular file; to "
        f"read from it: classify - < {name}"
    )


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
        Without a byte order mark, or the Ctrl-Z that old programs end a file with.
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
    if raw.startswith(_PARQUET) and raw.endswith(_PARQUET):
        raise DocumentError(
            "a Parquet file, not plain text; name the column of its texts with --text-column"
        )
    if encoding := marked(raw):
        return _decode(raw.removeprefix(_MARKS[encoding]), encoding), encoding
    if has_controls(raw):
        raise DocumentError(BINARY)
    try:
        return raw.decode("utf-8").rstrip(_END_OF_FILE), "utf-8"
    except UnicodeDecodeError as broken:
        # A file that is UTF-8 but for its cut or spoilt end is no other encoding.
        if broken.start and len(raw[: broken.start].decode()) < broken.start:
            raise DocumentError(
                f"UTF-8 that breaks off at byte {broken.start:,}; get the file again or mend it"
            ) from None
    return western(raw).rstrip(_END_OF_FILE), "windows-1252"


def marked(raw: bytes) -> str | None:
    r"""Name the encoding that a mark shows, or of UTF-16 the NULs beside its ASCII letters.

    Parameters
    ----------
    raw : bytes
        A file, or how it begins.

    Returns
    -------
    str or None
        As in :class:`Document`; None if nothing shows one.

    Raises
    ------
    DocumentError
        If it begins as a PDF, an archive or another known kind that is no plain text.

    Examples
    --------
    >>> marked("Tráfico".encode("utf-16-le")), marked(b"Tr\xe1fico")
    ('utf-16-le', None)
    """
    for start, kind in _KINDS:
        if raw.startswith(start):
            if _LOCKED in raw:
                raise DocumentError(
                    "an encrypted Office document; save a copy of it without a password"
                )
            raise DocumentError(f"{kind}, not plain text; save it as text first")
    for encoding, mark in _MARKS.items():
        if raw.startswith(mark):
            return encoding
    return _guess_utf16(raw) if b"\0" in raw else None


def has_controls(raw: bytes) -> bool:
    r"""Tell whether bytes of no wide encoding have control characters, as binary data does.

    Parameters
    ----------
    raw : bytes
        A file, or how it begins.

    Returns
    -------
    bool
        White space, Escape and the old end of a file (0x1A) do not count.

    Examples
    --------
    >>> has_controls(b"They\tpaid.\r\n"), has_controls(b"They \x02 paid.")
    (False, True)
    """
    return len(raw.translate(None, _CONTROLS)) < len(raw)


def western(raw: bytes) -> str:
    r"""Decode Windows-1252, if it looks like European text.

    Parameters
    ----------
    raw : bytes
        What is no UTF-8.

    Returns
    -------
    str

    Raises
    ------
    DocumentError
        If it has bytes that Windows-1252 has not, or far more beyond ASCII than Western European
        languages; it is called binary if it has control characters too.

    Examples
    --------
    >>> western(b"Tr\xe1fico \x96 trata")
    'Tráfico – trata'
    """
    try:
        text = raw.decode("windows-1252")
    except UnicodeDecodeError as error:
        raise _unknown(raw, f"byte 0x{raw[error.start]:02x} at {error.start:,}") from None
    accents = len(text) - len(text.encode("ascii", "ignore"))
    if accents > _FEW and accents > _MOST_ACCENTS * len(text):
        raise _unknown(raw, "too many bytes beyond ASCII for Western European text")
    return text


def _unknown(raw: bytes, why: str) -> DocumentError:
    return DocumentError(
        BINARY
        if has_controls(raw)
        else f"neither UTF-8, UTF-16 nor Windows-1252 ({why}); save it as UTF-8 and try again"
    )


def _decode(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding).rstrip(_END_OF_FILE)
    except UnicodeDecodeError as error:
        raise DocumentError(
            f"marked as {encoding.upper()}, and broken at byte {error.start:,}; "
            "get the file again or save it as UTF-8"
        ) from None


def _guess_utf16(raw: bytes) -> str | None:
    """Tell UTF-16 without a mark, which has a NUL beside every ASCII letter, from other data."""
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    most = len(raw) // 2
    if len(raw) % 2 == 0 and odd > most / 2 and even * 10 < odd:
        return "utf-16-le"
    if len(raw) % 2 == 0 and even > most / 2 and odd * 10 < even:
        return "utf-16-be"
    return None
