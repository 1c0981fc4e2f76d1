import dataclasses
import hashlib
import json
import re
import shutil

import numpy as np
import pytest
from conftest import ROOT
from typer.testing import CliRunner

import palermo
from palermo import ArtifactError, CorpusError, Predictor
from palermo.artifact import load
from palermo_training import cli, corpus, curve, gate, held_out, slices
from palermo_training.fitting import train

ARTIFACTS = ROOT / "artifacts"
run = CliRunner()


def invoke(*arguments):
    return run.invoke(cli.app, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.fixture
def seeds_alone(monkeypatch):
    """Leave the written passages out: minutes become seconds."""
    monkeypatch.setattr(corpus, "authored", list)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The model that the command makes of the committed corpus: takes minutes."""
    file = tmp_path_factory.mktemp("models") / "palermo.joblib"
    result = invoke("train", "--output", file)
    assert result.exit_code == 0
    assert "Training on" in result.stderr
    return file


def test_the_committed_model_is_what_training_gives(trained):
    models = [load(file) for file in (ARTIFACTS / "palermo.joblib", trained)]
    assert models[0].about == models[1].about
    if models[0].digest != models[1].digest:
        # another platform may round a last digit otherwise; a reader would never see it
        texts = [row.text for row in corpus.seeds()] + ["", "El pollero cobró 7.000 dólares."]
        ours, theirs = (Predictor(model).predict_proba(texts) for model in models)
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-4)


def test_the_committed_figures_are_those_of_the_committed_model_and_corpus(trained):
    """Those of one article are measured again: all of them would take too long here."""
    committed = json.loads((ARTIFACTS / "evaluation.json").read_text())
    assert committed["model"] == load(ARTIFACTS / "palermo.joblib").digest
    articles = [part for part in committed["parts"] if part["part"].startswith("article")]
    right = sum(article["accuracy"] * article["rows"] for article in articles)
    assert right / 214 == pytest.approx(committed["seeds"]["accuracy"], abs=1e-4)

    article = min(articles, key=lambda part: part["rows"])
    group = article["part"].removeprefix("article ")
    rows = [row for row in corpus.seeds() if row.group == group]
    model = train(held_out.without(group, corpus.seeds(), corpus.authored()))
    (found,) = slices.parts(rows, held_out.decide(Predictor(model), rows))
    if load(trained).digest == committed["model"]:
        assert found == article
    else:  # another platform may decide one of them otherwise
        assert found["accuracy"] == pytest.approx(article["accuracy"], abs=1.01 / len(rows))


def test_the_card_is_written_from_the_model_and_its_figures():
    card = (ARTIFACTS / "MODEL_CARD.md").read_text()
    figures = json.loads((ARTIFACTS / "evaluation.json").read_text())
    model = load(ARTIFACTS / "palermo.joblib")
    assert model.digest[:12] in card
    shown = re.findall(r"and none  (0\.\d{3})  \(95 % interval over groups (0\.\d{3})", card)
    for name, at in (("seeds", 0), ("authored en", 3), ("authored es", 4)):
        value = figures[name]["macro_f1"]  # to four digits, the card to three
        assert [*map(float, shown[at])] == pytest.approx(
            [value["value"], value["low"]], abs=5.51e-4
        )


def test_no_figure_lies_below_its_floor():
    pinned = json.loads((ARTIFACTS / "gate.json").read_text())
    figures = json.loads((ARTIFACTS / "evaluation.json").read_text())
    assert gate.below(pinned, gate.measured(figures)) == []
    rows = [*corpus.seeds(), *corpus.authored()]
    assert pinned["corpus"] == {
        "digest": corpus.digest(rows),
        "rows": len(rows),
        "groups": len({row.group for row in rows}),
    }
    shown = invoke("gate").stdout
    assert all(name in shown for name in pinned["floors"])


def test_a_floor_goes_down_only_when_told(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "artifacts").mkdir()
    monkeypatch.setattr(cli, "_CHECKOUT", tmp_path)
    with pytest.raises(CorpusError, match=r"evaluation.json: no such file; 'palermo train' writes"):
        invoke("gate")
    file, floors = tmp_path / "artifacts/evaluation.json", tmp_path / "artifacts/gate.json"
    file.write_text('{"furniture": {"rows": 200, "tagged": 0.02}}')
    assert "0.9800  floor 0.9800" in invoke("gate", "--pin").stdout
    file.write_text('{"furniture": {"rows": 200, "tagged": 0.05}}')
    with pytest.raises(CorpusError, match=r"furniture not tagged is 0.95, its floor 0.98 \(less"):
        invoke("gate")
    with pytest.raises(CorpusError, match=r"would go down from 0.98 to 0.95; say --lower"):
        invoke("gate", "--pin")
    assert json.loads(floors.read_text())["floors"] == {"furniture not tagged": 0.98}
    assert invoke("gate", "--pin", "--lower").exit_code == 0
    assert json.loads(floors.read_text())["floors"] == {"furniture not tagged": 0.95}


def test_figures_that_are_broken_or_missing_are_errors_in_words(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "artifacts").mkdir()
    monkeypatch.setattr(cli, "_CHECKOUT", tmp_path)
    file = tmp_path / "artifacts/evaluation.json"
    file.write_text('{"furniture": {')
    for command in ("gate", "plots"):
        with pytest.raises(CorpusError, match=r"evaluation.json: no JSON \(Expecting .* writes it"):
            invoke(command)
    file.write_text('{"furniture": {"rows": 200, "tagged": 0.02}}')
    pinned = {"floors": {"furniture not tagged": 0.9, "seeds macro_f1": 0.6}}
    (tmp_path / "artifacts/gate.json").write_text(json.dumps(pinned))
    with pytest.raises(CorpusError, match=r"seeds macro_f1 is 0, its floor 0.6 \(less"):
        invoke("gate")
    for content, what in (("{", "no JSON .*"), ("{}", "no floors")):
        (tmp_path / "artifacts/gate.json").write_text(content)
        with pytest.raises(CorpusError, match=f"gate.json: {what}; remove it, and 'palermo gate"):
            invoke("gate")
    (tmp_path / "artifacts/gate.json").unlink()
    assert invoke("gate", "--pin").exit_code == 0


def test_a_curve_has_nowhere_to_go_before_it_is_fitted(tmp_path, monkeypatch):
    monkeypatch.setattr(curve, "learning_curve", lambda *_: pytest.fail("it was fitted"))
    file = tmp_path / "plots"
    file.touch()
    with pytest.raises(FileExistsError):
        invoke("curve", "--output", file)


def test_plots(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "artifacts").mkdir()
    monkeypatch.setattr(cli, "_CHECKOUT", tmp_path)
    shutil.copy(ARTIFACTS / "evaluation.json", tmp_path / "artifacts")
    assert invoke("plots").stderr.count("Wrote") == 3
    for picture in (tmp_path / "artifacts/plots").iterdir():
        assert picture.read_bytes() == (ARTIFACTS / "plots" / picture.name).read_bytes()


def test_no_process_at_all_is_wrong_usage(monkeypatch):
    monkeypatch.setattr("palermo_training.search.search", lambda *_: pytest.fail("it was tried"))
    result = invoke("search", "as shipped", "--jobs", "0")
    assert result.exit_code == 2
    assert "--jobs" in result.stderr


def test_search_scores_variants(monkeypatch):
    rows = corpus.seeds()
    monkeypatch.setattr(corpus, "authored", lambda: [
        dataclasses.replace(row, id=f"a{row.id}", group=f"a{row.group}", origin="authored")
        for row in rows
    ])  # fmt: skip
    result = invoke("search", "as shipped", "words alone", "--jobs", "1")
    names = [line.split("|")[1].strip() for line in result.stdout.splitlines()]
    assert names[2:] == [
        "as shipped", "words alone", "label: the most probable tag",
        "label: enforcement's odds alone times 3",
        "label: odds of enforcement and policy times 1.7",
        "label: odds of enforcement and policy times 8", "of the field is not asked",
    ]  # fmt: skip
    assert "Trying on 428 rows" in result.stderr
    odd = invoke("search", "no such variant")
    assert odd.exit_code == 2
    assert "'no such variant' is none of 'as shipped'" in " ".join(odd.stderr.split())


def test_training_twice_gives_the_same_bytes(tmp_path, seeds_alone):
    files = [tmp_path / "one.joblib", tmp_path / "other.joblib"]
    for file in files:
        result = invoke("train", "--output", file)
        assert result.exit_code == 0
        assert f"Wrote {file}" in result.stderr
    one, other = (hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
    assert one == other
    assert sorted(tmp_path.iterdir()) == files


def test_a_checkout_gets_the_model_its_figures_and_its_card(tmp_path, monkeypatch, seeds_alone):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "artifacts").mkdir()
    monkeypatch.setattr(cli, "_CHECKOUT", tmp_path)
    assert invoke("train").exit_code == 0
    files = {file.name: file for file in (tmp_path / "artifacts").iterdir()}
    assert {*files} == {"palermo.joblib", "evaluation.json", "MODEL_CARD.md"}
    model, figures = load(files["palermo.joblib"]), json.loads(files["evaluation.json"].read_text())
    assert figures["model"] == model.digest
    assert figures["seeds alone"]["rows"] == 214
    assert model.digest[:12] in files["MODEL_CARD.md"].read_text()


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
    assert "words masked" in invoke("evaluate", rows, "--mask").stdout
    figures = json.loads(invoke("evaluate", rows, "--json").stdout)
    assert (figures["rows"], figures["groups"], figures["accuracy"]) == (2, 2, 1.0)


def test_evaluate_leaves_out_rows_that_leave_a_label_open(tmp_path):
    rows = tmp_path / "rows.jsonl"
    open_ = '{"text": "Four men were held.", "tags": ["enforcement"], "judged": ["enforcement"]}\n'
    rows.write_text(open_ + '{"text": "Leave a reply", "tags": [], "primary": "none"}\n')
    result = invoke("evaluate", rows)
    why = (
        f"as {rows}:1: smuggling, trafficking, policy not judged; settle that, or name in a column "
        "or field 'judged' what was"
    )
    assert result.stderr == f"Note: 1 of 2 rows left out, {why}\n"
    assert "(1 of 1 rows without a group" in result.stdout
    rows.write_text(open_)
    with pytest.raises(CorpusError) as error:
        invoke("evaluate", rows)
    assert str(error.value) == f"nothing was scored, for each row leaves a label open, {why}"


def test_the_name_of_a_file_does_nothing_to_a_terminal(tmp_path):
    rows = tmp_path / "red\x1b[31m.jsonl"
    rows.write_text('{"text": "Leave a reply", "tags": [], "primary": "none"}\n')
    shown = invoke("evaluate", rows).stdout
    assert "\x1b" not in shown
    assert r" on red\x1b[31m.jsonl (1 of 1 rows without a group" in shown


def test_evaluate_another_model(tmp_path, seeds_alone):
    invoke("train", "--output", tmp_path / "model.joblib")
    rows = ROOT / "data" / "seed_sentences.jsonl"
    shown = invoke("evaluate", rows, "--model", tmp_path / "model.joblib").stdout
    assert "214 rows in 5 groups" in shown
    assert "without a group" not in shown


def test_rows_of_which_one_is_broken_are_not_scored(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "A boat.", "tags": []}\n{"text": "", "tags": ["policy"]}\n')
    with pytest.raises(CorpusError, match="nothing was scored: mend the errors first"):
        invoke("evaluate", path)


def test_a_model_without_rows_is_wrong_usage():
    for option in (["--model", "any.joblib"], ["--mask"]):
        result = invoke("evaluate", *option)
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
    model = Predictor.load().model
    assert invoke("--version").stdout.startswith(f"palermo {palermo.__version__}\nmodel {model} (")


def test_a_shell_completes_commands():
    shown = run.invoke(
        cli.app,
        env={"_PALERMO_COMPLETE": "complete_bash", "COMP_WORDS": "palermo ev", "COMP_CWORD": "1"},
        prog_name="palermo",
    )
    assert shown.stdout.split() == ["evaluate"]
