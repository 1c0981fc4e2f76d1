"""Bytes of a document that is more than plain text -> its text.

A module for each kind, named like the extra that brings its library, with one function
``read``. Only what the document at hand needs is imported.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final, Literal

from palermo.errors import DocumentError

Kind = Literal["docx", "html", "pdf"]
"""What a document is; also the extra that reads it."""

LARGEST: Final = 50_000_000
"""Bytes of markup (a web page, the XML of a docx) or characters of a PDF's text that are read.

A parsed tree takes some ten times as much memory."""

CALLED: Final = {"docx": "a Word file", "html": "a web page", "pdf": "a PDF"}
"""What messages call each kind."""

_MESSAGE: Final = 80  # characters of a library's own message that are shown


class BrokenError(DocumentError):
    """A document over which a library fails in a way that it does not announce."""


def extract(kind: Kind, raw: bytes) -> str:
    """Get the text of a document.

    Parameters
    ----------
    kind : {"docx", "html", "pdf"}
        What it is.
    raw : bytes
        All of it.

    Returns
    -------
    str
        Its text, perhaps empty.

    Raises
    ------
    DocumentError
        If it is broken, encrypted, too large or without text to take out, or if the
        library that reads it is not installed. The message does not name the file.
    MemoryError
        If parsing it takes more than there is; :mod:`palermo.worker` sets a limit.

    Examples
    --------
    >>> extract("html", b"<html><body><p>They paid the coyote.</p></body></html>")
    'They paid the coyote.'
    """
    with _silence():
        try:
            text: str = import_module(f"{__name__}.{kind}").read(raw)
        except (DocumentError, MemoryError):
            raise
        except ImportError as error:
            raise DocumentError(
                f"{CALLED[kind]}; to read it ({error.name or error} is missing): "
                f'pip install "palermo[{kind}]"'
            ) from None
        except Exception as error:  # no list of what a parser meets in foreign bytes is whole
            why = f"{type(error).__name__}: {error}"[:_MESSAGE]
            raise BrokenError(
                f"{CALLED[kind]}, but broken ({why}); get it again, or open it and save it anew"
            ) from None
    return text


@contextmanager
def _silence() -> Iterator[None]:
    """Keep what libraries log and warn of, which names no file, from the terminal."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
