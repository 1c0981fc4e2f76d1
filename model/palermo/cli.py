"""The ``classify`` command: parses, calls, prints."""

import io
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TextIO, cast, get_args

import typer

from palermo.errors import OutputError, PalermoError
from palermo.passages import Lang, Unit

if TYPE_CHECKING:
    from palermo.outputs.finding import Finding
    from palermo.outputs.target import Part

Format = Literal["table", "json", "jsonl", "csv", "html"]

BUFFER: Final = 1 << 16  # bytes of standard output that are written at once

EXAMPLES: Final = """Examples:

One article, sentence by sentence:
  classify raid-on-the-coast.txt

Where reports say trafficking of people who paid smugglers, or the reverse:
  classify reports/ --recursive --only-term-warnings

What judgments say of trafficking, and why, as a page to read and print:
  classify verdicts/*.pdf --only trafficking --explain --output page.html

A table of news alerts, tagged for a spreadsheet, doubtful labels marked:
  classify alerts.csv --text-column body --min-precision 0.9 --output out.csv
"""

app = typer.Typer(pretty_exceptions_enable=False)


def version(context: typer.Context, value: bool) -> None:
    """Print the versions of palermo and of the model that would be used, and leave, if asked to."""
    if value:
        from palermo import __version__, store
        from palermo.outputs.table import printable
        from palermo.predictor import ENVIRONMENT, Predictor

        typer.echo(f"palermo {__version__}")
        given: Path | None = context.params.get("model")
        origin = (
            f"--model {given}"
            if given
            else f"{ENVIRONMENT}={named}"
            if (named := os.environ.get(ENVIRONMENT))
            else "the packaged one"
            if (name := store.in_use()) == store.PACKAGED
            else f"{name}, in use"
        )
        typer.echo(printable(f"model {Predictor.load(given).model} ({origin})"))
        raise typer.Exit


def labels(context: typer.Context, incomplete: str) -> list[str]:
    """Complete a label of the model that would be used."""
    from palermo.predictor import Predictor

    with suppress(PalermoError):  # the command itself says what is wrong
        known = (*Predictor.load(context.params.get("model")).labels, "none")
        return [label for label in known if label.startswith(incomplete)]
    return []


