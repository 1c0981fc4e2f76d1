import pytest
from conftest import any_text
from hypothesis import given

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
        "",
    ],
)
def test_what_says_something_is_no_furniture(text):
    assert not is_furniture(text)


@given(any_text)
def test_any_text_has_an_answer(text):
    assert is_furniture(text) in (True, False)
