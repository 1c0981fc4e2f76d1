"""The ``palermo`` command: parses, calls, prints."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from palermo.cli import complain, guarded, output, version
from palermo_training import corpus

_CHECKOUT: Final = Path(__file__).parents[2]

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]


@app.callback()
def palermo(
    version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Train and measure palermo's models. To tag files, use the command classify."""


@app.command()
def train(
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the model alone, there. By default a checkout's artifacts/ gets the "
            "model, evaluation.json and MODEL_CARD.md.",
        ),
    ] = None,
) -> None:
    """Train a model on the shipped corpus. The same corpus gives the same bytes."""
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
        figures |= {name: found.as_dict() for name, found in evaluations.items()}
        (folder / "evaluation.json").write_text(_json(figures), encoding="utf-8")
        (folder / "MODEL_CARD.md").write_text(card(artifact, evaluations), encoding="utf-8")
    complain(f"Wrote {folder} (digest {artifact.digest[:12]}).")


@app.command()
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
    as_json: Json = False,
) -> None:
    """Say how right the model is: per label, macro-F1 with an interval, kappa, confusion."""
    from palermo import Predictor
    from palermo_training import evaluation, held_out

    if file is None:
        if model is not None:
            raise typer.BadParameter("it goes with a FILE of rows", param_hint="--model")
        found = held_out.of_corpus(corpus.seeds(), corpus.authored())
        if as_json:
            _say(_json({name: each.as_dict() for name, each in found.items()}))
        else:
            _say("\n\n\n".join(map(evaluation.table, found.values())))
    else:
        rows = corpus.read_rows(file)
        predictor = Predictor.load(model)
        what = f"model {predictor.model} on {file.name}"
        if alone := sum(row.group == row.id for row in rows):
            what += f" ({alone:,} of {len(rows):,} rows without a group, each is its own)"
        result = evaluation.evaluate(rows, held_out.decide(predictor, rows), what)
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


def _artifacts(option: str) -> Path:
    """Find the checkout's folder of artifacts; an installed palermo has none to write to."""
    if not (_CHECKOUT / "pyproject.toml").exists():
        raise typer.BadParameter("this palermo is no checkout; say where to", param_hint=option)
    return _CHECKOUT / "artifacts"


def _say(text: str) -> None:
    with output() as out:
        out.write(text.rstrip("\n") + "\n")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Run ``palermo``."""
    guarded(app)
