import dataclasses

from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo.text import tokens
from palermo_training import variety
from palermo_training.corpus import Row


def row(text, id_="a", lang="en", family=""):
    return Row(id_, text, (), "none", id_, lang=lang, family=family)


LONG = "the guide took the money and left them at the river before dawn"
LIKE = "the guide took the money and left them at the bridge before dawn"


def shingles(text):
    words = tokens(text)
    if len(words) < 6:
        return {" ".join(words)}
    return {" ".join(words[at : at + 3]) for at in range(len(words) - 2)}


texts = st.lists(
    st.lists(
        st.sampled_from(["the", "guide", "took", "money", "at", "river", "left"]), max_size=12
    ).map(" ".join),
    max_size=8,
)


@given(texts)
def test_no_pair_of_near_duplicates_is_missed_or_made_up(texts):
    rows = [row(text, str(number)) for number, text in enumerate(texts)]
    expected = {
        (str(left), str(right))
        for right in range(len(texts))
        for left in range(right)
        for one, other in [(shingles(texts[left]), shingles(texts[right]))]
        if len(one & other) / len(one | other) >= 0.5
    }
    assert {(pair.left, pair.right) for pair in variety.duplicates(rows)} == expected


def test_hard_pairs_of_one_family_may_be_alike():
    left, right = row(LONG, "a", family="g f1"), row(LIKE, "b", family="g f1")
    assert variety.duplicates([left, right]) == []
    assert len(variety.duplicates([left, dataclasses.replace(right, family="g f2")])) == 1


def test_translations_are_told_by_names_and_numbers():
    english = (
        "On 7 May agents in Tapachula stopped 32 Cubans in a bus of the Cristóbal line to Puebla"
    )
    spanish = "El 7 de mayo, agentes en Tapachula pararon a 32 cubanos, en un bus Cristóbal rumbo a Puebla"
    pairs = variety.translations([row(english, "a"), row(spanish, "b", "es")])
    assert [(pair.left, pair.right) for pair in pairs] == [("a", "b")]
    assert variety.translations([row(english, "a"), row(english, "b")]) == []
    assert variety.translations([row(english, "a"), row("La patrulla de 1998", "b", "es")]) == []


def test_a_shared_skeleton_is_found():
    common = "he said that they had been in the {} for a {} and that it was not {} at all"
    rows = [
        row(common.format(*words), str(n))
        for n, words in enumerate([("camp", "week", "bad"), ("hull", "day", "safe")])
    ]
    filler = [
        row("he said that they had been in the for a and that it was not at all", f"f{n}")
        for n in range(9)
    ]
    many = [row(" ".join(f"word{n * 50 + k}" for k in range(50)), f"m{n}") for n in range(9)]
    found = variety.skeletons([*many, *filler, *rows])
    assert {"0", "1"} <= {id_ for ids in found.values() for id_ in ids}


@given(st.lists(any_text, max_size=6), st.integers(1, 30))
def test_there_are_no_more_distinct_pairs_than_running_words(texts, words):
    rows = [row(text, str(number)) for number, text in enumerate(texts)]
    count = variety.distinct_pairs(rows, words)
    assert 0 <= count <= variety.running_words(rows)


def test_repetition_lowers_the_distinct_pairs():
    various = [row(f"alpha{n} beta{n} gamma{n} delta{n}", str(n)) for n in range(50)]
    dull = [row("alpha beta gamma delta", str(n)) for n in range(50)]
    assert variety.distinct_pairs(various, 100) == 75
    assert variety.distinct_pairs(dull, 100) == 3


@given(any_text)
def test_a_text_knows_itself(text):
    assert variety.known_share([row(text)], [row(text)]) == (1.0 if tokens(text) else 0.0)
