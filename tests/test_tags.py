"""From probabilities to tags and the label."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from palermo.labels import LABELS, NONE
from palermo.tags import LEAD, leading, rolled_up, tagged

shares = st.floats(0, 1)
passages = st.lists(st.tuples(*[shares] * 5), min_size=1, max_size=20).map(np.array)
thresholds = st.tuples(*[shares] * 5).map(np.array)
findings = st.lists(
    st.lists(st.sampled_from(LABELS), unique=True).map(
        lambda tags: (tags[0] if tags else NONE, tags)
    )
)


@given(passages, thresholds)
def test_a_tag_needs_the_field_and_its_own_threshold(said, least):
    for row, given_ in zip(said.tolist(), tagged(said, least).tolist(), strict=True):
        inside = row[-1] >= least[-1]
        assert given_ == [inside and row[at] >= least[at] for at in range(len(LABELS))]


@given(passages, thresholds)
def test_the_label_is_one_of_the_tags(said, least):
    tags = tagged(said, least)
    label = leading(LABELS, said[:, :-1], tags)
    assert all(tags[row, label[row]] for row in np.flatnonzero(tags.any(axis=1)))


@given(passages, thresholds)
def test_a_lead_only_ever_helps_the_labels_that_have_it(said, least):
    tags = tagged(said, least)
    without = leading(LABELS, said[:, :-1], tags, lead={})
    for before, after in zip(
        without.tolist(), leading(LABELS, said[:, :-1], tags).tolist(), strict=True
    ):
        assert after == before or LABELS[after] in LEAD


def test_a_rule_told_with_the_crossing_is_about_the_rule():
    both = np.array([[True, False, False, True]])
    said = np.array([[0.7, 0.1, 0.1, 0.5]])
    assert LABELS[leading(LABELS, said, both)[0]] == "policy"
    said[0, 3] = 0.4  # odds of 2/3, three times that is less than 7/3
    assert LABELS[leading(LABELS, said, both)[0]] == "smuggling"


@given(findings)
def test_a_document_has_all_tags_and_the_commonest_label(said):
    label, tags = rolled_up(LABELS, said)
    assert set(tags) == {tag for _, each in said for tag in each}
    assert list(tags) == [each for each in LABELS if each in tags]
    labels = [each for each, _ in said if each != NONE]
    assert label == NONE if not labels else labels.count(label) == max(map(labels.count, labels))
