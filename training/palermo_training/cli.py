"""The ``palermo`` command: parses, calls, prints."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from palermo import store, terms
from palermo.cli import complain, guarded, output, version
from palermo.errors import ArtifactError, CorpusError
from palermo.labels import NONE
from palermo.outputs.table import printable
from palermo.predictor import ENVIRONMENT
from palermo_training import corpus, label_files

if TYPE_CHECKING:
    from palermo_training.retraining import Labelled

_CHECKOUT: Final = Path(__file__).parents[2]
SHOWN: Final = 20  # errors, and warnings, that are shown before training

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
models = typer.Typer(pretty_exceptions_enable=False)
app.add_typer(models, name="models")

EVALUATE: Final = """Examples:

The model on passages that your desk has labelled:
  palermo evaluate desk.jsonl

The same by what passages tell, without the words smuggling and trafficking:
  palermo evaluate desk.jsonl --mask

The shipped corpus, each seed article left out of training in turn:
  palermo evaluate
"""

TRAIN: Final = """Examples:

The shipped corpus and what your desk has labelled:
  palermo train --labels desk.jsonl

An export with names of its own, and a label that palermo does not know:
  palermo train --labels export.json --map trata=trafficking --new extortion

Labels of your own alone, for a model in a file:
  palermo train --labels ours.csv --only --output ours.joblib
"""

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
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
Name = Annotated[str, typer.Argument(metavar="NAME", help="As 'palermo models' lists it.")]


@app.callback()
def palermo(
    version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train and measure palermo's models. To tag files, use the command classify."""


@app.command(epilog=TRAIN)
def train(
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Learn these labels as well as the shipped corpus; may be repeated. The model is "
            "compared with the one in use, installed, and brought into use.",
        ),
    ] = None,
    kind: Kind = None,
    renamed: Renamed = None,
    new: New = None,
    only: Only = False,
    name: Annotated[
        str | None, typer.Option(help="What to call the model; by default its date and digest.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Take the model even if it is worse.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the model alone, there. By default it is installed; without --labels, a "
            "checkout's artifacts/ gets the model, evaluation.json and MODEL_CARD.md.",
        ),
    ] = None,
) -> None:
    """Train a model on the shipped corpus and your own labels, or on the corpus alone.

    The same rows give the same bytes.
    """
    if labels:
        _retrain(_labelled(labels, kind, renamed, new, only), only, name, force, output)
        return
    for option, given in (
        ("--as", kind),
        ("--map", renamed),
        ("--new", new),
        ("--only", only),
        ("--name", name),
        ("--force", force),
    ):
        if given:
            raise typer.BadParameter("it goes with --labels", param_hint=option)
    from palermo.artifact import check_target, save
    from palermo_training.card import card
    from palermo_training.held_out import of_corpus
    from palermo_training.train import train as fit

    folder = output or _artifacts("--output")
    check_target(output or folder / "palermo.joblib")
    rows = [*corpus.seeds(), *corpus.authored()]
    complain(f"Training on {len(rows):,} rows.")
    artifact = fit(rows)
    if output is not None:
        save(artifact, output)
    else:
        complain("Evaluating: a model for each article and fold left out; this takes minutes.")
        evaluations = of_corpus(corpus.seeds(), corpus.authored())
        save(artifact, folder / "palermo.joblib")
        figures: dict[str, Any] = {"model": artifact.digest}
        figures |= _plain(evaluations)
        (folder / "evaluation.json").write_text(_json(figures), encoding="utf-8")
        (folder / "MODEL_CARD.md").write_text(card(artifact, evaluations), encoding="utf-8")
    complain(f"Wrote {folder} (digest {artifact.digest[:12]}).")


