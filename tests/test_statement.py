import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from palermo_training import cli, corpus
from palermo_training.corpus import Row
from palermo_training.statement import statement, table


@pytest.fixture
def few(monkeypatch):
    """Seeds and some written passages: tests/test_authored.py holds the whole corpus."""
    rows = corpus.authored()[:1000]
    monkeypatch.setattr(corpus, "authored", lambda: rows)
    return [*corpus.seeds(), *rows]


def row(id_, text, tags=(), lang="en", **more):
    return Row(
        id_, text, tags, tags[0] if tags else "none", "g", lang=lang, origin="authored", **more
    )


ROWS = [
    row("1", "He paid the guide.", ("smuggling",), attributes={"region": "caribbean"}),
    row("2", "Smugglers took the fee.", ("smuggling", "policy")),
    row("3", "Se trata de un tráfico de trenes.", lang="es"),
    row("4", "Sentenciado por trata de personas", ("enforcement",), lang="es"),
]


def test_rows_are_counted_by_language_and_label():
    found = statement(ROWS)
    assert found["rows"]["en"] == {
        "smuggling": 2, "trafficking": 0, "enforcement": 0, "policy": 0, "none": 0,
    }  # fmt: skip
    assert found["rows"]["es"]["none"] == 1
    assert found["tags"]["en"]["policy"] == 1
    assert found["none"] == 0.25
    assert found["without words"] == 1 / 3
    assert found["seeds without words"] == 0
    assert found["coverage"]["region"]["caribbean"] == 1


def test_the_words_are_counted_in_seeds_apart():
    seeds = [replace(each, origin="seed") for each in ROWS]
    assert statement(seeds)["seeds without words"] == 1 / 3
    assert statement(seeds)["without words"] == 0


def test_se_trata_de_is_no_word_of_the_field():
    rows = [row(str(n), text, ("policy",), lang="es") for n, text in enumerate(TEXTS)]
    assert statement(rows)["without words"] == 3 / 6


TEXTS = [
    "Se trata de una ley", "El libro trata de los ríos", "Se trata del mismo caso",
    "La trata de la que hablan", "víctimas de trata", "trata de mujeres",
]  # fmt: skip


def test_a_file_is_held_against_the_corpus(tmp_path, few):
    rows = tmp_path / "rows.jsonl"
    line = {"text": "The smugglers zzkj qwx took the boat.", "tags": [], "primary": "none"}
    rows.write_text(json.dumps(line))
    shown = CliRunner().invoke(cli.app, ["corpus", str(rows)]).stdout
    assert "the file (1 rows, 7 running words): 71.4%" in shown
    assert "zzkj" not in shown  # shares, never words
    found = json.loads(CliRunner().invoke(cli.app, ["corpus", str(rows), "--json"]).stdout)
    assert found["file"]["known"] == 5 / 7
    assert found["file"]["distinct pairs"] == 6


def test_the_command_counts_the_corpus(few):
    shown = CliRunner().invoke(cli.app, ["corpus"]).stdout
    assert shown == table(statement(few)) + "\n"
