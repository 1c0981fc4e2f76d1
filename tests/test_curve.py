import json

import pytest
from typer.testing import CliRunner

from palermo import LABELS, CorpusError, PalermoError
from palermo_training import cli, corpus, curve
from palermo_training.corpus import Row

SEEDS = corpus.seeds()


def groups(count):
    """Rows in many groups, every label in each; what the texts say does not matter here."""
    rows = []
    for at in range(count * 10):
        tags = (LABELS[at // count % 5],) if at // count % 5 < 4 else ()
        primary = tags[0] if tags else "none"
        rows.append(Row(f"x{at}", SEEDS[at].text, tags, primary, f"g{at % count:02}"))
    return rows


def test_sizes_are_nested_halves_and_every_draw_is_scored():
    points = curve.learning_curve(groups(20), SEEDS, draws=2)
    assert [point.groups for point in points] == [2, 4, 8, 16]
    assert [len(point.held_out) for point in points] == [2, 2, 2, 2]
    assert all(0 <= value <= 1 for point in points for value in point.held_out + point.seeds)
    assert points == curve.learning_curve(groups(20), SEEDS, draws=2)
    assert [point.rows for point in points] == [20, 40, 80, 160]


def test_too_few_groups():
    with pytest.raises(CorpusError, match="5 groups are too few for a learning curve; 20 would do"):
        curve.learning_curve(SEEDS, SEEDS)


def test_the_same_figures_give_the_same_picture(tmp_path):
    points = [
        curve.Point(2, 10, (0.2, 0.3), (0.1, 0.1)),
        curve.Point(4, 20, (0.5, 0.4), (0.2, 0.2)),
    ]
    for name in ("one.svg", "other.svg"):
        curve.plot(points, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
    assert "groups of written passages trained on" in (tmp_path / "one.svg").read_text()


def test_without_matplotlib_the_extra_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
    with pytest.raises(PalermoError, match=r'pip install "palermo\[plots\]"'):
        curve.plot([], tmp_path / "curve.svg")


def test_the_command_writes_figures_and_picture(tmp_path, monkeypatch):
    monkeypatch.setattr(corpus, "authored", lambda: groups(20))
    result = CliRunner().invoke(
        cli.app,
        ["curve", "--draws", "1", "--output", str(tmp_path / "plots")],
        catch_exceptions=False,
    )
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].split()[:2] == ["groups", "rows"]
    figures = json.loads((tmp_path / "plots" / "learning_curve.json").read_text())
    assert [point["groups"] for point in figures] == [2, 4, 8, 16]
    assert (tmp_path / "plots" / "learning_curve.svg").stat().st_size > 1000
