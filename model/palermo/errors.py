"""Everything that palermo raises on purpose.

PalermoError
├── ArtifactError     a model file that is missing, damaged, foreign or hostile
├── DocumentError     a file whose text cannot be read
├── OutputError       results that cannot be written
└── CorpusError       labelled rows that break the corpus contract

Each message says what was found, what was expected and what to do next. The
command line prints it after ``Error:`` and never shows a traceback for it.
"""


class PalermoError(Exception):
    """Base of every error that palermo raises on purpose.

    Examples
    --------
    >>> try:
    ...     raise CorpusError("rows.jsonl:3: no text")
    ... except PalermoError as error:
    ...     print(error)
    rows.jsonl:3: no text
    """


class ArtifactError(PalermoError):
    """A model file that is missing, damaged, foreign or hostile."""


class DocumentError(PalermoError):
    """A file whose text cannot be read."""


class OutputError(PalermoError):
    """Results that cannot be written."""


class CorpusError(PalermoError):
    """Labelled rows that break the contract of ``data/README.md``."""
