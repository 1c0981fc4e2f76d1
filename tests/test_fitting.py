import dataclasses
import sys

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from palermo import LABELS, CorpusError, Predictor
from palermo.artifact import load, save
from palermo.tags import tagged
from palermo_training import corpus, recipe
from palermo_training.corpus import Row
from palermo_training.fitting import Counts, train

ROWS = corpus.seeds()


def test_training_twice_gives_the_same_model():
    assert train(ROWS).digest == train(ROWS).digest


def test_labels_that_nobody_judged_teach_nothing():
    # Whether an undecided row is tagged makes no difference to that label's numbers.
    column = LABELS.index("policy")
    unknown = [
        dataclasses.replace(row, judged=LABELS[:3], tags=tags, primary=tags[0] if tags else "none")
        for row in ROWS[::3]
        for tags in [tuple(tag for tag in row.tags if tag != "policy")]
    ]
    known = [row for number, row in enumerate(ROWS) if number % 3]
    rows = sorted([*unknown, *known], key=lambda row: row.id)
    as_yes = [
        dataclasses.replace(row, tags=(*row.tags, "policy")) if "policy" not in row.judged else row
        for row in rows
    ]
    one, other = train(rows), train(as_yes)
    np.testing.assert_array_equal(one.weights[:, column], other.weights[:, column])
    assert one.thresholds[column] == other.thresholds[column]
    # And it is another model than one for which undecided means no.
    as_no = [dataclasses.replace(row, judged=LABELS) for row in rows]
    assert (train(as_no).weights[:, column] != one.weights[:, column]).any()


def test_of_the_field_is_what_has_any_label():
    half = [dataclasses.replace(row, judged=LABELS[:2]) for row in ROWS]
    table = Counts([*ROWS, *half])
    ours, theirs = table.has[: len(ROWS), -1], table.has[len(ROWS) :, -1]
    assert ours.tolist() == [bool(row.tags) for row in ROWS]
    assert table.judged[: len(ROWS), -1].all()
    # With labels left undecided, a row without a tag may still be of the field.
    assert theirs.tolist() == [bool({*row.tags} & {*LABELS[:2]}) for row in ROWS]
    assert table.judged[len(ROWS) :, -1].tolist() == theirs.tolist()


def test_where_every_row_has_a_label_all_passages_are_of_the_field():
    rows = [row for row in ROWS if row.tags]
    rows = [dataclasses.replace(row, group=str(at % 7)) for at, row in enumerate(rows)]
    artifact = train(rows)
    assert not artifact.weights[:, -1].any()
    assert artifact.thresholds[-1] == 0
    assert any(Predictor(artifact).predict_tags([row.text for row in rows]))


@given(st.integers(0, 2**32))
def test_thresholds_are_the_best_for_what_the_field_lets_through(seed):
    random = np.random.default_rng(seed)
    scores = random.normal(size=(60, 3))
    has = scores + random.normal(size=scores.shape) > 0
    has[:2] = [[True] * 3, [False] * 3]
    rule = recipe.rule(scores, has)
    probabilities = rule.probabilities(scores)
    inside = probabilities[:, -1] >= rule.thresholds[-1]
    said = tagged(probabilities, rule.thresholds)
    for column in range(2):
        truth = has[:, column]
        f1 = [
            2 * (given & truth).sum() / max(given.sum() + truth.sum(), 1)
            for least in (*probabilities[:, column], 2.0)
            for given in [inside & (probabilities[:, column] >= least)]
        ]
        found = said[:, column]
        best = 2 * (found & truth).sum() / max(found.sum() + truth.sum(), 1)
        assert best == pytest.approx(max(f1), abs=1e-9)


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        ([Row("a", "one", ("policy",), "policy", "g"), Row("b", "two", (), "none", "g")], "all rows are of one group"),
        ([row for row in ROWS if row.group in ("seed-000", "seed-001")], "trafficking: without some of the groups, no row is left that has it; label more, in other groups"),
    ],
)  # fmt: skip
def test_too_little_to_train_on(rows, match):
    with pytest.raises(CorpusError, match=match):
        train(rows)


def test_what_is_held_out_teaches_nothing():
    rows = corpus.seeds()
    inside, outside = np.arange(0, 150), np.arange(150, len(rows))
    shuffled = list(rows)
    for at, other in zip(outside, outside[::-1], strict=True):  # the same terms, elsewhere
        shuffled[at] = dataclasses.replace(rows[at], text=rows[other].text)
    assert sum("traffick" in rows[at].text for at in outside) > 2
    one, other = (Counts(each).fit(inside) for each in (rows, shuffled))
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


