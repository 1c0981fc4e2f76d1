import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from palermo import ArtifactError, Predictor
from palermo.artifact import FORMAT, Artifact, load, save, tiny
from palermo.keys import keys


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "tiny.joblib"
    save(tiny(), path)
    return path


def values(path):
    """What a plain joblib.load finds in a file of our own."""
    return joblib.load(path)


def refused(path, match):
    with pytest.raises(ArtifactError, match=match) as caught:
        Predictor.load(path)
    assert str(caught.value).startswith(str(path))


def same(left, right):
    return left.digest == right.digest and left.labels == right.labels and left.terms == right.terms


def spelled(terms):
    return np.frombuffer(terms.encode(), np.uint8)


def test_what_is_saved_is_loaded(saved):
    assert same(load(saved), tiny())


def test_the_same_values_give_the_same_bytes(saved, tmp_path):
    other = tmp_path / "other.joblib"
    save(load(saved), other)
    assert other.read_bytes() == saved.read_bytes()


def test_the_file_is_one_dict_of_plain_values_and_arrays():
    found = values(ROOT / "artifacts" / "palermo.joblib")
    assert type(found) is dict
    assert found["format"] == FORMAT
    for name, value in found.items():
        assert type(value) in (int, float, str, list, dict, np.ndarray), name
        assert getattr(value, "dtype", np.dtype("f8")).hasobject is False
    assert b"sklearn" not in (ROOT / "artifacts" / "palermo.joblib").read_bytes()


def test_loaded_arrays_cannot_be_changed(saved):
    with pytest.raises(ValueError, match="read-only"):
        load(saved).weights[0, 0] = 1


labels_of_any_sort = st.lists(st.text(min_size=1, max_size=9), min_size=1, max_size=4, unique=True)
words = st.text(st.characters(categories=["L", "N"]), min_size=1)


@given(labels_of_any_sort, st.sets(words, min_size=1, max_size=9), st.integers(0, 2**32))
def test_any_model_survives_its_file(tmp_path_factory, labels, terms, seed):
    labels = [
        label.encode("utf-8", "replace").decode() + str(at) for at, label in enumerate(labels)
    ]
    random = np.random.default_rng(seed)
    hashes = keys(sorted(terms))
    artifact = Artifact(
        labels=tuple(labels),
        keys=np.sort(hashes),
        spelling=np.frombuffer(
            "\n".join(np.array(sorted(terms), object)[np.argsort(hashes)]).encode(), np.uint8
        ),
        weights=random.integers(-(2**15), 2**15, (len(terms), len(labels) + 1), np.int16),
        step=2.0 ** -int(random.integers(0, 20)),
        intercepts=random.normal(size=len(labels) + 1),
        thresholds=random.random(len(labels) + 1),
        points=np.sort(random.random((len(labels), 3, 5)), axis=1),
        about={"version": "x", "rows": 3, "share": 0.5},
    )
    path = tmp_path_factory.mktemp("any") / "any.joblib"
    save(artifact, path)
    found = load(path)
    assert same(found, artifact)
    for field in ("keys", "weights", "intercepts", "thresholds", "points"):
        np.testing.assert_array_equal(getattr(found, field), getattr(artifact, field))
    assert found.about == artifact.about


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"intercepts": np.array([0, np.nan])}, "intercepts holds numbers that are not finite"),
        ({"thresholds": np.array([0.5, 1.5])}, "thresholds outside 0 to 1"),
        ({"points": tiny().points * 2}, "operating points outside 0 to 1"),
        ({"points": tiny().points[:, ::-1]}, "operating points that do not ascend"),
        ({"points": tiny().points[0]}, r"points has shape \(2, 5\), not \(1, 5, 5\)"),
        ({"points": tiny().points[..., :4]}, r"points has shape \(1, 2, 4\), not \(1, 2, 5\)"),
        ({"intercepts": np.array([1.0])}, r"intercepts has shape \(1,\), not \(2,\)"),
        ({"labels": ("same", "same")}, "labels that are none or the same"),
        ({"keys": tiny().keys[::-1]}, "keys that do not ascend"),
        ({"keys": tiny().keys[[0, 0]]}, "keys that do not ascend"),
        ({"keys": np.array([0, 1], np.uint64)}, "a key that is 0"),
        ({"keys": np.array([1, 2], np.uint64)}, "not written: its keys are not those of its terms"),
        ({"spelling": spelled("boat")}, "1 terms for 2 keys"),
        ({"spelling": spelled("boat\nbus")}, "not written: its keys are not those of its terms"),
        ({"step": 0.3}, "a step that is no 1/2"),
        ({"step": 2.0}, "a step that is no 1/2"),
        ({"labels": ("none",)}, "a label that means no label"),
        ({"labels": ("x" * 1001,)}, "odd labels"),
        ({"about": {"version": "x" * 1001}}, "odd remarks about itself"),
        ({"about": {1: "x", "a": "y"}}, "odd remarks about itself"),
    ],
)  # fmt: skip
def test_a_model_that_could_not_be_loaded_is_not_saved(tmp_path, change, match):
    path = tmp_path / "bad.joblib"
    with pytest.raises(ArtifactError, match=match):
        save(dataclasses.replace(tiny(), **change), path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(ArtifactError, match=r"there is no folder .*no; make it first"):
        save(tiny(), tmp_path / "no" / "folder.joblib")


def test_only_files_are_replaced(tmp_path, saved):
    os.mkfifo(tmp_path / "pipe")
    for target in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ArtifactError, match="cannot be written: no regular file"):
            save(tiny(), target)
    (tmp_path / "link.joblib").symlink_to(saved)
    save(dataclasses.replace(tiny(), labels=("policy",)), tmp_path / "link.joblib")
    assert (tmp_path / "link.joblib").is_symlink()
    assert load(saved).labels == ("policy",)


