"""One predictor used by many threads and processes, pickled and copied: the same answers."""

import copy
import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from threading import Barrier

import joblib
import numpy as np
import pytest
from conftest import ROOT, any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo import Predictor
from palermo.artifact import tiny

PATIENCE = 300  # seconds until a hang counts as one
THREADS = 16
MODEL = ROOT / "artifacts" / "palermo.joblib"

inherited: list[Predictor] = []
"""What forked processes find here, none has been sent."""


def tag_inherited(text):
    return inherited[0].tag(text)


@pytest.fixture(scope="module")
def texts(seeds):
    return [*seeds.values(), "", "Los coyotes pidieron $7,000. 偷渡 ß ﬃ e\u0301 \ud800"]


@pytest.fixture(scope="module")
def expected(texts):
    predictor = Predictor.load()
    return [predictor.tag(text) for text in texts]


def test_in_threads(predictor, texts, expected):
    together = Barrier(THREADS, timeout=PATIENCE)

    def work(number):
        together.wait()
        order = range(number, number + len(texts))  # each thread begins with another text
        return {at % len(texts): predictor.tag(texts[at % len(texts)]) for at in order}

    with ThreadPoolExecutor(THREADS) as pool:
        for found in pool.map(work, range(THREADS), timeout=PATIENCE):
            assert [found[at] for at in range(len(texts))] == expected


# The first use of the engine fills tables that all threads share: powers, folded characters.
FIRST_USE = """
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from palermo import Predictor

sys.setswitchinterval(1e-6)
predictor = Predictor.load()
texts = [
    " ".join(chr(point) * 3 for point in range(start, 0x3000, 97) if chr(point).isprintable())
    + " The smugglers charged $7,000." * (start % 7) for start in range(64)
]
together = Barrier(16, timeout=300)

def work(number):
    together.wait()
    return predictor.predict_proba(texts[number:] + texts[:number])

with ThreadPoolExecutor(16) as pool:
    found = list(pool.map(work, range(16)))
alone = predictor.predict_proba(texts)
for number, each in enumerate(found):
    assert (each[len(texts) - number :] == alone[:number]).all()
    assert (each[: len(texts) - number] == alone[number:]).all()
fresh = Predictor.load()
assert all((fresh.predict_proba([text]) == row).all() for text, row in zip(texts, alone))
print("the same")
"""


def test_in_threads_from_the_first_use_on():
    run = subprocess.run(
        [sys.executable, "-c", FIRST_USE], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (run.stdout, run.stderr) == ("the same\n", "")


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_in_forked_processes(predictor, texts, expected, monkeypatch):
    monkeypatch.setitem(globals(), "inherited", [predictor])
    with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
        assert list(pool.map(tag_inherited, texts, timeout=PATIENCE)) == expected
        assert list(pool.map(predictor.tag, texts, timeout=PATIENCE)) == expected


def test_in_spawned_processes(predictor, texts, expected):
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        assert list(pool.map(predictor.tag, texts, timeout=PATIENCE)) == expected


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_by_joblib(predictor, texts, expected, backend):
    timeout = None if backend == "multiprocessing" else PATIENCE
    tag = joblib.delayed(predictor.tag)
    found = joblib.Parallel(n_jobs=2, backend=backend, timeout=timeout)(tag(text) for text in texts)
    assert found == expected


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickled(predictor, texts, expected, protocol):
    again = pickle.loads(pickle.dumps(predictor, protocol))
    assert again.model == predictor.model
    assert [again.tag(text) for text in texts] == expected
    assert again.explain("The coyote hid them.", "smuggling") == predictor.explain(
        "The coyote hid them.", "smuggling"
    )


def test_a_pickle_holds_the_model_and_no_tables_built_from_it():
    predictor = Predictor.load(MODEL)
    predictor.predict(["The smugglers charged $7,000."])
    assert len(pickle.dumps(predictor)) < MODEL.stat().st_size + 1000


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_copied(predictor, texts, expected, copied):
    again = copied(predictor)
    assert again.model == predictor.model
    assert [again.tag(text) for text in texts] == expected


def test_a_subclass_stays_one():
    again = pickle.loads(pickle.dumps(Named(tiny())))
    assert type(again) is Named
    assert again.predict(["boat"]) == ["smuggling"]


class Named(Predictor):
    """What somebody else may make of a predictor."""


@given(st.lists(any_text, max_size=4), st.lists(any_text, max_size=4))
def test_what_was_asked_before_changes_nothing(predictor, before, texts):
    first = predictor.predict_proba(texts)
    held = pickle.dumps(predictor)
    predictor.predict_proba(before)
    for text in before:
        predictor.tag(text, "document")
        predictor.explain(text, "policy")
    np.testing.assert_array_equal(predictor.predict_proba(texts), first)
    assert pickle.dumps(predictor) == held