def test_the_words_that_name_the_field_count_less_than_they_would():
    rows = corpus.seeds()
    every = np.arange(len(rows))
    weights = {}
    for share in (0, 0.25, 0.5):
        table = Counts(rows, dataclasses.replace(recipe.SHIPPED, masked=share))
        (at,) = np.flatnonzero(table.names == "smugglers")
        weights[share] = table.fit(every)[0][at, 0]
    assert weights[0] > weights[0.25] > weights[0.5] > 0


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.sampled_from("abc")), min_size=1),
    st.floats(0, 0.9),
)
def test_operating_points_are_what_they_say(rows, least):
    said, truth, groups = map(np.array, zip(*rows, strict=True))
    points = recipe.operating_points(least, said, truth, groups)
    assert points[0, 0] == least
    assert (np.diff(points[:, 0]) > 0).all()
    assert (np.diff(points[:, 4]) <= 0).all()
    assert ((points >= 0) & (points <= 1)).all()
    assert (points[:, 2] <= points[:, 3]).all()
    for point, precision, _, _, recall in points.tolist():
        given_ = said >= point
        assert precision == (truth[given_].mean() if given_.any() else 0)
        assert recall == pytest.approx((given_ & truth).sum() / max(truth.sum(), 1))


def test_a_model_whose_label_learnt_nothing_is_saved_and_loaded(tmp_path):
    random = np.random.default_rng(0)
    rows = [
        Row(str(at), text, tags, tags[0] if tags else "none", str(at % 6), judged=("ours",))
        for at in range(60)
        for text in [" ".join("".join(word) for word in random.choice([*"abcdefgh"], (8, 5)))]
        for tags in [("ours",) if random.random() < 0.5 else ()]
    ]
    artifact = train(rows)
    assert np.unique(artifact.points[..., 0]).tolist() == [1]
    save(artifact, tmp_path / "nothing.joblib")
    assert load(tmp_path / "nothing.joblib").digest == artifact.digest


def test_two_terms_with_one_key(monkeypatch):
    module = sys.modules["palermo_training.fitting"]
    monkeypatch.setattr(module, "keys", lambda terms: np.ones(len(terms), np.uint64))
    with pytest.raises(
        CorpusError, match=r"two terms have the same key; change palermo\.keys\.BASE"
    ):
        train(ROWS)


def test_a_label_on_every_row():
    rows = [
        Row(str(number), f"text {number}", LABELS, "policy", str(number % 4))
        for number in range(12)
    ]
    with pytest.raises(CorpusError, match="no row is left that lacks it"):
        train(rows)


@given(
    st.lists(st.sampled_from("abcdefgh"), min_size=2).filter(lambda groups: len(set(groups)) > 1)
)
def test_folds_part_no_group_and_test_every_row_once(groups):
    tested = []
    for inside, outside in recipe.folds(groups):
        assert not {groups[row] for row in inside} & {groups[row] for row in outside}
        assert sorted([*inside, *outside]) == list(range(len(groups)))
        tested += outside.tolist()
    assert sorted(tested) == list(range(len(groups)))


scored = st.lists(st.tuples(st.floats(-20, 20), st.booleans()), min_size=2, max_size=40).filter(
    lambda pairs: len({truth for _, truth in pairs}) == 2
)


@given(scored)
@example([(0.0, False), (1.192092896e-07, True)])
@example([(0.0, False), (0.0, True)])
def test_the_sigmoid_never_turns_scores_around(pairs):
    scores, truth = (np.array(each) for each in zip(*pairs, strict=True))
    slope, offset = recipe.sigmoid(scores.astype(float), truth.astype(bool))
    assert slope >= 0
    assert np.isfinite([slope, offset]).all()


def test_the_sigmoid_finds_the_probabilities_that_made_the_labels():
    random = np.random.default_rng(0)
    scores = random.normal(size=20_000)
    truth = random.random(20_000) < 1 / (1 + np.exp(-(2 * scores - 1)))
    assert recipe.sigmoid(scores, truth) == pytest.approx((2, -1), abs=0.06)


@given(scored)
def test_no_threshold_has_a_better_f1(pairs):
    scores, truth = (np.array(each) for each in zip(*pairs, strict=True))
    probabilities = np.round(1 / (1 + np.exp(-scores)), 3)
    truth = truth.astype(bool)

    def f1(threshold):
        said = probabilities >= threshold
        return 2 * (said & truth).sum() / (said.sum() + truth.sum())

    chosen = recipe.threshold(probabilities, truth)
    assert 0 <= chosen <= 1
    if len(set(probabilities.tolist())) == 1:
        assert chosen == 1
    else:
        assert f1(chosen) == pytest.approx(max(f1(value) for value in probabilities), abs=1e-12)
