import dataclasses
import random

import numpy as np
from conftest import PIECES, ROOT, any_text
from hypothesis import given, settings
from hypothesis import strategies as st

from palermo import engine as engine_module
from palermo.artifact import load, tiny
from palermo.engine import EXPONENT, Engine
from palermo.text import tokens
from palermo_training.reference import reference

ARTIFACT = load(ROOT / "artifacts" / "palermo.joblib")
ENGINE = Engine(ARTIFACT)
SCIKIT_LEARN = reference(ARTIFACT)

of_the_field = st.lists(
    st.sampled_from([term for term in ARTIFACT.terms if term[0] != "#"]), max_size=40
).map(" ".join)


@settings(max_examples=500)
@given(st.lists(st.one_of(any_text, of_the_field), min_size=1, max_size=5))
def test_scores_are_those_of_scikit_learn(texts):
    expected = SCIKIT_LEARN.decision_function(texts)
    np.testing.assert_allclose(ENGINE.log_odds(texts), expected, rtol=0, atol=1e-9)


def mixed(count, seed=2000):
    """Texts of the field's words, accented, joined wrongly, of other scripts, random, empty."""
    draw = random.Random(seed)
    words = [term for term in ARTIFACT.terms if term[0] != "#"]
    scripts = [(32, 127), (192, 592), (880, 1424), (1536, 1792), (0x3040, 0xA000), (0, 0x110000)]

    def word():
        kind = draw.random()
        if kind < 0.5:
            return draw.choice(words)
        if kind < 0.6:
            return draw.choice(words).title().replace("a", "á").replace("n", "ñ")
        if kind < 0.7:
            return draw.choice(words)[:4] + draw.choice(words)[-4:]
        if kind < 0.8:
            return draw.choice(PIECES)
        low, high = draw.choice(scripts)
        return "".join(chr(draw.randrange(low, high)) for _ in range(draw.randrange(9)))

    return [
        draw.choice((" ", " ", " ", ", ", "")).join(word() for _ in range(draw.randrange(14)))
        for _ in range(count)
    ]


def test_a_hundred_thousand_mixed_passages_are_scored_as_scikit_learn_does():
    texts = mixed(100_000)
    assert texts.count("") > 1000
    expected = SCIKIT_LEARN.decision_function(texts)
    np.testing.assert_allclose(ENGINE.log_odds(texts), expected, rtol=0, atol=1e-9)


@given(st.lists(any_text, max_size=8))
def test_a_passage_is_scored_the_same_in_any_company(texts):
    together = ENGINE.log_odds(texts)
    alone = [ENGINE.log_odds([text])[0] for text in texts]
    assert together.tolist() == [row.tolist() for row in alone]


def test_batches_join_seamlessly(seeds):
    texts = [f"{text[:200]} {number}" for number in range(600) for text in seeds.values()]
    assert len(texts) > 1000
    expected = SCIKIT_LEARN.decision_function(texts)
    np.testing.assert_allclose(ENGINE.log_odds(texts), expected, rtol=0, atol=1e-9)


@given(any_text)
def test_known_is_a_share_of_the_words(text):
    (known,) = ENGINE.known([text])
    assert 0 <= known <= 1
    if not tokens(text):
        assert known == 0


def test_known_tells_known_from_unknown_words():
    known = ENGINE.known(["migrants smugglers border", "qwx zzkj", "migrants zzkj", ""])
    assert known.tolist() == [1, 0, 0.5, 0]


def test_a_text_without_a_known_term_has_the_intercepts():
    np.testing.assert_array_equal(ENGINE.log_odds(["", "偷渡"]), [ARTIFACT.intercepts] * 2)


def test_sums_of_the_largest_weights_do_not_overflow():
    extreme = dataclasses.replace(
        tiny(),
        labels=("low",),
        weights=np.array([[-(2**15), 2**15 - 1]] * 2, np.int16),
        intercepts=np.array([-1.0, -1.0]),
        thresholds=np.array([0.5, 0.5]),
    )
    texts = ["boat " * 300_000, "boat", "boats " * 70_000 + "boat"]
    sums = Engine(extreme).log_odds(texts) + 1
    counts = np.array([300_000, 1, 70_001])
    expected = counts[:, None] * [[-(2**15), 2**15 - 1]] / counts[:, None] ** EXPONENT
    np.testing.assert_allclose(sums, expected, rtol=1e-12)


def test_a_word_too_long_to_be_one_has_no_runs():
    engine = Engine(tiny())
    assert engine.log_odds(["boat" * 10])[0, 0] == 0  # 40 letters, begins with boa: 1 - 1
    assert engine.log_odds(["boat" * 10 + "s"])[0, 0] == -1


def test_keys_are_found_wherever_they_lie():
    # At both ends of the table, and crowded at one place of it.
    crowd = [*range(1, 60), *range(2**62, 2**62 + 60), *range(2**64 - 60, 2**64)]
    terms = np.array(crowd, np.uint64)
    table = engine_module._Table(terms)
    assert table.number[table.places(terms)].tolist() == list(range(len(crowd)))
    others = np.array([0, 60, 2**62 - 1, 2**62 + 60, 2**63, 2**64 - 61], np.uint64)
    assert set(table.places(others)) == {table.nowhere}
    assert table.number[table.nowhere] == len(crowd)


def test_nothing_in_nothing_out():
    assert ENGINE.log_odds([]).shape == (0, 5)
    assert ENGINE.known([]).shape == (0,)
