import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, confusion_matrix, precision_recall_fscore_support

from palermo import LABELS, CorpusError
from palermo_training import corpus
from palermo_training.agreement import agreement, kappa
from palermo_training.agreement import table as agreement_table
from palermo_training.corpus import Row
from palermo_training.evaluation import PRIMARY, Decision, evaluate, table

tag_sets = st.sets(st.sampled_from(LABELS)).map(
    lambda tags: tuple(label for label in LABELS if label in tags)
)


@st.composite
def cases(draw):
    """Rows in a few groups, and what some model said of them."""
    rows, decisions = [], []
    for number in range(draw(st.integers(1, 25))):
        tags, said = draw(tag_sets), draw(tag_sets)
        primary = draw(st.sampled_from(tags or ("none",)))
        group = draw(st.sampled_from("abc"))
        rows.append(Row(str(number), "text", tags, primary, group))
        decisions.append(Decision(said, draw(st.sampled_from(said or ("none",)))))
    return rows, decisions


@given(cases())
def test_the_figures_are_those_of_scikit_learn(case):
    rows, decisions = case
    found = evaluate(rows, decisions, "case")
    truth, said = [row.primary for row in rows], [each.primary for each in decisions]
    expected = precision_recall_fscore_support(truth, said, labels=PRIMARY, zero_division=np.nan)
    for column, label in enumerate(PRIMARY):
        score = found.primary[label]
        for value, right in zip((score.precision, score.recall, score.f1), expected, strict=False):
            if value is not None:
                assert value == pytest.approx(right[column], nan_ok=True)
        assert score.support == expected[3][column]
    f1 = [score.f1 for score in found.primary.values() if score.f1 is not None]
    assert found.macro_f1.value == pytest.approx(np.mean(f1))
    assert found.confusion == confusion_matrix(truth, said, labels=PRIMARY).tolist()
    assert found.accuracy == pytest.approx(np.mean(np.array(truth) == np.array(said)))
    if found.kappa is not None:
        assert found.kappa == pytest.approx(cohen_kappa_score(truth, said))
    has = np.array([[label in row.tags for label in LABELS] for row in rows])
    given_ = np.array([[label in each.tags for label in LABELS] for each in decisions])
    expected = precision_recall_fscore_support(has, given_, zero_division=np.nan)
    for column, label in enumerate(LABELS):
        if found.tags[label].f1 is not None:
            assert found.tags[label].f1 == pytest.approx(expected[2][column])


@given(cases())
def test_an_interval_holds_its_figure_where_there_is_one_group(case):
    rows, decisions = case
    rows = [dataclasses.replace(row, group="one") for row in rows]
    found = evaluate(rows, decisions, "case").macro_f1
    assert found.low == pytest.approx(found.value) == pytest.approx(found.high)


def test_an_interval_is_wide_where_groups_differ():
    rows = [Row(str(n), "text", ("policy",), "policy", f"g{n % 6}") for n in range(60)]
    right, wrong = Decision(("policy",), "policy"), Decision((), "none")
    half = [right if n % 6 < 3 else wrong for n in range(60)]
    found = evaluate(rows, half, "half").macro_f1
    assert found.low < found.value - 0.1
    assert found.value + 0.1 < found.high
    assert evaluate(rows, half, "half").macro_f1 == found  # the same draws every time


def test_a_perfect_model():
    rows = corpus.seeds()
    found = evaluate(rows, [Decision(row.tags, row.primary) for row in rows], "perfect")
    assert found.macro_f1.value == found.macro_f1.low == found.macro_f1_tags.value == 1
    assert found.kappa == found.accuracy == 1


def test_rows_that_leave_a_label_open_cannot_be_scored():
    row = Row("a", "text", (), "none", "g", judged=LABELS[:2])
    with pytest.raises(CorpusError, match=r"a: only \('smuggling', 'trafficking'\) were judged"):
        evaluate([row], [Decision((), "none")], "case")


def test_the_table_shows_what_is_undefined_as_a_dash():
    shown = table(evaluate([Row("1", "x", (), "none", "a")], [Decision((), "none")], "one"))
    assert "smuggling              –         –         –         0" in shown
    assert "none               1.000     1.000     1.000         1" in shown
    assert "indicative: few groups" in shown


def test_the_table_shows_no_control_characters_of_a_label():
    odd = "a\x1b[2J"
    row = Row("1", "x", (odd,), odd, "a", judged=(odd,))
    found = evaluate([row], [Decision(row.tags, row.primary)], "one", row.tags)
    assert "a\\x1b[2J           1.000" in table(found)
    assert "\x1b" not in table(found)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("ab")), min_size=1))
def test_kappa(pairs):
    left, right = zip(*pairs, strict=True)
    value = kappa(left, right)
    if len({*left, *right}) == 1:
        assert value is None
    else:
        assert value == pytest.approx(cohen_kappa_score(left, right))


def test_agreement_comes_from_the_raw_readings(tmp_path):
    def reading(reader, *labels):
        rows = [
            {"id": str(n), "tags": [label] if label != "none" else [], "primary": label}
            for n, label in enumerate(labels)
        ]
        (tmp_path / f"set-{reader}.jsonl").write_text("\n".join(map(json.dumps, rows)))

    reading("a", "policy", "policy", "none", "none")
    reading("b", "policy", "policy", "none", "policy")
    found = agreement(tmp_path)
    assert found == {
        "set a-b": {
            "rows": 4, "same primary": 0.75, "primary": 0.5, "smuggling": None,
            "trafficking": None, "enforcement": None, "policy": 0.5,
        }
    }  # fmt: skip
    assert "set a-b                      4         0.750         0.500" in agreement_table(found)
    reading("b", "policy")
    with pytest.raises(CorpusError, match="readings set a-b: only one reader has 1, 2, 3"):
        agreement(tmp_path)


def test_agreement_without_readings(tmp_path):
    with pytest.raises(CorpusError, match=r"no readings; expected files such as seeds-a\.jsonl"):
        agreement(tmp_path)
