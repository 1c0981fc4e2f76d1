"""What the documents show and say is so. Run this file to rewrite the output in README."""

import doctest
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from conftest import ROOT

from palermo import LABELS
from palermo import cli as model_cli
from palermo_training import cli as training_cli

README = ROOT / "README.md"
SESSION = re.compile(r"```console\n\$ (?P<command>[^\n]+)\n(?P<output>.*?)```", re.S)


def output(command):
    """Run a command of README in the checkout, as in a terminal 88 columns wide."""
    command = command.replace(".venv/bin", str(Path(sys.executable).parent))
    environment = {**os.environ, "COLUMNS": "88", "NO_COLOR": "1"}
    run = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    return "".join(line.rstrip() + "\n" for line in run.stdout.splitlines())


def rewrite(text):
    return SESSION.sub(
        lambda found: f"```console\n$ {found['command']}\n{output(found['command'])}```", text
    )


def test_readme_shows_what_its_commands_print():
    text = README.read_text("utf-8")
    assert len(SESSION.findall(text)) == 3
    assert rewrite(text) == text, "run: python tests/test_docs.py"


def test_readme_shows_what_its_python_prints():
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted > 3
    assert result.failed == 0


def commands():
    yield "classify", typer.main.get_command(model_cli.app)
    for name, command in typer.main.get_command(training_cli.app).commands.items():
        yield f"palermo {name}", command


@pytest.mark.parametrize(("name", "command"), list(commands()))
def test_every_command_and_option_is_helped_and_documented(name, command):
    readme = README.read_text("utf-8") + (ROOT / "docs" / "labels.md").read_text("utf-8")
    assert name in readme
    assert command.help
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert parameter.help, parameter.name
            assert any(
                f"`{option}" in readme or f" {option}" in readme for option in parameter.opts
            ), parameter.opts


def test_readme_rounds_the_figure_of_the_model():
    figures = json.loads((ROOT / "artifacts" / "evaluation.json").read_text("utf-8"))
    text = " ".join(README.read_text("utf-8").replace("\n>", "\n").split())
    assert f"a macro-F1 of {figures['seeds']['macro_f1']['value']:.2f}" in text


def test_readme_gives_the_speed_that_the_benchmark_printed():
    table = README.read_text("utf-8").split("## How fast")[1].split("## ")[0]
    rows = [line for line in table.splitlines() if line.startswith("|")]
    printed = (ROOT / "artifacts" / "BENCHMARKS.md").read_text("utf-8").splitlines()
    assert len(rows) > 5
    assert all(row in printed for row in rows)


def test_the_data_statement_gives_the_agreement_that_the_command_prints():
    shown = "".join(f"{line}\n" for line in output(".venv/bin/palermo agreement").splitlines())
    assert shown in (ROOT / "data" / "README.md").read_text("utf-8")


def test_the_codebook_has_an_example_for_every_label_and_rule():
    text = (ROOT / "data" / "codebook.md").read_text("utf-8").split("## What the project")[0]
    parts = re.split(r"\n### |\n(?=\*\*\d\. )", text)[1:]
    assert len(parts) == len(LABELS) + 1 + 9
    assert all("\n> *" in part for part in parts)


def test_no_document_links_to_nowhere():
    for document in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text("utf-8")):
            assert (document.parent / target).exists(), f"{document.name}: {target}"


if __name__ == "__main__":
    README.write_text(rewrite(README.read_text("utf-8")), encoding="utf-8")
