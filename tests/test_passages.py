import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo import passages
from palermo.passages import UNITS, detect, split


def cut(text, unit="sentence", lang="auto"):
    return [text[start:end] for start, end in split(text, unit, lang)]


@given(any_text, st.sampled_from(UNITS), st.sampled_from(["auto", "en", "es"]))
def test_nothing_is_lost_but_white_space_and_all_is_in_order(text, unit, lang):
    at = 0
    for start, end in split(text, unit, lang):
        assert at <= start < end <= len(text)
        assert not text[at:start].strip()
        assert text[start:end] == text[start:end].strip()
        at = end
    assert not text[at:].strip()


@given(any_text)
def test_sentences_lie_inside_paragraphs_and_they_inside_the_document(text):
    sentences, paragraphs, document = (split(text, unit) for unit in UNITS)
    for inner, outer in ((sentences, paragraphs), (paragraphs, document)):
        for start, end in inner:
            assert any(left <= start and end <= right for left, right in outer)
    assert len(document) == (1 if text.strip() else 0)


@given(any_text)
def test_the_fallback_keeps_the_same_promises(text):
    class PanicException(BaseException):  # what PyO3 calls a Rust panic
        pass

    def panic(language, paragraph):
        raise PanicException

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passages.sentencex, "get_sentence_boundaries", panic)
        spans = split(text)
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())


def test_the_fallback_cuts_at_sentence_ends(monkeypatch):
    class PanicException(BaseException):
        pass

    def panic(language, paragraph):
        raise PanicException

    monkeypatch.setattr(passages.sentencex, "get_sentence_boundaries", panic)
    assert cut("They paid. They “left.” Why? Nobody knows") == [
        "They paid.", "They “left.”", "Why?", "Nobody knows",
    ]  # fmt: skip


def test_an_interrupt_is_not_taken_for_a_panic(monkeypatch):
    def interrupt(language, paragraph):
        raise KeyboardInterrupt

    monkeypatch.setattr(passages.sentencex, "get_sentence_boundaries", interrupt)
    with pytest.raises(KeyboardInterrupt):
        split("Text.")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He paid.\u00a0She left\u00a0. They ran.", ["He paid.", "She left\u00a0.", "They ran."]),
        ("RAID AT DAWN\nTwo were held. One fled.", ["RAID AT DAWN", "Two were held.", "One fled."]),
        ("# Report\nText here.", ["# Report", "Text here."]),
        ("Offered for:\n• one man\n• two men", ["Offered for:", "• one man", "• two men"]),
        ("1. Recruit\n2.  Move", ["1. Recruit", "2.  Move"]),
        ("Home\nNews\nAbout us\nContact", ["Home", "News", "About us", "Contact"]),
        ("Title\n\n\nBody text.\r\n\r\nMore.", ["Title", "Body text.", "More."]),
        ("U.S. Attorney Smith spoke. Mr. Lee did not.", ["U.S. Attorney Smith spoke.", "Mr. Lee did not."]),
        ("El Sr. de la Cruz pagó. Luego huyó.", ["El Sr. de la Cruz pagó.", "Luego huyó."]),
        ("A zone of 60 sq. mile size. It is wet.", ["A zone of 60 sq. mile size.", "It is wet."]),
        ("He said so. “They left. »", ["He said so.", "“They left. »"]),
        ("It stopped. »", ["It stopped. »"]),
        ("It stopped. … Then it went on.", ["It stopped.", "… Then it went on."]),
        ("• They left. Agents held them.", ["• They left.", "Agents held them."]),
        ("(b) They left. Agents held them.", ["(b) They left.", "Agents held them."]),
        ("1.2. They left. Agents held them.", ["1.2. They left.", "Agents held them."]),
        ("He was held at 5 a.m. Monday. It rained.", ["He was held at 5 a.m. Monday.", "It rained."]),
        ("El tráfico en Cd. Juárez crece. ¿Y el Edo. de México?", ["El tráfico en Cd. Juárez crece.", "¿Y el Edo. de México?"]),
        ("Approx. 40 people in Ft. Bend County.", ["Approx. 40 people in Ft. Bend County."]),
        ("“We paid. They left.” He wept.", ["“We paid. They left.”", "He wept."]),
        ("home\nnews\nabout", ["home", "news", "about"]),
        ("The men were\nheld for a week in\na house.", ["The men were\nheld for a week in\na house."]),
        ("", []),
        (" \n\t\u3000 ", []),
    ],
)  # fmt: skip
def test_where_sentences_end(text, expected):
    assert cut(text) == expected


def test_a_hard_wrapped_paragraph_is_read_over_its_line_breaks():
    text = (
        "The Report\n"
        "Agents stopped a lorry near the border on Monday and found forty people\n"
        "behind a false wall. The driver had been paid four thousand dollars for\n"
        "the trip.\n"
        "It was the third such case."
    )
    assert cut(text, "paragraph")[0] == "The Report"
    assert [" ".join(each.split()) for each in cut(text)] == [
        "The Report",
        "Agents stopped a lorry near the border on Monday and found forty people behind a false wall.",
        "The driver had been paid four thousand dollars for the trip.",
        "It was the third such case.",
    ]


def test_a_wrapped_paragraph_may_be_indented_or_name_agencies_and_numbers():
    text = (
        "   The report says that the four men would be extradited to the\n"
        "U.S. this month, and that the agents who met them on 12. and\n"
        "13. May had been told so by the ministry and by three others of\n"
        "DHS."
    )
    assert len(split(text, "paragraph")) == 1


def test_a_long_paragraph_is_cut_like_a_short_one():
    sentence = "“He left the town at noon,” she said. "
    text = sentence * 3000  # more than sentencex is given at a time
    assert cut(text) == [sentence.strip()] * 3000
    assert cut("x" * 50_000) == ["x" * 50_000]


def test_lines_longer_than_a_page_are_paragraphs():
    line = "The smugglers moved people through the hills and charged them for it " * 3
    assert len(cut(f"{line}\n{line}\n{line}")) == 3


def test_every_seed_sentence_is_a_passage(seeds):
    assert sum(len(split(text)) for text in seeds.values()) == 214


def test_detect():
    assert detect("Los polleros cobraron a los migrantes por el viaje.") == "es"
    assert detect("The guides charged them for the trip.") == "en"
    assert detect("偷渡") == "en"


def test_wrong_settings_are_named():
    with pytest.raises(
        ValueError, match="unit is 'word'; it must be one of sentence, paragraph, document"
    ):
        split("text", "word")
    with pytest.raises(ValueError, match="lang is 'fr'; it must be one of auto, en, es"):
        split("text", lang="fr")
