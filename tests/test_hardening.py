"""What gathers the long runs; each part has tests of its own."""

import sys
from types import SimpleNamespace

import pytest
from hardening import all as everything
from hardening.table import table


@pytest.fixture
def parts(monkeypatch, tmp_path):
    """Two parts: a promise that holds, and one that the test says whether it holds."""

    def broken():
        raise AssertionError("it ran")

    def give(holds):
        good = SimpleNamespace(figures=lambda: [("a file", "refused 1")])
        modules = {"good": good, "other": good if holds else SimpleNamespace(figures=broken)}
        for name, module in modules.items():
            monkeypatch.setitem(sys.modules, f"hardening.{name}", module)
        monkeypatch.setattr(everything, "PARTS", ["other", "good"])
        monkeypatch.setattr(everything, "SECURITY", tmp_path / "SECURITY.md")
        monkeypatch.setattr(sys, "argv", ["all", "--write"])
        text = f"above\n{everything.BEGIN}old\n{everything.END}below\n"
        everything.SECURITY.write_text(text, encoding="utf-8")

    return give


def test_the_table_is_written_between_the_markers(parts, capsys):
    parts(holds=True)
    everything.main()
    text = everything.SECURITY.read_text("utf-8")
    assert text.startswith(f"above\n{everything.BEGIN}")
    assert text.endswith(f"{everything.END}below\n")
    assert "| good | a file | refused 1 |" in text
    assert "old" not in text
    assert capsys.readouterr().out in text
    everything.main()
    assert everything.SECURITY.read_text("utf-8") == text


def test_a_part_alone_leaves_the_others_as_they_are(parts, monkeypatch):
    parts(holds=True)
    everything.main()
    before = everything.SECURITY.read_text("utf-8")
    monkeypatch.setattr(sys, "argv", ["all", "other", "--write"])
    everything.main()
    assert everything.SECURITY.read_text("utf-8") == before
    monkeypatch.setattr(sys, "argv", ["all", "nothing"])
    with pytest.raises(SystemExit, match="'nothing' is no part; there are other, good"):
        everything.main()


def test_a_broken_promise_is_told_and_not_written(parts, capsys):
    parts(holds=False)
    before = everything.SECURITY.read_text("utf-8")
    with pytest.raises(SystemExit, match="Not every promise held"):
        everything.main()
    out, err = capsys.readouterr()
    assert "| good | a file | refused 1 |" in out
    assert err == "other: a promise is broken: AssertionError('it ran')\n"
    assert everything.SECURITY.read_text("utf-8") == before


def test_a_part_that_is_missing_ends_it_before_anything_runs(parts, monkeypatch, capsys):
    parts(holds=False)
    monkeypatch.setattr(everything, "PARTS", ["other", "nowhere"])
    with pytest.raises(
        SystemExit, match=r"tests/hardening/nowhere\.py is missing; nothing was run"
    ):
        everything.main()
    assert capsys.readouterr() == ("", "")


def test_security_has_the_table_of_a_run():
    text = everything.SECURITY.read_text("utf-8")
    _, rest = text.split(everything.BEGIN)
    shown, _ = rest.split(everything.END)
    assert "| part | done | came out |" in shown
    assert "`Predictor.load`" in shown


def test_a_cell_stays_one_cell():
    assert table(["a"], [["x|y\nz"]]) == "| a |\n| --- |\n| x\\|y z |"
