import numpy as np
import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo import LABELS
from palermo.text import fold, tokens

WORDS = """The coyotes charged migrants MIGRANTES tra\u0301fico traﬃckers forced smug\u00adgled xyzzy
sextraffickinglike to work, without pay. deportation"""

of_the_field = st.lists(st.sampled_from(WORDS.split()), max_size=30).map(" ".join)


@given(st.one_of(any_text, of_the_field), st.sampled_from(LABELS))
def test_contributions_and_the_intercept_are_the_log_odds(predictor, text, label):
    found = predictor.explain(text, label)
    total = sum(each.contribution for each in found) + predictor.intercepts[label]
    probability = predictor.predict_proba([text])[0, LABELS.index(label)]
    assert 1 / (1 + np.exp(-np.clip(total, -700, 700))) == pytest.approx(probability, abs=1e-12)
    for each in found:
        assert each.text == text[each.start : each.end]
        assert 1 <= len(tokens(each.text)) <= 2
        assert each.contribution != 0


def test_a_word_is_found_where_it_is_written(predictor):
    text = "¡Los TRA\u0301FICANTES y los traﬃck\u00aders!"
    words = [each.text for each in predictor.explain(text, "trafficking")]
    assert "TRA\u0301FICANTES" in words
    assert "traﬃck\u00aders" in words
    assert fold("traﬃck\u00aders") == "traffickers"


def test_an_unknown_word_speaks_by_its_parts(predictor):
    (word,) = predictor.explain("smugglerettes", "smuggling")
    assert word.contribution > 0
    assert predictor.tag("smugglerettes")[0].known == 0


def test_what_cannot_be_explained(predictor):
    with pytest.raises(ValueError, match="no label 'none'; the model's are smuggling, trafficking"):
        predictor.explain("A boat.", "none")
    with pytest.raises(TypeError, match="text is list; explain takes one passage as a str"):
        predictor.explain(["A boat."], "policy")
