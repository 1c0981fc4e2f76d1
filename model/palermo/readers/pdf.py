"""PDFs -> the text of their pages."""

from io import BytesIO

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError

from palermo.errors import DocumentError
from palermo.readers import LARGEST


def read(raw: bytes) -> str:
    """Get the text layer of a PDF.

    Parameters
    ----------
    raw : bytes
        A PDF; one that is encrypted but opens without a password is read too.

    Returns
    -------
    str
        Pages in order, a blank line between; lines as they are printed.

    Raises
    ------
    DocumentError
        If it has a password, no page or no text layer, or too much text.

    Examples
    --------
    >>> from io import BytesIO
    >>> from pypdf import PdfWriter
    >>> writer, file = PdfWriter(), BytesIO()
    >>> _ = writer.add_blank_page(100, 100), writer.write(file)
    >>> read(file.getvalue())
    Traceback (most recent call last):
    palermo.errors.DocumentError: a PDF without a text layer, as scanned ones are (pages: 1);
    run OCR first, with ocrmypdf for one
    """
    pages: list[str] = []
    size = 0
    try:
        for page in PdfReader(BytesIO(raw)).pages:
            pages.append(page.extract_text().strip())
            size += len(pages[-1])
            if size > LARGEST:  # many pages may share one stream
                raise DocumentError(
                    f"a PDF of more than {LARGEST // 10**6} million characters; split it"
                )
    except FileNotDecryptedError:
        raise DocumentError("an encrypted PDF; save a copy of it without a password") from None
    if not size:
        raise DocumentError(
            f"a PDF without a text layer, as scanned ones are (pages: {len(pages)}); "
            "run OCR first, with ocrmypdf for one"
            if pages
            else "a PDF without pages; get it again"
        )
    return "\n\n".join(filter(None, pages))