def _retrain(
    labelled: "Labelled", only: bool, name: str | None, force: bool, output: Path | None
) -> None:
    """Train with a user's labels; install what is not worse, or write it where it was asked for."""
    from palermo.artifact import check_target, save
    from palermo_training import checks, comparison, retraining

    if output is not None and name is not None:
        raise typer.BadParameter("a model written to --output gets no name", param_hint="--name")
    if text := checks.table(labelled.problems, [], SHOWN):
        complain(text)
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
    _say(comparison.table(found))
    worse = [each.where for each in found if each.what == comparison.MACRO and each.worse]
    if worse and not force:
        raise CorpusError(
            f"not installed: on {' and '.join(worse)} the model in use, {before}, is better by "
            "more than chance explains (the whole interval lies below zero); 'palermo check' finds "
            "labels that may be wrong, --force takes the new model all the same"
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


@app.command(epilog=EVALUATE)
def evaluate(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="Labelled rows (JSON lines with text, tags, primary) to score the model on. "
            "Without it: the shipped corpus, each article and fold left out of training in turn.",
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Model to score on FILE.")
    ] = None,
    mask: Annotated[
        bool,
        typer.Option(
            "--mask", help="Take smuggl-, traffick-, trata and tráfico out of FILE's texts first."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Say how right the model is: per label, macro-F1 with an interval, kappa, confusion."""
    from palermo import Predictor
    from palermo_training import card, evaluation, held_out

    if file is None:
        for option, given in (("--model", model), ("--mask", mask)):
            if given:
                raise typer.BadParameter("it goes with a FILE of rows", param_hint=option)
        found = held_out.of_corpus(corpus.seeds(), corpus.authored())
        if as_json:
            _say(_json(_plain(found)))
        else:
            _say(card.figures(found))
    else:
        rows = corpus.read_rows(file)
        predictor = Predictor.load(model)
        what = f"model {predictor.model} on {file.name}"
        if mask:
            rows = [replace(row, text=terms.mask(row.text)) for row in rows]
            what += ", words masked"
        if alone := sum(row.group == row.id for row in rows):
            what += f" ({alone:,} of {len(rows):,} rows without a group, each is its own)"
        result = evaluation.evaluate(rows, held_out.decide(predictor, rows), what, predictor.labels)
        _say(_json(result.as_dict()) if as_json else evaluation.table(result))


@app.command()
def agreement(as_json: Json = False) -> None:
    """Say how far the corpus's readers agreed before anything was settled."""
    from palermo_training import agreement

    found = agreement.agreement(corpus.data("readings"))
    _say(_json(found) if as_json else agreement.table(found))


@app.command(name="corpus")
def show_corpus(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]", help="Labelled rows to hold against the corpus (JSON lines)."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what the shipped corpus holds, how clean and how various it is."""
    from palermo_training import statement

    rows = [*corpus.seeds(), *corpus.authored()]
    found = statement.statement(rows, corpus.read_rows(file) if file else ())
    _say(_json(found) if as_json else statement.table(found))


@app.command()
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

    found = _labelled(files, kind, renamed, new, only)
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
        _say(_json({"rows": len(rows), "problems": wrong, "suspects": listed}))
    elif text := checks.table(problems, doubted, count):
        _say(text)
    elif rows:
        complain(f"Nothing found in {len(rows):,} rows.")
    raise typer.Exit(1 if fatal else 0)


def _labelled(
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
    if odd := [each for each in renamed or () if not all(each.partition("="))]:
        raise typer.BadParameter(f"{odd[0]!r}: expected A=B", param_hint="--map")
    names = {old: name for old, _, name in (each.partition("=") for each in renamed or ())}
    found = retraining.gather(files, kind, names, new or (), only)
    for message in found.failed:
        complain(f"Error: {message}")
    return found


@app.command()
def curve(
    draws: Annotated[int, typer.Option(min=1, help="How often groups are drawn anew.")] = 10,
    jobs: Annotated[int, typer.Option(min=1, help="Processes to use.")] = 1,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where learning_curve.svg and learning_curve.json go. By default a checkout's "
            "artifacts/plots/.",
        ),
    ] = None,
) -> None:
    """Draw the learning curve over the number of groups of written passages."""
    from palermo_training import curve

    folder = output or _artifacts("--output") / "plots"
    points = curve.learning_curve(corpus.authored(), corpus.seeds(), draws, jobs)
    folder.mkdir(parents=True, exist_ok=True)
    curve.plot(points, folder / "learning_curve.svg")
    figures = [asdict(point) for point in points]
    (folder / "learning_curve.json").write_text(_json(figures), encoding="utf-8")
    _say(curve.table(points))


@app.command()
def plots() -> None:
    """Draw what a checkout's artifacts/evaluation.json holds into artifacts/plots/."""
    from palermo_training import plots

    folder = _artifacts("plots")
    (folder / "plots").mkdir(exist_ok=True)
    for path in plots.draw(_read(folder / "evaluation.json"), folder / "plots"):
        complain(f"Wrote {path}.")


@app.command()
def gate(
    pin: Annotated[bool, typer.Option(help="Pin floors to the figures of now.")] = False,
    lower: Annotated[bool, typer.Option(help="Let floors go down where they must.")] = False,
) -> None:
    """Hold artifacts/evaluation.json against the floors in artifacts/gate.json."""
    from palermo_training import gate

    folder = _artifacts("gate")
    figures = gate.measured(_read(folder / "evaluation.json"))
    file = folder / "gate.json"
    if pin:
        rows = [*corpus.seeds(), *corpus.authored()]
        what = {
            "digest": corpus.digest(rows),
            "rows": len(rows),
            "groups": len({row.group for row in rows}),
        }
        pinned = gate.pin(_read(file) if file.exists() else {}, figures, what, lower)
        file.write_text(_json(pinned), encoding="utf-8")
    floors = _read(file)["floors"]
    _say("\n".join(f"{name:<40}{figures[name]:.4f}  floor {floors[name]:.4f}" for name in floors))
    if low := gate.below(_read(file), figures):
        raise CorpusError("; ".join(low))


@app.command()
def search(
    variants: Annotated[
        list[str] | None,
        typer.Argument(metavar="[VARIANT ...]", help="Which to try; all of them by default."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes to use; -1: one a core.")] = -1,
) -> None:
    """Say what each setting of the recipe is worth on rows held out of training."""
    from palermo_training import search

    if odd := [name for name in variants or () if name not in search.VARIANTS]:
        known = ", ".join(map(repr, search.VARIANTS))
        raise typer.BadParameter(f"{odd[0]!r} is none of {known}", param_hint="VARIANT")
    seeds, authored = corpus.seeds(), corpus.authored()
    digest = corpus.digest([*seeds, *authored])[:12]
    complain(f"Trying on {len(seeds) + len(authored):,} rows, data {digest}.")
    _say(search.table(search.search(seeds, authored, jobs, variants or ())))


@models.callback(invoke_without_command=True)
def show_models(context: typer.Context, as_json: Json = False) -> None:
    """List the installed models, choose the one in use, go back to another."""
    if context.invoked_subcommand is None:
        list_models(as_json)
    elif as_json:
        raise typer.BadParameter("it goes behind the command's name", param_hint="--json")


@models.command(name="list")
def list_models(as_json: Json = False) -> None:
    """List the installed models; a * marks the one in use. Exit status 1: some are damaged."""
    wrong: list[ArtifactError] = []
    now = ""
    try:
        now = store.in_use()
        store.load_in_use()
    except ArtifactError as error:
        wrong.append(error)
    found: list[dict[str, Any]] = []
    for name in (store.PACKAGED, *store.names()):
        try:
            about = asdict(store.read(name))
        except ArtifactError as error:
            wrong.append(error)
            about = {"name": name, "error": str(error)}
        found.append({**about, "in_use": name == now})
    if as_json:
        _say(_json(found))
    else:
        _say(_models(found))
    if path := os.environ.get(ENVIRONMENT):
        complain(f"Note: {ENVIRONMENT} names {path}, which goes before the model in use.")
    for each in wrong:
        complain(f"Error: {each}")
    raise typer.Exit(1 if wrong else 0)


@models.command()
def show(name: Name, as_json: Json = False) -> None:
    """Say where a model came from and what was measured of it; NAME may be 'packaged'."""
    found = store.read(name)
    now = store.in_use() == name
    if as_json:
        _say(_json({**asdict(found), "in_use": now}))
    else:
        pairs = _pairs({**asdict(found), "in use": "yes" if now else "no"})
        _say("\n".join(f"{key:<32}  {value}" for key, value in pairs))


@models.command()
def use(name: Name) -> None:
    """Bring a model into use; 'packaged' is the one that came with palermo."""
    store.use(name)
    complain(f"In use: {name}.")


@models.command()
def rollback() -> None:
    """Bring the model into use that was so before."""
    complain(f"In use: {store.rollback()}.")


@models.command()
def remove(name: Name) -> None:
    """Delete an installed model that is not in use."""
    store.remove(name)
    complain(f"Removed: {name}.")


def _models(found: list[dict[str, Any]]) -> str:
    """Lay models out as a table."""
    rows = [("", "name", "installed", "rows", "parent", "palermo")]
    for each in found:
        if "error" in each:
            rest = ("damaged", "", "", "")
        else:
            trained_on = each["counts"].get("rows")
            rest = (
                (each["date"] or "")[:10],
                "" if trained_on is None else f"{trained_on:,}",
                each["parent"] or "",
                each["palermo"],
            )
        rows.append(("*" if each["in_use"] else "", each["name"], *map(printable, rest)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _pairs(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Lay nested values out one a line, safe to show."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _pairs(value, f"{before}{key}.")
        elif value is not None:
            yield printable(f"{before}{key}"), printable(str(value))


def _artifacts(option: str) -> Path:
    """Find the checkout's folder of artifacts; an installed palermo has none to write to."""
    if not (_CHECKOUT / "pyproject.toml").exists():
        raise typer.BadParameter("this palermo is no checkout; say where to", param_hint=option)
    return _CHECKOUT / "artifacts"


def _read(path: Path) -> dict[str, Any]:
    """Read a file of figures."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file; 'palermo train' writes it") from None
    return found


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    """Lay evaluations out for JSON."""
    return {
        name: each.as_dict() if hasattr(each, "as_dict") else each for name, each in found.items()
    }


def _say(text: str) -> None:
    with output() as out:
        out.write(text.rstrip("\n") + "\n")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Run ``palermo``."""
    guarded(app)
