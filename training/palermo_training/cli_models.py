"""``palermo models``: the installed models, and which one is in use."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from palermo import store
from palermo.cli import complain
from palermo.errors import ArtifactError
from palermo.outputs.table import printable
from palermo.predictor import ENVIRONMENT
from palermo_training.printing import Json, say, to_json

models = typer.Typer(pretty_exceptions_enable=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As 'palermo models' lists it.")]


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
        say(to_json(found))
    else:
        say(_models(found))
    note_environment()
    for each in wrong:
        complain(f"Error: {each}")
    raise typer.Exit(1 if wrong else 0)


@models.command()
def show(name: Name, as_json: Json = False) -> None:
    """Say where a model came from and what was measured of it; NAME may be 'packaged'."""
    found = store.read(name)
    now = store.in_use() == name
    if as_json:
        say(to_json({**asdict(found), "in_use": now}))
    else:
        pairs = _pairs({**asdict(found), "in use": "yes" if now else "no"})
        say("\n".join(f"{key:<32}  {value}" for key, value in pairs))


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


def note_environment() -> None:
    """Say so where the environment names a model, which goes before the one in use."""
    if path := os.environ.get(ENVIRONMENT):
        complain(f"Note: {ENVIRONMENT} names {path}, which goes before the model in use.")


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
