import numpy as np
from conftest import ROOT, any_text
from hypothesis import given, settings
from hypothesis import strategies as st

from palermo.artifact import load
from palermo.engine import Engine
from palermo.text import tokens
from palermo_training.recipe import reference

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


@given(st.lists(any_text, max_size=8))
def test_a_passage_is_scored_the_same_in_any_company(texts):
    together = ENGINE.log_odds(texts)
    alone = [ENGINE.log_odds([text])[0] for text in texts]
    assert together.tolist() == [row.tolist() for row in alone]


def test_batches_join_seamlessly(seeds):
    texts = [f"{text[:200]} {number}" for number in range(600) for text in seeds.values()]
    assert len(texts) > 2 * 1024
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


def test_nothing_in_nothing_out():
    assert ENGINE.log_odds([]).shape == (0, 4)
    assert ENGINE.known([]).shape == (0,)
