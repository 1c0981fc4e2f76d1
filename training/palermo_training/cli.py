"""The ``palermo`` command: parses, calls, prints."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from palermo import terms
from palermo.cli import complain, guarded, version
from palermo.errors import CorpusError
from palermo.outputs.table import printable
from palermo_training import cli_labels, corpus, label_files
from palermo_training.cli_labels import OWN, Kind, New, Only, Renamed
from palermo_training.cli_models import models
from palermo_training.corpus import Row
from palermo_training.printing import Json, say, to_json

SHIPPED: Final = "What palermo ships"

_CHECKOUT: Final = Path(__file__).parents[2]

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.add_typer(cli_labels.app)
app.add_typer(models, name="models", rich_help_panel=OWN)

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


@app.callback()
def palermo(
    version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train and measure palermo's models. To tag files, use the command classify."""


@app.command(epilog=TRAIN, rich_help_panel=OWN)
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
        given = cli_labels.labelled(labels, kind, renamed, new, only)
        cli_labels.retrain(given, only, name, force, output)
        return
    for option, value in (
        ("--as", kind),
        ("--map", renamed),
        ("--new", new),
        ("--only", only),
        ("--name", name),
        ("--force", force),
    ):
        if value:
            raise typer.BadParameter("it goes with --labels", param_hint=option)
    from palermo.artifact import check_target, save
    from palermo_training.card import card
    from palermo_training.fitting import train as fit
    from palermo_training.held_out import of_corpus

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
        (folder / "evaluation.json").write_text(to_json(figures), encoding="utf-8")
        (folder / "MODEL_CARD.md").write_text(card(artifact, evaluations), encoding="utf-8")
    complain(f"Wrote {folder} (digest {artifact.digest[:12]}).")


@app.command(epilog=EVALUATE, rich_help_panel=OWN)
def evaluate(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="Labelled rows to score the model on, in palermo's form or as another tool "
            "exports them. Without it: the shipped corpus, each article and fold left out of "
            "training in turn.",
        ),
    ] = None,
    kind: Kind = None,
    renamed: Renamed = None,
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
        for option, given in (
            ("--model", model),
            ("--mask", mask),
            ("--as", kind),
            ("--map", renamed),
        ):
            if given:
                raise typer.BadParameter("it goes with a FILE of rows", param_hint=option)
        found = held_out.of_corpus(corpus.seeds(), corpus.authored())
        if as_json:
            say(to_json(_plain(found)))
        else:
            say(card.figures(found))
    else:
        rows, problems = label_files.read(file, kind, cli_labels.names(renamed))
        for problem in problems:
            complain(f"{'Error' if problem.fatal else 'Note'}: {problem}")
        if not rows or any(problem.fatal for problem in problems):
            raise CorpusError(f"{file}: nothing was scored: mend the errors first")
        predictor = Predictor.load(model)
        rows = _judged(rows, predictor.labels)
        what = printable(f"model {predictor.model} on {file.name}")
        if mask:
            rows = [replace(row, text=terms.mask(row.text)) for row in rows]
            what += ", words masked"
        if alone := sum(row.group == row.id for row in rows):
            what += f" ({alone:,} of {len(rows):,} rows without a group, each is its own)"
        result = evaluation.evaluate(rows, held_out.decide(predictor, rows), what, predictor.labels)
        say(to_json(result.as_dict()) if as_json else evaluation.table(result))


def _judged(rows: Sequence[Row], labels: Sequence[str]) -> list[Row]:
    """Keep the rows that say of each label whether they have it; name what keeps out the others."""
    kept: list[Row] = []
    out: list[Row] = []
    for row in rows:
        (kept if {*labels} <= {*row.judged} else out).append(row)
    if out:
        missing = ", ".join(label for label in labels if label not in out[0].judged)
        why = (
            f"{out[0].place or out[0].id}: {missing} not judged; settle that, or name in a column "
            "or field 'judged' what was"
        )
        if not kept:
            raise CorpusError(f"nothing was scored, for each row leaves a label open, as {why}")
        complain(f"Note: {len(out):,} of {len(rows):,} rows left out, as {why}")
    return kept


