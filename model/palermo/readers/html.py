"""Web pages -> their main text, without menus and comments."""

import re
from contextlib import suppress
from typing import Final

from lxml.etree import HTMLParser, LxmlError, fromstring
from trafilatura import extract

from palermo.documents import decode
from palermo.errors import DocumentError
from palermo.readers import LARGEST

_HEAD: Final = 4096  # bytes in which a page declares its encoding
_CHARSET = re.compile(rb"<meta[^>]*?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)


def read(raw: bytes) -> str:
    r"""Get the main text of a web page.

    Parameters
    ----------
    raw : bytes
        HTML, in UTF-8, UTF-16 or the encoding that it declares.

    Returns
    -------
    str
        A block (paragraph, heading, list item, row of a table) each between blank lines.

    Raises
    ------
    DocumentError
        If it is too large or too deep, in an unknown encoding, or has no main text.

    Examples
    --------
    >>> read(b"<html><body><p>They paid.</p><p>He left.</p></body></html>")
    'They paid.\n\nHe left.'
    """
    if len(raw) > LARGEST:
        raise DocumentError(f"a web page of more than {LARGEST // 10**6} MB; split it")
    page = _decoded(raw)
    _check(page)
    text = extract(page, include_comments=False)
    if not text:
        raise DocumentError("a web page without a main text; save what you want of it as text")
    return "\n\n".join(text.splitlines())


def _check(page: str) -> None:
    """Refuse a page that the parser gives up: the rest of it would be missing without a word."""
    parser = HTMLParser(encoding="utf-8")
    with suppress(LxmlError):  # nothing in it, which is said below
        fromstring(page.encode("utf-8", "replace"), parser)
    for error in parser.error_log.filter_from_fatals():
        raise DocumentError(
            f"a web page that cannot be parsed to its end ({error.message.partition(',')[0]} in "
            f"line {error.line:,}); save what you want of it as text"
        )


def _decoded(raw: bytes) -> str:
    """Decode as a browser does, but for UTF-8, which proves itself whatever the page declares."""
    declared = _CHARSET.search(raw, 0, _HEAD)
    try:
        text, encoding = decode(raw)
    except DocumentError:
        if declared is None:
            raise
    else:
        if declared is None or encoding != "windows-1252":
            return text
    name = declared[1].decode("ascii", "replace")
    try:
        return raw.decode(name, "replace")
    except (LookupError, UnicodeError):
        raise DocumentError(
            f"a web page in an unknown encoding, {name!r}; save it as UTF-8"
        ) from None
