import csv
import dataclasses
import json
import random

import pytest
from typer.testing import CliRunner

from palermo import LABELS, CorpusError, Predictor, store
from palermo import cli as model_cli
from palermo.artifact import load
from palermo_training import cli, corpus, retraining
from palermo_training.corpus import Row
from palermo_training.fitting import train

SEEDS = corpus.seeds()


def invoke(*arguments):
    given = [str(argument) for argument in ("train", *arguments)]
    return CliRunner().invoke(cli.app, given, catch_exceptions=False)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """Give each test a folder of models of its own, and leave the written passages out."""
    monkeypatch.setenv("PALERMO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(corpus, "authored", list)
    return tmp_path / "home"


def write(path, rows):
    """Write (text, tags) as palermo's own JSON lines."""
    lines = [
        {"text": text, "tags": tags, "primary": tags[0] if tags else "none", "group": f"g{at % 12}"}
        for at, (text, tags) in enumerate(rows)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def padded(cue):
    """Put a cue among words that say nothing, no two rows alike."""
    return f"{cue} {' '.join(RANDOM.choices(FILLER, k=9))}."


RANDOM = random.Random(7)
FILLER = [
    "bread",
    "river",
    "seven",
    "Monday",
    "window",
    "yellow",
    "cousin",
    "market",
    "Tuesday",
    "plastic",
    "road",
    "after",
    "before",
    "under",
    "small",
    "every",
    "hill",
    "grey",
    "noon",
    "chair",
    "radio",
    "paper",
    "April",
    "north",
]
RIGHT = [
    (padded(cue), tags)
    for _ in range(20)
    for cue, tags in (
        ("The coyote asked thousands a head for the crossing", ["smuggling"]),
        ("Locked in a flat she paid off a debt to the madam", ["trafficking"]),
        ("The patrol arrested the driver at a checkpoint", ["enforcement"]),
        ("Ministers passed a bill on visas for seasonal workers", ["policy"]),
        ("The bakery sells", []),
    )
]


def test_a_newsroom_trains_compares_uses_and_goes_back(tmp_path):
    result = invoke("--labels", write(tmp_path / "desk.jsonl", RIGHT))
    assert result.exit_code == 0, result.stderr
    assert (
        "Training on 100 rows of yours and 214 of the corpus, beside the model in use, packaged."
        in result.stderr
    )
    for line in ("shipped passages", "your passages", "macro-F1"):
        assert line in result.stdout
    name = store.in_use()
    assert (
        f"Installed {name}, now in use; 'palermo models rollback' goes back to packaged."
        in result.stderr
    )
    assert Predictor.load().model.endswith(load(store.path(name)).digest[:12])
    known = store.read(name)
    assert known.parent == "packaged"
    assert known.counts["rows"] == 314
    mean = known.figures["comparison"][-1]
    assert (mean["where"], mean["what"]) == ("your passages", "macro-F1")
    assert mean["new"] > mean["old"]
    store.rollback()
    assert store.in_use() == "packaged"


def test_the_model_in_use_is_fitted_again_from_the_labels_kept_beside_it(tmp_path):
    first = write(tmp_path / "first.jsonl", RIGHT[::2])
    assert invoke("--labels", first, "--name", "first").exit_code == 0
    mine = retraining.learnt("first")[len(SEEDS) :]
    assert [row.text for row in mine] == [text for text, _ in RIGHT[::2]]
    assert train([*SEEDS, *mine]).digest == load(store.path("first")).digest
    # The same labels again, in a file of another name: nothing can be better or worse.
    again = write(tmp_path / "again.jsonl", RIGHT[::2])
    result = invoke("--labels", again, "--name", "second")
    assert "beside the model in use, first." in result.stderr
    assert store.read("second").parent == "first"
    figures = store.read("second").figures["comparison"]
    assert {(each["low"], each["high"]) for each in figures} == {(0.0, 0.0)}
    # Where they are lost, nothing can be said.
    store.path("second").with_name(retraining.LEARNT).unlink()
    result = invoke_failing("--labels", again)
    assert "the labels that the model in use, second, learnt from cannot be read" in result
    assert "'palermo models use packaged' first" in result


def invoke_failing(*arguments):
    """Give the error that a training ends with."""
    with pytest.raises(CorpusError) as caught:
        invoke(*arguments)
    return str(caught.value)


def test_a_worse_model_is_not_taken_unless_told(tmp_path, monkeypatch):
    wrong = [
        {
            "text": f"{row.text} Again.", "tags": tags, "primary": tags[0] if tags else "none",
            "group": row.group,
        }
        for row in SEEDS
        for tags in [[label for label in LABELS if label not in row.tags]]
    ]  # fmt: skip
    path = tmp_path / "wrong.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in wrong))
    error = invoke_failing("--labels", path)
    assert error.startswith(
        "not installed: on shipped passages the model in use, packaged, is better by more than "
        "chance explains"
    )
    assert "--force takes the new model" in error
    assert store.in_use() == "packaged"
    assert not store.names()
    target = tmp_path / "worse.joblib"
    assert invoke_failing("--labels", path, "--output", target).startswith("not written: on")
    assert not target.exists()
    monkeypatch.setenv("PALERMO_MODEL", "elsewhere.joblib")
    forced = invoke("--labels", path, "--force", "--name", "forced")
    assert forced.exit_code == 0
    assert "PALERMO_MODEL names elsewhere.joblib, which goes before" in forced.stderr
    assert store.in_use() == "forced"


def test_a_label_of_ones_own(tmp_path):
    path = tmp_path / "ransom.csv"
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "label"])
        for _ in range(30):
            out.writerow([padded("They phoned the family for a ransom"), "rescate"])
            out.writerow([padded("A shop sells"), "none"])
    error = invoke_failing("--labels", path, "--map", "rescate=extortion")
    assert "nothing was trained" in error
    result = invoke(
        "--labels",
        path,
        "--map",
        "rescate=extortion",
        "--new",
        "extortion",
        "--output",
        tmp_path / "own.joblib",
    )
    assert result.exit_code == 0, result.stderr
    assert "a new label" in result.stdout
    predictor = Predictor.load(tmp_path / "own.joblib")
    assert predictor.labels == (*LABELS, "extortion")
    assert predictor.predict(["Kidnappers phoned the family for a ransom."]) == ["extortion"]
    assert not store.names()  # it went to the file that was named