@app.command(no_args_is_help=True, epilog=EXAMPLES)
def classify(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Text, HTML, PDF, docx, or .gz of these; folders with --recursive; patterns; "
            "- is standard input.",
        ),
    ],
    recursive: Annotated[
        bool,
        typer.Option("--recursive", help="Take the files in folders too, but for hidden ones."),
    ] = False,
    unit: Annotated[Unit, typer.Option(help="How long a passage is.")] = "sentence",
    format: Annotated[
        Format | None,
        typer.Option(
            help="By default what the ending of --output says, else a table on a terminal, "
            "JSON lines elsewhere."
        ),
    ] = None,
    target: Annotated[
        Path | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="Write there; what stands there is replaced once all is done.",
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on where the same command was stopped; with --output, as JSON lines or CSV.",
        ),
    ] = False,
    lang: Annotated[
        Lang, typer.Option(help="Language of the files; auto decides for each.")
    ] = "auto",
    text_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="FILE is CSV, TSV, JSON lines or Parquet, and this column holds texts; the "
            "others are carried through as row.",
        ),
    ] = None,
    min_precision: Annotated[
        float | None,
        typer.Option(
            metavar="SHARE",
            help="0 to 1: mark as unsure what is less probable than so many right labels ask for.",
        ),
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Say which words and pairs speak for and against each tag."),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL",
            help="Print only passages that have this tag; may be repeated.",
            autocompletion=labels,
        ),
    ] = None,
    only_term_warnings: Annotated[
        bool,
        typer.Option(
            "--only-term-warnings",
            help="Print only passages that say smuggling or trafficking and describe the other, or "
            "that are about both.",
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            help="No progress and no summary on standard error; errors and notes on files stay.",
        ),
    ] = False,
    model: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            is_eager=True,  # --version looks at it, wherever it stands
            help="Model file; by default the one that PALERMO_MODEL names, else the one in use "
            "(palermo models).",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=version, help="Print the versions of palermo and of the model."
        ),
    ] = False,
) -> None:
    """Tag each passage of FILE as smuggling, trafficking, enforcement, policy or none.

    The labels sort passages for a human reader; they accuse nobody.

    Exit status: 0 done; 1 some file could not be read or was empty; 2 wrong usage; 130 or 143
    stopped by Ctrl-C or SIGTERM.
    """
    if unit == "document" and (explain or min_precision is not None):
        raise typer.BadParameter(
            "documents are judged by their sentences: --explain and --min-precision need "
            "--unit sentence or paragraph",
            param_hint="--unit",
        )
    if min_precision is not None and not 0 <= min_precision <= 1:
        raise typer.BadParameter("it must lie between 0 and 1", param_hint="--min-precision")
    from palermo import __version__
    from palermo.documents import STDIN
    from palermo.inputs import expand
    from palermo.outputs import target as targets
    from palermo.predictor import Predictor
    from palermo.progress import Progress
    from palermo.run import Run
    from palermo.sources import Source, apart, read
    from palermo.stop import Stop, Stopped

    if target is not None:
        format = format or default(target, text_column, sys.stdout)
    resumable = target is not None and format in ("jsonl", "csv") and STDIN not in files
    if resume and not resumable:
        raise typer.BadParameter(
            "it needs --output with JSON lines or CSV, and files: standard input cannot be read "
            "again",
            param_hint="--resume",
        )
    if target is not None:
        targets.check(target, files)
    predictor = Predictor.load(model)
    if odd := [label for label in only or () if label not in (*predictor.labels, "none")]:
        known = ", ".join((*predictor.labels, "none"))
        raise typer.BadParameter(f"{odd[0]!r} is none of {known}", param_hint="--only")
    made = {
        "version of palermo": __version__,
        "model": predictor.model,
        "list of files": digest(files),
        "--recursive": recursive,
        "--unit": unit,
        "--format": format,
        "--lang": lang,
        "--text-column": text_column,
        "--min-precision": min_precision,
        "--explain": explain,
        "--only": only or [],
        "--only-term-warnings": only_term_warnings,
    }
    before = {} if target is None else targets.left(target, made, resume)
    if resume and not before:
        complain(f"Note: {target}: there is nothing to go on with, so all is done from the start")
    run = Run(predictor, before.get("state"), only or (), only_term_warnings)
    sources: deque[Source] = deque()
    progress = Progress(not quiet, tables=text_column is not None)
    names = expand(files, recursive)
    if target is not None:  # may lie in a folder that is read
        names = apart(names, files, target, targets.beside(target), complain)
    reached = progress.reach if progress.shown else None
    texts = read(progress.over(names), text_column, sources, run.tally, complain, reached)
    stop = Stop()
    tagged = stop.over(predictor.tag_all(texts, unit, lang, min_precision))

    def left() -> None:
        if not quiet:
            complain(f"Note: what read standard output has closed it; stopped {run.where}")

    opened = (
        output(left)
        if target is None
        else targets.opened(target, made if resumable else None, before, run.so_far)
    )
    try:
        with stop, progress, opened as out:
            format = format or default(target, text_column, out)
            mark = cast("Part", out).mark if resumable else None
            documents = run.documents(tagged, sources, mark)
            if format == "html":  # counts what is not wanted too, and shows reasons on demand
                from palermo.outputs import report

                pages = ((source.name, passages) for source, passages in documents)
                report.write(
                    pages, run.wanted, run.reasons, predictor.labels, predictor.model, out,
                    text_column is None,
                )  # fmt: skip
            else:
                beside = target is None and sys.stdout is not None and sys.stdout.isatty()
                findings = run.findings(documents, explain, progress.hide if beside else None)
                writer(format, predictor.labels, run.columns)(findings, out)
            out.flush()
            if target is not None and run.tally.nothing:
                complain(f"Error: nothing could be read; {target} is as it was")
                cast("Part", out).drop()
            if not quiet:
                complain(run.summary.line(run.tally))
    except KeyboardInterrupt as error:
        stopped = error if isinstance(error, Stopped) else Stopped(signal.SIGINT)
        rest = "only --output FILE can be resumed" if target is None else targets.kept(target)
        complain(f"Stopped by {stopped} {run.where}; {rest}")
        raise typer.Exit(stopped.status) from None
    raise typer.Exit(1 if run.tally.failed or run.tally.spoilt else 0)


