import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo.furniture import is_furniture


@pytest.mark.parametrize(
    "text",
    [
        "Filed under: Human trafficking, Ohio, Courts",
        "TEMAS: Frontera · Coyotes · Chiapas",
        "Etiquetas: trata de personas, fiscalía",
        "Home > Countries > Honduras > Migrant smuggling",
        "About us   Our work   Spot the signs   Donate",
        "#Border #Smuggling #Texas #News",
        "Inicio | Migración | Trata | Contacto",
        "See also: Human trafficking, Slavery, Bonded labour",
        "Tags / keywords: Courts, Immigration",
        "Because you watched Border Control: Spain",
        "Home › Publications › Global report 2014 › Annex II › Download (PDF, 4.2 MB)",
        "Human Trafficking Task Force | FOR IMMEDIATE RELEASE | March 3, 2011",
        "U.S. Attorney's Office   Southern District of California   FOR IMMEDIATE RELEASE",
        "9 Brentford 28 11 6 11 44 41 +3 39 | 10 Fulham 28 10 7 11 40 43 -3 37",
    ],
)
def test_lists_of_topics_and_links(predictor, text):
    assert is_furniture(text)
    assert predictor.predict([text]) == ["none"]
    assert predictor.predict_tags([text]) == [()]


@pytest.mark.parametrize(
    "text",
    [
        "Border crossings | 2012: 5 236 | 2013: 319 | 2014: 12",  # figures
        "They paid; they walked; they waited; the coyote left them.",
        "The lorry - a refrigerated one - was stopped / searched at Dover.",
        "Tags on their wrists showed who had paid the smugglers.",
        "He was arrested. | She was not. | They paid. | Nobody came.",
        "SEE ALSO: Guides left nine people to die behind the dunes, court hears",
        "Inicio › Trámites › Residencia – Esta vía se cerró en junio.",
        "FOR IMMEDIATE RELEASE: Six sentenced for driving migrants in a tractor-trailer",
        "For immediate release Man jailed for trafficking girls",
        "Para difusión inmediata. La Fiscalía acusa a cinco tratantes de mujeres en Madrid.",
        "Para difusión inmediata Detenidos cinco tratantes en Madrid",
        "For immediate release from custody he paid a guard.",
        "Home → Border Patrol arrests 14 smugglers in Sonora",
        "Portada » La Guardia Civil detiene a una red de trata",
        "2019: 977,509 apprehended; 2020: 405,036",
        "",
    ],
)
def test_what_says_something_is_no_furniture(text):
    assert not is_furniture(text)


items = st.lists(st.text("abcdefghijklmn", min_size=1, max_size=12), min_size=4, max_size=12).map(
    " | ".join
)


@given(items)
def test_short_items_between_signs_are_a_list_and_a_sentence_among_them_ends_it(line):
    assert is_furniture(line)
    assert not is_furniture(f"{line}. He fled")
    assert not is_furniture(f"{line} | 2012: 5 | 2013: 6")


@given(any_text)
def test_no_long_text_is_furniture(text):
    assert not (is_furniture(text) and len(text) > 300)