def test_everything_works_with_the_labels_of_a_model(tmp_path):
    rows = [
        (padded(thing), [tag] if tag else [])
        for _ in range(15)
        for thing, tag in (("A dinghy", "boat"), ("A coach", "bus"), ("A desk", ""))
    ]
    labels, model = write(tmp_path / "own.jsonl", rows), tmp_path / "own.joblib"
    assert invoke("--labels", labels, "--only", "--output", model).exit_code == 0
    text = tmp_path / "a.txt"
    text.write_text("A dinghy came. Then a coach. A desk.")

    def classify(*arguments):
        return CliRunner().invoke(model_cli.app, [str(text), "--model", str(model), *arguments])

    for format in ("table", "json", "jsonl", "csv", "html"):
        result = classify("--format", format, "--explain")
        assert result.exit_code == 0, result.stderr
        assert "boat" in result.stdout
        assert "trafficking" not in result.stdout.partition("</dl>")[2 if format == "html" else 0]
    assert len(classify("--format", "jsonl", "--only", "bus").stdout.splitlines()) == 1
    assert "'policy' is none of boat, bus, none" in " ".join(
        classify("--only", "policy").stderr.replace("│", " ").split()
    )
    shown = CliRunner().invoke(cli.app, ["evaluate", str(labels), "--model", str(model)])
    assert shown.exit_code == 0, shown.stderr
    assert shown.stdout.splitlines()[2].split() == ["primary", "precision", "recall", "F1", "rows"]
    assert shown.stdout.splitlines()[3].split()[0] == "boat"
    assert "smuggling" not in shown.stdout


def test_a_scheme_of_ones_own(tmp_path):
    rows = [
        (f"{thing} number {at}", [tag] if tag else [])
        for at in range(15)
        for thing, tag in (("A dinghy", "boat"), ("A coach", "bus"), ("A desk", ""))
    ]
    result = invoke("--labels", write(tmp_path / "own.jsonl", rows), "--only")
    assert result.exit_code == 0, result.stderr
    assert "shipped passages" not in result.stdout
    assert "Training on 45 rows of yours, beside the model in use, packaged." in result.stderr
    assert Predictor.load().labels == ("boat", "bus")
    # The next one learns from the shipped corpus again; what both know is nothing.
    result = invoke("--labels", write(tmp_path / "desk.jsonl", RIGHT))
    assert result.exit_code == 0, result.stderr
    assert Predictor.load().labels == LABELS


