import numpy as np
import pytest
from benchmarks.suspects import drawn, figures, flip, table
from hypothesis import given
from hypothesis import strategies as st

from palermo import LABELS, CorpusError
from palermo_training import corpus
from palermo_training.corpus import Row
from palermo_training.suspects import out_of_fold, suspects

SEEDS = corpus.seeds()


def row(number, tags=(), judged=("policy",), text="text", group="g"):
    return Row(str(number), text, tuple(tags), "none", group, judged)


def found(given_, said):
    rows = [row(n, ["policy"] if yes else []) for n, yes in enumerate(given_)]
    return suspects(rows, np.array(said)[:, None], ["policy"])


def test_an_answer_is_suspected_where_the_other_is_as_sure_as_usual():
    # Where yes was given models say 0.6 on average, where no was given 0.3.
    said = [0.9, 0.8, 0.1, 0.1, 0.7, 0.1, 0.1, 0.5]
    given_ = [True, True, True, False, False, False, False, False]
    assert [(each.row.id, each.given, each.probability) for each in found(given_, said)] == [
        ("2", True, 0.1),
        ("4", False, 0.7),
    ]


def test_the_less_probable_answer_is_the_more_suspect():
    said = [0.9, 0.9, 0.2, 0.05, 0.1, 0.1, 0.97, 0.1]
    given_ = [True, True, True, True, False, False, False, False]
    assert [each.row.id for each in found(given_, said)] == ["6", "3", "2"]


def test_a_rare_label_is_held_against_its_own_average():
    # Models that never say yes to more than 0.3 can still be as sure as they ever are.
    given_ = [True] * 3 + [False] * 9
    said = [0.3, 0.3, 0.3] + [0.05] * 8 + [0.31]
    assert [each.row.id for each in found(given_, said)] == ["11"]


def test_nothing_is_said_of_what_nobody_judged_or_of_one_side_alone():
    rows = [row(0, ["policy"]), row(1), row(2, judged=("smuggling",)), row(3, judged=())]
    said = np.array([[0.9, 0.9], [0.1, 0.1], [0.9, 0.9], [0.9, 0.9]])
    assert suspects(rows, said, ["policy", "smuggling"]) == []
    assert suspects([], np.empty((0, 1)), ["policy"]) == []


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans())))
def test_suspects_are_judged_rows_in_the_order_of_doubt(cases):
    rows = [
        row(n, ["policy"] if yes and asked else [], ("policy",) if asked else ())
        for n, (_, yes, asked) in enumerate(cases)
    ]
    said = np.array([each for each, _, _ in cases])[:, None]
    listed = suspects(rows, said.reshape(-1, 1), ["policy"])
    doubt = [1 - each.probability if each.given else each.probability for each in listed]
    assert doubt == sorted(doubt, reverse=True)
    assert all("policy" in each.row.judged for each in listed)
    assert len({each.row.id for each in listed}) == len(listed)


def test_probabilities_do_not_know_the_answer_of_their_group():
    turned, _ = flip(SEEDS[:60], 1.0, seed=1)
    assert {each.group for each in turned} < {each.group for each in SEEDS}
    first = SEEDS[0].group
    mine = [at for at, each in enumerate(SEEDS) if each.group == first]
    others = [each for each in SEEDS if each.group != first]
    rows = [SEEDS[at] for at in mine]
    contrary, _ = flip(rows, 1.0, seed=1)
    np.testing.assert_array_equal(out_of_fold(rows, others), out_of_fold(contrary, others))


def test_labels_that_palermo_does_not_know():
    rows = [
        row(
            n,
            ["boats"] if n % 2 else [],
            ("boats",),
            f"the {'boat' if n % 2 else 'bus'} word{n}",
            str(n),
        )
        for n in range(40)
    ]
    said = out_of_fold(rows, SEEDS, [*LABELS, "boats"])
    assert said.shape == (40, 5)
    assert ((said >= 0) & (said <= 1)).all()
    assert (said[1::2, 4] > said[::2, 4].max()).all()


def test_too_few_rows_of_a_label():
    rows = [row(n, ["boats"][n:], ("boats",), f"word{n}", str(n)) for n in range(5)]
    with pytest.raises(
        CorpusError, match="boats: without some of the groups, no row is left that has it"
    ):
        out_of_fold(rows, labels=["boats"])


def test_more_than_chance_of_what_was_turned_round_is_found():
    authored = corpus.authored()
    groups = drawn(authored, 1200, seed=1)
    rows, wrong = flip([each for each in authored if each.group in groups], 0.05, seed=1)
    result = figures(suspects(rows, out_of_fold(rows, SEEDS), LABELS), wrong)
    assert len(wrong) == round(0.05 * 4 * len(rows))
    assert result["precision among as many as were turned"] > 0.25  # 0.05 by chance
    assert result["recall among twice as many"] > 0.25
    assert "| answers turned round |" in table({"all": result})


def test_turning_answers_round_leaves_rows_that_keep_the_contract():
    rows, wrong = flip(SEEDS, 0.1, seed=2)
    now = {(each.id, label) for each in rows for label in each.tags}
    before = {(each.id, label) for each in SEEDS for label in each.tags}
    assert now ^ before == wrong
    for each in rows:
        assert each.primary in (each.tags or ("none",))
