"""The ``classify`` command: parses, calls, prints."""

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Final, Literal, NamedTuple, TextIO

import typer

from palermo.errors import OutputError, PalermoError
from palermo.passages import Lang, Unit

Format = Literal["table", "jsonl"]

SHOWN: Final = 20  # lines of one file that are named when they cannot be read

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def version(value: bool) -> None:
    """Print palermo's version and leave, if asked to."""
    if value:
        from palermo import __version__

        typer.echo(f"palermo {__version__}")
        raise typer.Exit


@app.command(no_args_is_help=True)
def classify(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Text files; - is standard input.")
    ],
    unit: Annotated[Unit, typer.Option(help="How long a passage is.")] = "sentence",
    format: Annotated[
        Format | None,
        typer.Option(help="By default a table on a terminal, JSON lines elsewhere."),
    ] = None,
    lang: Annotated[
        Lang, typer.Option(help="Language of the files; auto decides for each.")
    ] = "auto",
    text_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="FILE is JSON lines, and this field of each holds a text; the others are "
            "carried through as row.",
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="Model file; by default the one that PALERMO_MODEL names, else the packaged one.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Tag each passage of FILE as smuggling, trafficking, enforcement, policy or none.

    The labels sort passages for a human reader; they accuse nobody.

    Exit status: 0 done; 1 some file could not be read or was empty; 2 wrong usage.
    """
    failed: list[str] = []
    with output() as out:
        if format is None:
            format = "table" if out.isatty() else "jsonl"
        run(files, unit, format, lang, text_column, model, out, failed)
    raise typer.Exit(1 if failed else 0)


def run(
    files: Iterable[str],
    unit: Unit,
    format: Format,
    lang: Lang,
    text_column: str | None,
    model: Path | None,
    out: TextIO,
    failed: list[str],
) -> None:
    """Tag files one after the other; list those that failed."""
    from palermo.outputs import jsonl, table
    from palermo.predictor import Predictor

    predictor = Predictor.load(model)
    sources: deque[Source] = deque()
    name = predictor.model
    texts = read(files, text_column, sources, failed)
    tagged = ((sources.popleft(), found) for found in predictor.tag_all(texts, unit, lang))
    if format == "table":
        for _, group in groupby(tagged, lambda each: each[0].number):
            parts = list(group)
            table.write([one for _, found in parts for one in found], parts[0][0].file, out)
        return
    for source, found in tagged:
        for index, passage in enumerate(found):
            out.write(jsonl.line(jsonl.record(passage, source.file, index, name) | source.more))


class Source(NamedTuple):
    """Where a text came from: its file, that file's number, and what its line held beside it."""

    file: str
    number: int
    more: dict[str, Any]


def read(
    files: Iterable[str], text_column: str | None, sources: deque[Source], failed: list[str]
) -> Iterator[str]:
    """Yield the texts of files; append the source of each, and name what cannot be read."""
    from palermo import documents, records

    for number, file in enumerate(files):
        spoilt = 0
        try:
            if text_column is None:
                document = documents.read(file)
                if document.encoding == "windows-1252":
                    complain(f"Note: {file}: not valid UTF-8, read as Windows-1252")
                sources.append(Source(file, number, {}))
                yield document.text
                continue
            for record in records.read(file, text_column):
                if isinstance(record, PalermoError):
                    spoilt += 1
                    if spoilt <= SHOWN:
                        complain(f"Error: {record}")
                    continue
                sources.append(Source(file, number, {"line": record.line, "row": record.row}))
                yield record.text
        except PalermoError as error:
            failed.append(file)
            complain(f"Error: {error}")
        if spoilt:
            failed.append(file)
            complain(f"Note: {file}: {spoilt:,} of its lines could not be read")


@contextmanager
def output() -> Iterator[TextIO]:
    """Give standard output: the same bytes on every system, one clear line where it fails."""
    if sys.stdout is None:
        raise OutputError("standard output is closed; open it or send it to a file")
    # A file name that is no UTF-8 turns into JSON's own escapes.
    sys.stdout.reconfigure(  # type: ignore[union-attr]
        encoding="utf-8", errors="backslashreplace", newline="\n"
    )
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        hush()  # the reader, such as head, has what it wanted
    except OSError as error:
        hush()
        raise OutputError(f"standard output cannot be written: {error.strerror}") from None


def hush() -> None:
    """Send what standard output still holds nowhere: Python would try again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: str) -> None:
    """Write a message to standard error, safe to show."""
    from palermo.outputs.table import printable

    typer.echo(printable(message), err=True)


def guarded(app: typer.Typer) -> None:
    """Run a command; end palermo's own errors in one line and exit status 1."""
    try:
        app()
    except PalermoError as error:
        complain(f"Error: {error}")
        sys.exit(1)
    except OSError as error:  # in what typer itself prints
        hush()
        complain(f"Error: standard output cannot be written: {error.strerror}")
        sys.exit(1)


def main() -> None:
    """Run ``classify``."""
    guarded(app)