def test_what_is_wrong_is_said_before_anything_is_trained(tmp_path, home):
    path = write(tmp_path / "bad.jsonl", [*RIGHT, ("Smugling pays.", ["smugling"])])
    result = CliRunner().invoke(cli.app, ["train", "--labels", str(path)])
    assert isinstance(result.exception, CorpusError)
    assert f"{path}:101: unknown label 'smugling', did you mean 'smuggling'?" in result.stderr
    assert not home.exists()
    result = CliRunner().invoke(cli.app, ["train", "--labels", str(tmp_path / "none.jsonl")])
    assert "none.jsonl: no such file" in result.stderr
    assert "nothing was trained" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["--only"], "it goes with --labels"),
        (["--map", "a=b"], "it goes with --labels"),
        (["--force"], "it goes with --labels"),
        (["--labels", "a.csv", "--map", "a"], "'a': expected A=B"),
        (["--labels", "a.csv", "--new", "none"], "'none' means no label at all"),
        (["--labels", "a.csv", "--only", "--new", "x"], "with --only no label needs it"),
        (["--labels", "a.csv", "--name", "x", "--output", "y"], "a model written to --output gets no name"),
    ],
)  # fmt: skip
def test_wrong_usage(arguments, match):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert match in " ".join(result.stderr.replace("│", " ").split())


def test_rows_come_back_as_they_were_kept(tmp_path):
    row = Row("a:1", "A\nB \ud800", ("x",), "x", "g", ("x", "y"), "es")
    path = tmp_path / "rows.jsonl"
    path.write_bytes(retraining.written([row]))
    found = corpus.read_row(next(corpus.read_objects(path))[1], "", ["x", "y"])
    assert found == dataclasses.replace(row, origin="user")


@pytest.mark.parametrize("options", [[], ["--only"]])
def test_a_queue_that_nobody_reviewed_is_nothing_to_learn_from(tmp_path, home, options):
    rows = [
        {"text": text, "tags": None, "primary": None, "group": "a.txt", "reviewed": False}
        for text, _ in RIGHT[:5]
    ]
    path = tmp_path / "queue.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = retraining.gather([path], only=bool(options))
    assert found.fatal
    with pytest.raises(CorpusError, match=r"queue\.jsonl: no labels to learn from; label"):
        retraining.retrain(found, "packaged")
    for command in ("check", "train"):
        given = [command, str(path)] if command == "check" else [command, "--labels", str(path)]
        result = CliRunner().invoke(cli.app, [*given, *options])
        assert result.exit_code == 1
        assert "no labels to learn from" in result.output
    assert str(result.exception).startswith("nothing was trained: mend the errors first")
    assert not home.exists()


def test_rows_without_any_label_are_no_scheme_of_ones_own(tmp_path):
    path = write(tmp_path / "none.jsonl", [(text, []) for text, _ in RIGHT])
    found = retraining.gather([path], only=True)
    assert found.fatal
    with pytest.raises(CorpusError, match="no labels to learn from"):
        retraining.retrain(found, "packaged")


def test_files_of_one_name_in_two_folders_are_kept_apart(tmp_path):
    files = [tmp_path / folder / "rows.csv" for folder in ("day", "night")]
    for file in files:
        file.parent.mkdir()
        file.write_text(f"text,label\nThey paid by {file.parent.name}.,policy\nRain.,none\n")
    rows = retraining.gather([*files, write(tmp_path / "desk.jsonl", RIGHT[:1])]).rows
    assert len({row.id for row in rows}) == 5
    assert len({row.group for row in rows}) == 5
    assert rows[-1].id == "desk.jsonl:1"  # a name of its own says enough


def test_what_a_model_learnt_comes_back_in_the_order_in_which_it_went_in():
    rows = [
        Row("a:1", "A bill.", ("policy",), "policy", "g", ("policy",)),
        Row("a:2", "A boat.", ("smuggling", "policy"), "policy", "h", ("smuggling", "policy")),
    ]
    beside = {retraining.LEARNT: retraining.written(rows)}
    packaged = load(store.path(store.PACKAGED))
    store.install(packaged, retraining.figures([], only=True), "mine", beside)
    assert retraining.learnt("mine") == rows