def test_a_failed_write_leaves_the_old_file(saved, monkeypatch):
    before = saved.read_bytes()
    monkeypatch.setattr(
        os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left"))
    )
    with pytest.raises(ArtifactError, match="cannot be written: No space left"):
        save(tiny(), saved)
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


# Files that are no model at all.


def test_a_missing_file(tmp_path):
    refused(tmp_path / "none.joblib", "no such model file")


def test_a_folder(tmp_path):
    refused(tmp_path, "cannot be read: Is a directory")


def test_a_pipe_that_nobody_writes_into(tmp_path):
    os.mkfifo(tmp_path / "pipe.joblib")
    refused(tmp_path / "pipe.joblib", "it is no regular file")


def test_an_enormous_file(tmp_path):
    path = tmp_path / "enormous.joblib"
    with path.open("wb") as file:
        file.write(b"\x80\x04")
        file.truncate(2**40)  # takes no room on disk
    refused(path, "it is far larger than a model")


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_name_that_no_system_allows(name):
    with pytest.raises(ArtifactError, match="cannot be read"):
        load(Path(name))


@pytest.mark.parametrize(
    "content", [b"", b"\x80", b"PK\x03\x04", b"not a model\n", b"\x93NUMPY\x01\x00"]
)
def test_something_else(tmp_path, content):
    path = tmp_path / "else.joblib"
    path.write_bytes(content)
    refused(path, "not a palermo model: it does not begin like one")


def test_a_scikit_learn_model(tmp_path):
    path = tmp_path / "sklearn.joblib"
    features = TfidfVectorizer().fit(["a boat", "a bus"])
    joblib.dump(
        LogisticRegression().fit(features.transform(["a boat", "a bus"]), [0, 1]), path, protocol=4
    )
    refused(
        path, r"it names sklearn\.linear_model\S+, which no model holds\. Nothing in it was run"
    )


# Files that were a model once.


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"format": FORMAT + 1}, f"model format {FORMAT + 1}, this palermo reads format {FORMAT}: upgrade palermo"),
        ({"format": FORMAT - 1}, "train the model again"),
        ({"format": "1"}, "it names no format"),
        ({"labels": ["trafficking"]}, "damaged: its values have digest"),
        ({"digest": "0" * 64}, "it says 000000000000"),
        ({"digest": None}, "damaged: it says no digest"),
        ({"digest": np.ones(2)}, "damaged: it says no digest"),
        ({"digest": np.array([])}, "damaged: it says no digest"),
        ({"labels": "smuggling"}, "odd labels"),
        ({"labels": []}, "labels that are none"),
        ({"about": {"version": ["0"]}}, "odd remarks"),
        ({"extra": 1}, r"its parts are \['about', 'extra'"),
        ({"weights": np.ones((2, 1))}, "weights is no i2"),
        ({"weights": np.ones((2, 1), np.int16)}, r"weights has shape \(2, 1\), not \(2, 2\)"),
        ({"thresholds": np.full(1, np.inf)}, "not finite"),
        ({"weights": None}, "weights is no i2"),
        ({"step": 1}, "a step that is no 1/2"),
        ({"step": float("nan")}, "a step that is no 1/2"),
        ({"keys": np.array([], np.uint64), "weights": np.ones((0, 2), np.int16)}, "or no keys"),
        ({"spelling": np.array([0xFF], np.uint8)}, "0 terms for 2 keys"),
        ({"keys": np.ones((2, 2), np.uint64)}, "keys has shape"),
    ],
)  # fmt: skip
def test_changed_values_are_named(saved, change, match):
    joblib.dump({**values(saved), **change}, saved, protocol=4)
    refused(saved, match)


def test_a_missing_part(saved):
    found = values(saved)
    del found["step"]
    joblib.dump(found, saved, protocol=4)
    refused(saved, "its parts are")


def test_instructions_that_make_no_sense(tmp_path, saved):
    path = tmp_path / "more.joblib"
    path.write_bytes(b"\x80\x04\x85.")  # a tuple of one value, and none was made
    refused(path, "it takes more values than it made")
    content = saved.read_bytes()
    assert content.count(b"order") >= 1
    path.write_bytes(content.replace(b"order", b"ordre"))
    refused(path, "it has an array without a full description")


def test_loading_a_model_imports_neither_joblib_nor_pickle_users(saved):
    code = (
        "import sys; from pathlib import Path; from palermo.artifact import load;"
        f"load(Path({str(saved)!r})); print([m for m in ('joblib', 'sklearn', 'scipy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
