import re
import subprocess
import sys
import unicodedata

import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo.terms import WORDS, mask, uses


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Human traffickers charged each family 900 dollars.", "trafficking"),
        ("The smugglers kept the girls in a flat and sold them.", "smuggling"),
        ("Smuggling is a crime against a state, trafficking one against a person.", "both"),
        ("La trata y el tráfico ilícito de migrantes son delitos distintos.", "both"),
        ("Acusados de trata de personas por llevar haitianos a Texas.", "trafficking"),
        ("El coyotaje mueve millones.", "smuggling"),
        ("Traficantes de indocumentados cobraban 7.000 dólares.", "smuggling"),
        ("Drug trafficking fell by a tenth.", None),
        ("He smuggled forty cartons of cigarettes.", None),
        ("Wildlife traffickers and ivory smugglers met in Lomé.", None),
        ("Drug smugglers and human traffickers use the same road.", "trafficking"),
        ("El tráfico de influencias se trata de otra cosa.", None),
        ("El tráfico de personas crece.", None),
        ("Se trata de la ley.", None),
        ("El coyote trata de cruzar el río con los migrantes.", None),
        ("La policía trata a los migrantes como delincuentes.", None),
        ("El médico la trata mal y les trata como a niños.", None),
        ("¿De qué trata? Trata sobre migrantes.", None),
        ("Se trata de personas que huyen.", None),
        ("Rescatan a víctimas de trata en Tapachula.", "trafficking"),
        ("Día contra la trata de mujeres.", "trafficking"),
        ("Trata de personas: nueve detenidos.", "trafficking"),
        ("Trata y tráfico de migrantes, dos delitos.", "both"),
        ("Traffickers took 900 dollars in cash and their phones.", "trafficking"),
        (
            "The smuggled ore was, as the clerk of customs mentioned, then there was fuel.",
            "smuggling",
        ),
        ("Nobody was smuggled anywhere.", "smuggling"),
        ("The traffic was heavy.", None),
        ("", None),
    ],
)
def test_the_word_that_is_used_of_people(text, word):
    assert uses(text) == word


PIECES = ["smuggled", "trafficked", "girls", "ivory", "a", "near", "across the wide green valley"]


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))
def test_a_word_is_said_of_the_nearest_of_all_people_and_goods(text):
    def nearest(kind, word):
        return min(
            (
                max(word.start() - match.end(), match.start() - word.end())
                for match in re.finditer(kind, text)
            ),
            default=32,
        )

    found = {
        word
        for word, form in (("smuggling", "smuggled"), ("trafficking", "trafficked"))
        for match in re.finditer(form, text)
        for goods in [nearest("ivory", match)]
        if goods >= 32 or nearest("girls", match) <= goods
    }
    assert uses(text) == ("both" if len(found) == 2 else next(iter(found), None))


def test_a_passage_of_nothing_but_the_words_is_no_hang():
    # Searching all of it anew for each word would take hours.
    code = "from palermo.terms import uses; assert uses('drug trafficking and ' * 20_000) is None"
    subprocess.run([sys.executable, "-c", code], timeout=120, check=True)


@given(any_text)
def test_what_is_masked_is_gone_and_nothing_else(text):
    left = mask(text)
    assert len(left) == len(text) - sum(len(match[0]) for match in WORDS.finditer(text))
    if not WORDS.search(text):
        assert left == text
        assert uses(text) is None


@pytest.mark.parametrize(
    "word", ["traﬃckers", "traf\u00adfickers", "tra\u0301fico", "smug\u200bglers"]
)
def test_a_word_that_a_pdf_has_cut_is_masked_too(word):
    assert mask(f"the {word} left") == "the  left"
    assert mask(f"cafe\u0301, the {word}") == "café, the "


def test_a_wrong_word_is_named(predictor):
    wrong, right, both, other = predictor.tag(
        "Human traffickers charged each family 900 dollars and walked them over the river.\n\n"
        "The traffickers kept her passport, locked the flat and sold her to men for a debt.\n\n"
        "Migrant smuggling differs from human trafficking: the smuggled pay to be moved, the "
        "trafficked are exploited by force.\n\n"
        "The drug traffickers moved forty kilos over the river."
    )
    assert wrong.term is not None
    assert (wrong.term.uses, wrong.term.describes) == ("trafficking", "smuggling")
    assert 0 < wrong.term.strength <= 1
    assert right.term is None
    assert (both.term.uses, both.term.describes) == ("both", "both")
    assert other.term is None


TOLL = "Human traffickers charged each family 900 dollars and walked them over the river."
DEBT = (
    "La red de tráfico de migrantes le quitó el pasaporte, la encerró en un piso y la obligó a "
    "prostituirse para pagar la deuda."
)


@pytest.mark.parametrize(
    ("plain", "other"),
    [
        (TOLL, TOLL.replace("ffi", "ﬃ")),
        (TOLL, TOLL.replace("ff", "ﬀ")),
        (TOLL, TOLL.replace("traffick", "traf\u00adfick")),
        (TOLL, TOLL.replace("traffick", "traf\u200bfick")),
        (DEBT, unicodedata.normalize("NFD", DEBT)),
        (DEBT, DEBT.replace("tráfico", "trá\u00adfico")),
    ],
    ids=["ffi", "ff", "soft hyphen", "no space", "accents apart", "Spanish hyphen"],
)
def test_what_pdfs_do_to_words_hides_no_wrong_word(predictor, plain, other):
    assert other != plain
    (expected,), (found,) = predictor.tag(plain), predictor.tag(other)
    assert expected.term is not None
    assert found.term == expected.term
    assert found.text == other


def test_a_list_of_topics_warns_of_nothing(predictor):
    text = "Human traffickers charged each family 900 dollars and walked them over the river"
    prose, topics = predictor.tag(f"{text}\n\nTopics: {text}", unit="paragraph")
    assert prose.term is not None
    assert (topics.label, topics.term) == ("none", None)


def test_a_document_has_the_clearest_of_its_sentences(predictor):
    text = (
        "The road was wet. Human traffickers charged each family 900 dollars and walked them "
        "over the river at night. Nobody spoke."
    )
    (document,) = predictor.tag(text, unit="document")
    terms = [passage.term for passage in predictor.tag(text)]
    assert [term is None for term in terms] == [True, False, True]
    assert document.term == terms[1]