def default(target: Path | None, text_column: str | None, out: TextIO) -> Format:
    """Choose a format where none was asked for; a table would hold a whole file in memory."""
    if target is None:
        return "table" if out.isatty() and text_column is None else "jsonl"
    ending = target.suffix.lower().removeprefix(".")
    return next((format for format in get_args(Format) if format == ending != "table"), "jsonl")


def writer(
    format: Format, labels: Sequence[str], columns: list[str]
) -> Callable[[Iterable["Finding"], TextIO], None]:
    """Give what writes a format; nothing of the others is imported."""
    if format == "table":
        from palermo.outputs import table

        return table.write_all
    if format == "csv":
        from palermo.outputs import sheet

        return partial(sheet.write_all, labels=labels, note=complain, columns=columns)
    from palermo.outputs import jsonl

    return jsonl.write_array if format == "json" else jsonl.write_all


def digest(files: Sequence[str]) -> str:
    """Stand for a list of names, which may be long."""
    import hashlib

    names = "\0".join(files).encode("utf-8", "surrogatepass")
    return f"{len(files):,}, digest {hashlib.sha256(names).hexdigest()[:12]}"


@contextmanager
def output(left: Callable[[], None] | None = None) -> Iterator[TextIO]:
    """Give standard output: the same bytes on every system, one clear line where it fails.

    ``left`` is called where its reader, such as head, has closed it, which is no error.
    """
    if sys.stdout is None:
        raise OutputError("standard output is closed; open it or send it to a file")
    stopped: KeyboardInterrupt | None = None
    try:
        with _stdout() as out:
            try:
                yield out
                out.flush()
            except KeyboardInterrupt as error:
                stopped = error
                raise
    except BrokenPipeError:
        hush()
        if stopped:  # Ctrl-C has ended it too
            raise stopped from None
        if left:
            left()
    except OSError as error:
        hush()
        raise OutputError(f"standard output cannot be written: {error.strerror}") from None


@contextmanager
def _stdout() -> Iterator[TextIO]:
    """Give standard output with a buffer of our own, but for a terminal, which Python knows best.

    Python leaves its own away where PYTHONUNBUFFERED is set, as in many containers, and then
    every line of output is a call of the system.
    """
    odd = "backslashreplace"  # a file name that is no UTF-8 turns into JSON's own escapes
    try:
        number = None if sys.stdout.isatty() else sys.stdout.fileno()
    except io.UnsupportedOperation:  # not one of the system's, as in tests
        number = None
    if number is None:
        sys.stdout.reconfigure(  # type: ignore[union-attr]
            encoding="utf-8", errors=odd, newline="\n"
        )
        yield sys.stdout
    else:
        sys.stdout.flush()
        with open(number, "w", BUFFER, "utf-8", odd, "\n", closefd=False) as out:
            yield out


def hush() -> None:
    """Send what standard output still holds nowhere: Python would try again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(message: str) -> None:
    """Write a message to standard error, safe to show."""
    from palermo.outputs.table import printable

    if sys.stderr is not None:  # not typer.echo, which would write across the progress bar
        with suppress(OSError):  # who reads it has gone away; the exit status still tells
            print(printable(message), file=sys.stderr, flush=True)


def guarded(app: typer.Typer) -> None:
    """Run a command; end palermo's own errors in one line and exit status 1."""
    for option in takewhile(lambda each: each != "--", sys.argv[1:]):
        # Perhaps the name of a file that a shell's * stands for: typer would show it as it is.
        if option.startswith("-") and not option.partition("=")[0].isprintable():
            complain(f"Error: {option}: no such option; before a file's name write ./")
            sys.exit(2)
    try:
        app()
    except PalermoError as error:
        complain(f"Error: {error}")
        sys.exit(1)
    except OSError as error:  # in what typer itself prints, or writes to install completion
        if error.filename is None:
            hush()
        where = error.filename or "standard output"
        complain(f"Error: {where} cannot be written: {error.strerror}")
        sys.exit(1)


def main() -> None:
    """Run ``classify``."""
    guarded(app)
