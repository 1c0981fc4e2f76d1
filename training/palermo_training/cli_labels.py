"""``palermo check``, ``palermo queue`` and training with labels of one's own."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from palermo import store
from palermo.cli import complain, output
from palermo.errors import CorpusError
from palermo.labels import NONE
from palermo.passages import Lang, Unit
from palermo_training import corpus, label_files
from palermo_training.cli_models import note_environment
from palermo_training.label_tasks import Format
from palermo_training.printing import Json, say, to_json

if TYPE_CHECKING:
    from palermo_training.retraining import Labelled

OWN: Final = "Your own labels"
SHOWN: Final = 20  # errors, and warnings, that are shown before training

app = typer.Typer(pretty_exceptions_enable=False)

Kind = Annotated[
    label_files.Kind | None,
    typer.Option("--as", help="What the files are; by default each file's content says it."),
]
Renamed = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="A=B", help="Read label A as B; may be repeated."),
]
New = Annotated[
    list[str] | None,
    typer.Option(
        "--new", metavar="LABEL", help="A label that palermo does not know yet; may be repeated."
    ),
]
Only = Annotated[
    bool,
    typer.Option("--only", help="The files' labels are all there are, the corpus stays out."),
]


@app.command(rich_help_panel=OWN)
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Labelled rows.")],
    kind: Kind = None,
    renamed: Renamed = None,
    new: New = None,
    only: Only = False,
    look: Annotated[
        bool,
        typer.Option(
            "--suspects/--no-suspects",
            help="Train in folds and list labels that may be wrong; takes a minute or two.",
        ),
    ] = True,
    count: Annotated[
        int,
        typer.Option(
            min=1, metavar="N", help="Lines for each sort of finding at most; --json has all."
        ),
    ] = 20,
    as_json: Json = False,
) -> None:
    """Say what is wrong with labelled rows before anything is trained on them.

    Exit status: 0 a model can be trained; 1 something must be mended first, or a file could
    not be read; 2 wrong usage.
    """
    from palermo_training import checks, suspects

    found = labelled(files, kind, renamed, new, only)
    rows, problems, fatal = found.rows, found.problems, found.fatal
    doubted = []
    if look and rows and not fatal:
        every = len(rows) + len(found.shipped)
        complain(f"Training on {every:,} rows in folds; --no-suspects does not.")
        said = suspects.out_of_fold(rows, found.shipped, found.labels)
        doubted = suspects.suspects(rows, said, found.labels)
    elif look and fatal:
        complain("Note: labels that may be wrong are looked for once the errors are mended.")
    if as_json:
        listed = [
            {
                "place": row.place,
                "id": row.id,
                "text": row.text,
                "label": label,
                "given": given,
                "probability": probability,
            }
            for row, label, given, probability in doubted
        ]
        wrong = [problem._asdict() for problem in problems]
        say(to_json({"rows": len(rows), "problems": wrong, "suspects": listed}))
    elif text := checks.table(problems, doubted, count):
        say(text)
    elif rows:
        complain(f"Nothing found in {len(rows):,} rows.")
    raise typer.Exit(1 if fatal else 0)


def labelled(
    files: list[Path],
    kind: label_files.Kind | None,
    renamed: list[str] | None,
    new: list[str] | None,
    only: bool,
) -> "Labelled":
    """Read and check files of labels; say which cannot be read."""
    from palermo_training import retraining

    if only and new:
        raise typer.BadParameter("with --only no label needs it", param_hint="--new")
    if NONE in (new or ()):
        raise typer.BadParameter(f"{NONE!r} means no label at all", param_hint="--new")
    found = retraining.gather(files, kind, names(renamed), new or (), only)
    for message in found.failed:
        complain(f"Error: {message}")
    return found


def names(renamed: list[str] | None) -> dict[str, str]:
    """Read what --map says."""
    if odd := [each for each in renamed or () if not all(each.partition("="))]:
        raise typer.BadParameter(f"{odd[0]!r}: expected A=B", param_hint="--map")
    return {old: name for old, _, name in (each.partition("=") for each in renamed or ())}


@app.command(rich_help_panel=OWN)
def queue(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE...", help="Texts that nobody labelled, as for classify."),
    ],
    count: Annotated[int, typer.Option(min=1, help="How many passages to choose.")] = 50,
    format: Annotated[
        Format | None,
        typer.Option(
            help="What to write tasks for; by default CSV if --output ends so, else palermo's rows."
        ),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--output", metavar="FILE", help="Write there.")
    ] = None,
    labelled: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Rows that have labels: their texts are passed over, as the shipped corpus's "
            "are. May be repeated.",
        ),
    ] = None,
    recursive: Annotated[
        bool,
        typer.Option("--recursive", help="Take the files in folders too, but for hidden ones."),
    ] = False,
    unit: Annotated[Unit, typer.Option(help="How long a passage is.")] = "sentence",
    lang: Annotated[
        Lang, typer.Option(help="Language of the files; auto decides for each.")
    ] = "auto",
    text_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="FILE is CSV, TSV, JSON lines or Parquet, and this column holds texts.",
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Model that is in doubt.")
    ] = None,
) -> None:
    """Choose what to label next: passages that the model is most in doubt of.

    The model's guess goes with each, where a labelling tool shows it.
    """
    from palermo import Predictor
    from palermo.inputs import expand
    from palermo.labels import LABELS
    from palermo.outputs.target import beside, check, opened
    from palermo.sources import Source, apart, read
    from palermo.tally import Tally
    from palermo_training import label_tasks
    from palermo_training.selection import Candidate, select

    if target is not None:
        check(target, [*files, *map(str, labelled or ())])
    predictor = Predictor.load(model)
    tally = Tally()
    done: list[str] = []
    if predictor.labels == LABELS:  # the corpus says nothing of other labels
        done += [row.text for row in (*corpus.seeds(), *corpus.authored())]
    for path in labelled or ():
        try:
            rows, problems = label_files.read(path)
        except CorpusError as error:
            tally.failed += 1
            complain(f"Error: {error}")
            continue
        done += [row.text for row in rows]
        tally.failed += any(problem.fatal for problem in problems)
        for problem in problems:
            complain(f"{'Error' if problem.fatal else 'Note'}: {problem}")
    sources: deque[Source] = deque()
    names = expand(files, recursive)
    if target is not None:  # may lie in a folder that is read
        names = apart(names, files, target, beside(target), complain)
    texts = read(names, text_column, sources, tally, complain)

    def candidates() -> Iterator[Candidate]:
        for passages in predictor.tag_all(texts, unit, lang):
            source = sources.popleft()
            document = f"{source.file}:{source.more['line']}" if source.more else source.file
            for passage in passages:
                yield Candidate(passage, document)

    found = select(candidates(), predictor.cutoffs(0), count, done)
    as_csv = target is not None and target.suffix.lower() == ".csv"
    format = format or ("csv" if as_csv else "palermo")
    with output() if target is None else opened(target) as out:
        label_tasks.write(found.choices, format, predictor.labels, predictor.model, out)
    complain(f"Chosen: {len(found.choices):,}. To label after these: {found.remain:,}.")
    for why, number in found.passed_over.items():
        complain(f"Passed over: {number:,}, {why}.")
    if found.choices:
        for line in label_tasks.setup(format, predictor.labels).splitlines():
            complain(line)
    raise typer.Exit(1 if tally.failed or tally.spoilt else 0)


def retrain(
    labelled: "Labelled", only: bool, name: str | None, force: bool, output: Path | None
) -> None:
    """Train with a user's labels; install what is not worse, or write it where it was asked for."""
    from palermo.artifact import check_target, save
    from palermo_training import checks, comparison, retraining

    if output is not None and name is not None:
        raise typer.BadParameter("a model written to --output gets no name", param_hint="--name")
    for line in checks.table(labelled.problems, [], SHOWN).splitlines():
        complain(line)
    if labelled.fatal:
        raise CorpusError("nothing was trained: mend the errors first; 'palermo check' lists them")
    if output is None:
        store.check(name)
    else:
        check_target(output)
    before = store.in_use()
    shipped = f" and {len(labelled.shipped):,} of the corpus" if labelled.shipped else ""
    complain(
        f"Training on {len(labelled.rows):,} rows of yours{shipped}, "
        f"beside the model in use, {before}."
    )
    artifact, found = retraining.retrain(labelled, before, complain)
    say(comparison.table(found))
    worse = [each.where for each in found if each.what == comparison.MACRO and each.worse]
    if worse and not force:
        raise CorpusError(
            f"not {'written' if output else 'installed'}: on {' and '.join(worse)} the model in "
            f"use, {before}, is better by more than chance explains (the whole interval lies below "
            "zero); 'palermo check' finds labels that may be wrong, --force takes the new model "
            "all the same"
        )
    if output is not None:
        save(artifact, output)
        complain(f"Wrote {output} (digest {artifact.digest[:12]}).")
        return
    figures = retraining.figures(found, only)
    beside = {retraining.LEARNT: retraining.written(labelled.rows)}
    installed = store.install(artifact, figures, name, beside).name
    store.use(installed)
    complain(f"Installed {installed}, now in use; 'palermo models rollback' goes back to {before}.")
    note_environment()
