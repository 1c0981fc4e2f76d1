import hashlib
import json

import pytest
from conftest import ROOT
from typer.testing import CliRunner

import palermo
from palermo import ArtifactError, CorpusError, Predictor
from palermo_training import cli, corpus

ARTIFACTS = ROOT / "artifacts"
run = CliRunner()


def invoke(*arguments):
    return run.invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def seeds_alone(monkeypatch):
    """Leave the written passages out: minutes become seconds."""
    monkeypatch.setattr(corpus, "authored", list)


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """What the one command that makes a model leaves in artifacts/: takes minutes."""
    checkout = tmp_path_factory.mktemp("checkout")
    (checkout / "pyproject.toml").touch()
    (checkout / "artifacts").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cli, "_CHECKOUT", checkout)
        result = invoke("train")
    assert result.exit_code == 0
    assert "Training on" in result.stderr
    return checkout / "artifacts"


def test_the_committed_artifacts_are_what_training_gives(filled):
    names = ("palermo.joblib", "evaluation.json", "MODEL_CARD.md")
    ours, theirs = (
        {name: (folder / name).read_bytes() for name in names} for folder in (filled, ARTIFACTS)
    )
    if ours["palermo.joblib"] == theirs["palermo.joblib"]:
        assert ours == theirs
    else:  # another platform may round a last digit otherwise
        found, committed = (json.loads(each["evaluation.json"]) for each in (ours, theirs))
        assert found.keys() == committed.keys()
        for name in found.keys() - {"model"}:
            for figure in ("macro_f1", "macro_f1_tags"):
                assert found[name][figure]["value"] == pytest.approx(
                    committed[name][figure]["value"], abs=0.01
                )


def test_training_twice_gives_the_same_bytes(tmp_path, seeds_alone):
    files = [tmp_path / "one.joblib", tmp_path / "other.joblib"]
    for file in files:
        result = invoke("train", "--output", file)
        assert result.exit_code == 0
        assert f"Wrote {file}" in result.stderr
    one, other = (hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    assert one == other
    assert sorted(tmp_path.iterdir()) == files


def test_outside_a_checkout_training_asks_where_to(tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "_CHECKOUT", tmp_path)
    result = invoke("train")
    assert result.exit_code == 2
    assert "this palermo is no checkout; say where to" in result.stderr


def test_training_into_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ArtifactError, match="there is no folder"):
        invoke("train", "--output", tmp_path / "no" / "model.joblib")


def test_evaluate_prints_every_figure(seeds_alone):
    shown = invoke("evaluate").stdout
    assert shown.startswith(
        "seed articles, each left out of training, no written passages in it: 214 rows in 5 groups"
    )
    for part in ("precision", "recall", "F1", "macro-F1, primary and none", "95 % interval",
                 "kappa, primary", "truth below, model to the right"):  # fmt: skip
        assert part in shown


def test_evaluate_in_json(seeds_alone):
    found = json.loads(invoke("evaluate", "--json").stdout)
    assert list(found) == ["seeds alone"]
    assert found["seeds alone"]["rows"] == 214


def test_evaluate_on_somebodys_rows(tmp_path):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"text": "The smugglers charged $7,000.", "tags": ["smuggling"], "primary": "smuggling"}\n'
        '{"text": "Leave a reply", "tags": [], "primary": "none"}\n'
    )
    shown = invoke("evaluate", rows).stdout
    assert (
        f"model {Predictor.load().model} on rows.jsonl (2 of 2 rows without a group, each is its own)"
        in shown
    )
    assert "accuracy, primary           1.000" in shown
    figures = json.loads(invoke("evaluate", rows, "--json").stdout)
    assert (figures["rows"], figures["groups"], figures["accuracy"]) == (2, 2, 1.0)


def test_evaluate_another_model(tmp_path, seeds_alone):
    invoke("train", "--output", tmp_path / "model.joblib")
    rows = ROOT / "data" / "seed_sentences.jsonl"
    shown = invoke("evaluate", rows, "--model", tmp_path / "model.joblib").stdout
    assert "214 rows in 5 groups" in shown
    assert "without a group" not in shown


def test_a_model_without_rows_is_wrong_usage():
    result = invoke("evaluate", "--model", "any.joblib")
    assert result.exit_code == 2
    assert "it goes with a FILE of rows" in result.stderr


def test_errors_end_in_one_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["palermo", "evaluate", str(tmp_path / "none.jsonl")])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    assert capsys.readouterr().err == f"Error: {tmp_path / 'none.jsonl'}: no such file\n"
    with pytest.raises(CorpusError):
        invoke("evaluate", tmp_path / "none.jsonl")


def test_agreement():
    shown = invoke("agreement").stdout
    assert [line.split()[:2] for line in shown.splitlines()] == [
        ["kappa", "rows"], ["en", "reader-writer"], ["es", "reader-writer"], ["seeds", "a-b"], ["seeds", "a-c"], ["seeds", "b-c"],
    ]  # fmt: skip
    found = json.loads(invoke("agreement", "--json").stdout)
    assert all(found["seeds a-b"][name] > 0.8 for name in ("primary", *palermo.LABELS))


def test_version():
    assert invoke("--version").stdout == f"palermo {palermo.__version__}\n"
