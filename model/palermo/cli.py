"""The ``classify`` command: parses, calls, prints."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import typer

from palermo.errors import PalermoError
from palermo.passages import Lang, Unit

Format = Literal["table", "jsonl"]

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

    Exit status: 0 done; 1 some file could not be read or was empty, the others are
    done; 2 wrong usage.
    """
    if format is None:
        format = "table" if sys.stdout.isatty() else "jsonl"
    # The same bytes on every system. A name that is no UTF-8 turns into JSON's own escapes.
    sys.stdout.reconfigure(  # type: ignore[union-attr]
        encoding="utf-8", errors="backslashreplace", newline="\n"
    )
    try:
        failed = run(files, unit, format, lang, model)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has what it wanted. Python must not flush again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        failed = False
    raise typer.Exit(1 if failed else 0)


def run(files: Iterable[str], unit: Unit, format: Format, lang: Lang, model: Path | None) -> bool:
    """Tag files one after the other; say whether any failed."""
    from palermo import documents
    from palermo.outputs import jsonl, table
    from palermo.predictor import Predictor

    predictor = Predictor.load(model)
    failed = False
    for file in files:
        try:
            document = documents.read(file)
        except PalermoError as error:
            failed = True
            complain(f"Error: {error}")
            continue
        if document.encoding == "windows-1252":
            complain(f"Note: {file}: not valid UTF-8, read as Windows-1252")
        passages = predictor.tag(document.text, unit, lang)
        if format == "table":
            table.write(passages, file, sys.stdout)
        else:
            for index, passage in enumerate(passages):
                fields = jsonl.record(passage, file, index, predictor.model)
                sys.stdout.write(jsonl.line(fields))
    return failed


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


def main() -> None:
    """Run ``classify``."""
    guarded(app)
