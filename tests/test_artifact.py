import dataclasses
import os
import pickle
import re
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


class Evil:
    """Leaves a mark if anybody unpickles it."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return os.system, (f"touch {self.mark}",)


class EvilState:
    """The same by way of its state."""

    def __init__(self, mark):
        self.mark = mark

    def __reduce__(self):
        return exec, (f"open({str(self.mark)!r}, 'w')",)


@pytest.fixture
def mark(tmp_path):
    """A file that exists if something hostile ran."""
    path = tmp_path / "it-ran"
    yield path
    assert not path.exists()


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
        weights=random.integers(-(2**15), 2**15, (len(terms), len(labels)), np.int16),
        step=2.0 ** -int(random.integers(0, 20)),
        intercepts=random.normal(size=len(labels)),
        thresholds=random.random(len(labels)),
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
        ({"intercepts": np.array([np.nan])}, "intercepts holds numbers that are not finite"),
        ({"thresholds": np.array([1.5])}, "thresholds outside 0 to 1"),
        ({"points": tiny().points * 2}, "operating points outside 0 to 1"),
        ({"points": tiny().points[:, ::-1]}, "operating points that do not ascend"),
        ({"points": tiny().points[0]}, r"points has shape \(2, 5\), not \(1, 5, 5\)"),
        ({"points": tiny().points[..., :4]}, r"points has shape \(1, 2, 4\), not \(1, 2, 5\)"),
        ({"intercepts": np.array([1.0, 2.0])}, r"intercepts has shape \(2,\), not \(1,\)"),
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


@pytest.mark.parametrize("compress", [("zlib", 3), ("gzip", 3), ("bz2", 3), ("xz", 3)])
def test_a_compressed_file(saved, tmp_path, compress):
    path = tmp_path / "compressed.joblib"
    joblib.dump(values(saved), path, compress=compress)
    refused(path, "it does not begin like one")


# Files that were a model once.


def test_every_shortened_file_is_refused(saved):
    content = saved.read_bytes()
    for length in range(2, len(content)):
        saved.write_bytes(content[:length])
        refused(saved, "not a palermo model|damaged")


def test_something_after_the_end(saved):
    saved.write_bytes(saved.read_bytes() + b".")
    refused(saved, "something follows its end")


@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_every_flipped_byte_is_refused_or_does_not_matter(saved, flip):
    content = saved.read_bytes()
    for at in range(len(content)):
        saved.write_bytes(content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :])
        try:
            found = load(saved)
        except ArtifactError as error:
            assert str(saved) in str(error)
        else:  # a flip in padding
            assert same(found, tiny())


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
        ({"weights": np.ones((2, 2), np.int16)}, r"weights has shape \(2, 2\), not \(2, 1\)"),
        ({"thresholds": np.full(1, np.inf)}, "not finite"),
        ({"weights": None}, "weights is no i2"),
        ({"step": 1}, "a step that is no 1/2"),
        ({"step": float("nan")}, "a step that is no 1/2"),
        ({"keys": np.array([], np.uint64), "weights": np.ones((0, 1), np.int16)}, "or no keys"),
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


# Files that mean harm: none is run, each is refused by name.


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
@pytest.mark.parametrize("evil", [Evil, EvilState])
def test_a_pickle_that_runs_a_command(tmp_path, mark, evil, protocol):
    path = tmp_path / "evil.joblib"
    path.write_bytes(pickle.dumps(evil(mark), protocol=protocol))
    refused(path, "not a palermo model")


def test_a_command_inside_a_model(saved, mark):
    joblib.dump({**values(saved), "about": Evil(mark)}, saved, protocol=4)
    refused(saved, r"it names (posix|nt)\.system, which no model holds")


def test_a_command_inside_an_object_array(saved, mark):
    joblib.dump(
        {**values(saved), "thresholds": np.array([Evil(mark)], dtype=object)}, saved, protocol=4
    )
    refused(saved, "an array of 'O8', not of plain numbers")


def test_an_object_array_that_calls_itself_numbers(saved, mark):
    joblib.dump(
        {**values(saved), "thresholds": np.array([Evil(mark)], dtype=object)}, saved, protocol=4
    )
    saved.write_bytes(saved.read_bytes().replace(b"\x8c\x02O8", b"\x8c\x02f8"))
    refused(saved, "an array of an odd kind")


def stack_global(module, name, *rest):
    """A pickle that fetches a name and goes on as told."""

    def text(value):
        raw = value.encode()
        return b"\x8c" + bytes([len(raw)]) + raw

    return b"\x80\x04" + text(module) + text(name) + b"\x93" + b"".join(rest) + b"."


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("builtins", "getattr"),
        ("subprocess", "Popen"), ("importlib", "import_module"), ("numpy", "load"),
        ("numpy", "ndarray.tofile"), ("numpy", "dtype.__class__"), ("numpy ", "ndarray"),
        ("numpy", "ndarraу"), ("NumPy", "ndarray"), ("numpy.core", "ndarray"),
        ("joblib.numpy_pickle", "NumpyUnpickler"), ("joblib.numpy_pickle", "load"),
        ("joblib.numpy_pickle", "NumpyArrayWrapper.read"), ("joblib", "numpy_pickle"),
        ("sklearn.pipeline", "Pipeline"), ("palermo.predictor", "Predictor"), ("", ""),
    ],
)  # fmt: skip
def test_a_name_that_looks_like_one_of_ours(tmp_path, module, name):
    path = tmp_path / "name.joblib"
    path.write_bytes(stack_global(module, name, b")R"))
    refused(path, re.escape(f"it names {module}.{name}, which no model holds"))


NESTED = b")" + b"".join(b"\x94h" + bytes([depth]) + b"\x86" for depth in range(60))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"\x80\x04cos\nsystem\n(S'true'\ntR.", r"it names os\.system"),  # GLOBAL
        (b"\x80\x04(S'true'\nios\nsystem\n.", "instruction INST|instruction STRING"),
        (b"\x80\x04(cos\nsystem\nS'true'\no.", r"it names os\.system"),  # OBJ
        (b"\x80\x04\x82\x01.", "instruction EXT1"),
        (b"\x80\x04Pmodel\n.", "instruction PERSID"),
        (b"\x80\x04}Q.", "instruction BINPERSID"),
        (stack_global("numpy", "dtype", b"\x8c\x02f8\x85R"), "it calls something"),
        (stack_global("numpy", "ndarray", b"K\x01\x85R"), "it calls something"),
        (stack_global("numpy", "ndarray", b")\x81"), "it makes an object that is no array"),
        (stack_global("numpy", "dtype", b"\x8c\x02V8\x89\x88\x87R"), "an array of 'V8'"),
        (b"\x80\x04}}b.", "it changes a value that is no array"),
        (b"\x80\x04]\x94h\x00a.", "something other than named values"),  # a list inside itself
        (b"\x80\x04}\x94\x8c\x01ah\x00s.", "names no format"),  # a dict inside itself
        (b"\x80\x04}K\x01K\x02s.", "something other than named values"),
        # Tuples of themselves, sixty deep: hashing or printing one takes for ever.
        (b"\x80\x04}" + NESTED + b"Ns.", "something other than named values"),
        (b"\x80\x04" + NESTED + b"\x8c\x01x\x93.", "it names something by what is no text"),
        (b"\x80\x04)" + b"\x85" * 2000 + b"\x8c\x01x\x93.", "it names something by what is no text"),
        (stack_global("numpy", "dtype", NESTED, b"\x89\x88\x87R"), "an array of '', not of plain"),
        (b"\x80\x04K\x01K\x01a.", "appends to something that is no list"),
        (b"\x80\x04K\x01K\x01K\x01s.", "sets items of something that is no dict"),
        (b"\x80\x04a.", "cut short or damaged|more values"),
        (b"\x80\x04h\x07.", "cut short or damaged"),
        (b"\x80\x04t.", "cut short or damaged"),
        (b"\x80\x04K\x01K\x02.", "cut short or damaged"),
        (b"\x80\x04" + b"]" * 20_000 + b".", "far more parts than a model"),
        (b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fx.", "cut short or damaged"),
        (b"\x80\x04\x8b\xff\xff\xff\x7fx.", "cut short or damaged"),
    ],
)  # fmt: skip
def test_instructions_that_no_model_needs(tmp_path, content, match):
    path = tmp_path / "odd.joblib"
    path.write_bytes(content)
    refused(path, match)


@pytest.mark.parametrize(
    "shape", [(2**40,), (2**31, 2**31), (2**70,), (-1,), (1,) * 9, (True,), ("1",)]
)
def test_an_array_that_claims_to_be_enormous(saved, shape, monkeypatch):
    from joblib.numpy_pickle import NumpyArrayWrapper

    init = NumpyArrayWrapper.__init__

    def lying(self, subclass, true_shape, *rest, **more):
        init(self, subclass, shape, *rest, **more)

    monkeypatch.setattr(NumpyArrayWrapper, "__init__", lying)
    joblib.dump(values_of_tiny(), saved, protocol=4)
    refused(saved, "claims one too large|of an odd kind|instruction LONG")


def values_of_tiny():
    from palermo.artifact import _to_values

    return _to_values(tiny())


def test_loading_a_model_imports_neither_joblib_nor_pickle_users(saved):
    code = (
        "import sys; from pathlib import Path; from palermo.artifact import load;"
        f"load(Path({str(saved)!r})); print([m for m in ('joblib', 'sklearn', 'scipy') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
