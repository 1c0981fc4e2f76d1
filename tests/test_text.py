import pytest
from conftest import any_text
from hypothesis import given

from palermo.text import fold, terms, tokens


@given(any_text)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)


@given(any_text, any_text)
def test_a_space_parts_words(left, right):
    assert tokens(f"{left} {right}") == tokens(left) + tokens(right)


@given(any_text)
def test_terms_are_words_then_pairs_then_character_runs(text):
    words = tokens(text)
    found = terms(text)
    assert found[: len(words)] == words
    pairs = found[len(words) : len(words) + max(len(words) - 1, 0)]
    assert pairs == [f"{words[at]} {words[at + 1]}" for at in range(len(pairs))]
    assert all(term[0] == "#" for term in found[len(words) + len(pairs) :])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("TRÁFICO ILÍCITO", "trafico ilicito"),
        ("tra\u0301fico", "trafico"),  # the accent as a sign of its own
        ("traﬃcking", "trafficking"),  # a ligature out of a PDF
        ("traf\u00adfick\u200bing", "trafficking"),  # soft hyphen, zero-width space
        ("Straße", "strasse"),
        ("İzmir", "izmir"),
        ("ｓｍｕｇｇｌｅ", "smuggle"),  # full-width letters
    ],
)
def test_spellings_of_one_word_are_one(written, meant):
    assert tokens(written) == tokens(meant) == meant.split()


def test_words_of_every_script_count():
    assert tokens("مهرب 偷渡 переправщик") == ["مهرب", "偷渡", "переправщик"]


def test_no_word_is_taken_for_a_character_run():
    assert "mig" in terms("mig")
    assert "mig" not in terms("migrant")