@app.command(rich_help_panel=SHIPPED)
def agreement(as_json: Json = False) -> None:
    """Say how far the corpus's readers agreed before anything was settled."""
    from palermo_training import agreement

    found = agreement.agreement(corpus.data("readings"))
    say(to_json(found) if as_json else agreement.table(found))


@app.command(name="corpus", rich_help_panel=SHIPPED)
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
    say(to_json(found) if as_json else statement.table(found))


@app.command(rich_help_panel=SHIPPED)
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
    folder.mkdir(parents=True, exist_ok=True)
    points = curve.learning_curve(corpus.authored(), corpus.seeds(), draws, jobs)
    figures = [asdict(point) for point in points]
    (folder / "learning_curve.json").write_text(to_json(figures), encoding="utf-8")
    say(curve.table(points))
    curve.plot(points, folder / "learning_curve.svg")


@app.command(rich_help_panel=SHIPPED)
def plots() -> None:
    """Draw what a checkout's artifacts/evaluation.json holds into artifacts/plots/."""
    from palermo_training import plots

    folder = _artifacts("plots")
    (folder / "plots").mkdir(exist_ok=True)
    for path in plots.draw(_read(folder / "evaluation.json"), folder / "plots"):
        complain(f"Wrote {path}.")


@app.command(rich_help_panel=SHIPPED)
def gate(
    pin: Annotated[bool, typer.Option(help="Pin floors to the figures of now.")] = False,
    lower: Annotated[bool, typer.Option(help="Let floors go down where they must.")] = False,
) -> None:
    """Hold artifacts/evaluation.json against the floors in artifacts/gate.json."""
    from palermo_training import gate

    folder = _artifacts("gate")
    figures = gate.measured(_read(folder / "evaluation.json"))
    file = folder / "gate.json"
    held = {} if pin and not file.exists() else _read(file, by="palermo gate --pin")
    if pin:
        rows = [*corpus.seeds(), *corpus.authored()]
        what = {
            "digest": corpus.digest(rows),
            "rows": len(rows),
            "groups": len({row.group for row in rows}),
        }
        held = gate.pin(held, figures, what, lower)
        file.write_text(to_json(held), encoding="utf-8")
    if "floors" not in held:
        raise CorpusError(f"{file}: no floors; remove it, and 'palermo gate --pin' writes it anew")
    floors = held["floors"]
    for name, floor in floors.items():
        say(f"{name:<40}{figures.get(name, 0):.4f}  floor {floor:.4f}")
    if low := gate.below(held, figures):
        raise CorpusError("; ".join(low))


@app.command(rich_help_panel=SHIPPED)
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
    if jobs == 0:
        raise typer.BadParameter("0 is no number of processes", param_hint="--jobs")
    seeds, authored = corpus.seeds(), corpus.authored()
    digest = corpus.digest([*seeds, *authored])[:12]
    complain(f"Trying on {len(seeds) + len(authored):,} rows, data {digest}.")
    say(search.table(search.search(seeds, authored, jobs, variants or ())))


def _artifacts(option: str) -> Path:
    """Find the checkout's folder of artifacts; an installed palermo has none to write to."""
    if not (_CHECKOUT / "pyproject.toml").exists():
        raise typer.BadParameter("this palermo is no checkout; say where to", param_hint=option)
    return _CHECKOUT / "artifacts"


def _read(path: Path, by: str = "palermo train") -> dict[str, Any]:
    """Read a file of figures."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CorpusError(f"{path}: no such file; '{by}' writes it") from None
    except ValueError as error:
        what = f"no JSON ({error})"
        raise CorpusError(f"{path}: {what}; remove it, and '{by}' writes it anew") from None
    return found


def _plain(found: dict[str, Any]) -> dict[str, Any]:
    """Lay evaluations out for JSON."""
    return {
        name: each.as_dict() if hasattr(each, "as_dict") else each for name, each in found.items()
    }


def main() -> None:
    """Run ``palermo``."""
    guarded(app)
