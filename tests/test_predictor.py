import dataclasses
import inspect
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo import LABELS, NONE, ArtifactError, Passage, Predictor
from palermo.artifact import load, save, tiny
from palermo.engine import Engine
from palermo.furniture import is_furniture
from palermo.terms import uses

texts = st.lists(any_text, max_size=6)


@given(texts)
def test_probabilities_have_the_shape_and_range_of_the_contract(predictor, texts):
    probabilities = predictor.predict_proba(texts)
    assert probabilities.shape == (len(texts), len(LABELS))
    assert probabilities.dtype == np.float64
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


@given(texts)
def test_tags_and_label_follow_from_the_probabilities(predictor, texts):
    artifact = load(ROOT / "artifacts" / "palermo.joblib")
    field = 1 / (1 + np.exp(-Engine(artifact).log_odds(texts)[:, -1]))
    rows = zip(
        texts,
        (field >= artifact.thresholds[-1]).tolist(),
        predictor.predict_proba(texts),
        predictor.predict_tags(texts),
        predictor.predict(texts),
        strict=True,
    )
    for text, of_the_field, probabilities, tags, label in rows:
        over = tuple(np.array(LABELS)[probabilities >= artifact.thresholds[:-1]].tolist())
        assert tags == (over if of_the_field and not is_furniture(text) else ())
        if tags:
            with np.errstate(divide="ignore"):  # where a probability is 1
                odds = dict(zip(LABELS, probabilities / (1 - probabilities), strict=True))
            odds["enforcement"] *= 3
            assert odds[label] == pytest.approx(max(odds[tag] for tag in tags))
        else:
            assert label == NONE


@given(st.lists(st.one_of(any_text, st.just("The smugglers charged migrants $7,000.")), max_size=4))
def test_a_higher_threshold_never_yields_more_tags(texts):
    artifact = load(ROOT / "artifacts" / "palermo.joblib")
    raised = dataclasses.replace(artifact, thresholds=np.minimum(artifact.thresholds * 1.5, 1))
    low, high = Predictor(artifact).predict_tags(texts), Predictor(raised).predict_tags(texts)
    assert all(set(few) <= set(many) for few, many in zip(high, low, strict=True))


def test_no_tag_without_the_field():
    artifact = load(ROOT / "artifacts" / "palermo.joblib")
    texts = ["The smugglers charged migrants $7,000.", "The bill on asylum failed."]
    closed = dataclasses.replace(artifact, thresholds=np.append(artifact.thresholds[:-1], 1.0))
    assert all(Predictor(artifact).predict_tags(texts))
    assert Predictor(closed).predict_tags(texts) == [(), ()]
    np.testing.assert_array_equal(
        Predictor(artifact).predict_proba(texts), Predictor(closed).predict_proba(texts)
    )
    wrong = "The traffickers charged each migrant 900 dollars to cross the desert."
    assert Predictor(artifact).tag(wrong)[0].term is not None
    assert Predictor(closed).tag(wrong)[0].term is None


@given(any_text, st.sampled_from(["sentence", "paragraph"]))
def test_passages_carry_offsets_and_the_same_answers_as_their_text_alone(predictor, text, unit):
    passages = predictor.tag(text, unit)
    texts = [passage.text for passage in passages]
    assert texts == [text[passage.start : passage.end] for passage in passages]
    assert [passage.label for passage in passages] == predictor.predict(texts)
    assert [passage.tags for passage in passages] == predictor.predict_tags(texts)
    for passage, row in zip(passages, predictor.predict_proba(texts), strict=True):
        assert list(passage.probabilities) == list(predictor.labels)
        assert list(passage.probabilities.values()) == row.tolist()
        assert 0 <= passage.known <= 1
        assert passage.unsure == (passage.known < 0.5)
        if passage.term is not None:
            assert passage.term.uses == uses(passage.text)
            assert 0 < passage.term.strength <= 1


@given(st.one_of(any_text, texts.map("\n\n".join)))
def test_a_document_has_what_its_sentences_have(predictor, text):
    sentences = predictor.tag(text)
    whole = predictor.tag(text, "document")
    assert len(whole) == bool(sentences)
    for document in whole:
        assert set(document.tags) == {tag for each in sentences for tag in each.tags}
        labels = [each.label for each in sentences if each.label != NONE]
        assert document.label in (labels or [NONE])
        assert labels.count(document.label) == max(map(labels.count, labels), default=0)
        for label, highest in document.probabilities.items():
            assert highest == max(each.probabilities[label] for each in sentences)


def test_nothing_in_nothing_out(predictor):
    assert predictor.predict([]) == []
    assert predictor.predict_tags([]) == []
    assert predictor.predict_proba([]).shape == (0, 4)
    assert predictor.tag("") == predictor.tag(" \n") == []


@pytest.mark.parametrize("method", ["predict", "predict_tags", "predict_proba"])
def test_a_bare_str_is_refused_with_the_fix(predictor, method):
    with pytest.raises(TypeError, match=r"texts is one str; put it in a list: \[text\]"):
        getattr(predictor, method)("a passage")
    with pytest.raises(TypeError, match=r"texts\[1\] is bytes; every text must be a str"):
        getattr(predictor, method)(["a passage", b"bytes"])


def test_any_iterable_of_texts_will_do_and_a_document_must_be_text(predictor):
    assert predictor.predict(text for text in ["Leave a reply"]) == ["none"]
    with pytest.raises(TypeError, match="text is list; tag takes one document as a str"):
        predictor.tag(["a passage"])


def test_the_fields_of_a_passage():
    assert [field.name for field in dataclasses.fields(Passage)] == [
        "text", "start", "end", "label", "tags", "probabilities", "known", "unsure", "term",
        "words",
    ]  # fmt: skip


def test_tag_can_be_called_as_the_contract_says():
    assert str(inspect.signature(Predictor.tag)).startswith(
        "(self, text: str, unit: Literal['sentence', 'paragraph', 'document'] = 'sentence', lang: "
    )


def test_which_model_is_loaded(tmp_path, monkeypatch):
    one, other = tmp_path / "one.joblib", tmp_path / "other.joblib"
    save(tiny(), one)
    save(dataclasses.replace(tiny(), labels=("policy",)), other)
    monkeypatch.delenv("PALERMO_MODEL", raising=False)
    assert Predictor.load().labels == LABELS
    monkeypatch.setenv("PALERMO_MODEL", str(one))
    assert Predictor.load().labels == ("smuggling",)
    assert Predictor.load(other).labels == ("policy",)
    monkeypatch.setenv("PALERMO_MODEL", str(tmp_path / "none.joblib"))
    with pytest.raises(ArtifactError, match=r"no such model file.*PALERMO_MODEL names it; unset"):
        Predictor.load()


def test_a_path_may_be_a_str(tmp_path):
    save(tiny(), tmp_path / "tiny.joblib")
    assert Predictor.load(str(tmp_path / "tiny.joblib")).predict(["boat"]) == ["smuggling"]


def test_a_model_with_other_labels(tmp_path):
    predictor = Predictor(dataclasses.replace(tiny(), labels=("extortion",)))
    (passage,) = predictor.tag("boat")
    assert (passage.label, passage.tags) == ("extortion", ("extortion",))
    assert passage.probabilities == pytest.approx({"extortion": 1 / (1 + np.exp(-1))})


def test_certain_scores_do_not_overflow():
    weights = np.full((2, 1), 30_000, np.int16)
    predictor = Predictor(dataclasses.replace(tiny(), weights=weights))
    assert predictor.predict_proba(["boat"]).tolist() == [[1.0]]
    predictor = Predictor(dataclasses.replace(tiny(), weights=-weights))
    assert 0 <= predictor.predict_proba(["boat"])[0, 0] < 1e-300


def test_the_model_names_its_version_and_digest(predictor):
    artifact = load(Path(ROOT / "artifacts" / "palermo.joblib"))
    assert predictor.model == f"{artifact.about['version']}+{artifact.digest[:12]}"


def test_no_precision_asked_for_is_the_thresholds(predictor):
    thresholds = load(ROOT / "artifacts" / "palermo.joblib").thresholds.tolist()
    assert list(predictor.cutoffs(0).values()) == thresholds[:-1]
    assert all(
        low <= high
        for low, high in zip(
            predictor.cutoffs(0.8).values(), predictor.cutoffs(0.95).values(), strict=True
        )
    )
    with pytest.raises(ValueError, match=r"min_precision is nan; it must be between 0 and 1"):
        predictor.cutoffs(float("nan"))


@pytest.mark.parametrize("precision", [0, 0.9, 1.0])
def test_a_precision_is_not_for_documents(predictor, precision):
    said = "unit is 'document', .* min_precision needs 'sentence' or 'paragraph'"
    with pytest.raises(ValueError, match=said):
        predictor.tag("They paid.", "document", min_precision=precision)
    with pytest.raises(ValueError, match=said):
        predictor.tag_all(iter(["They paid."]), "document", "auto", precision)
    for unit in ("sentence", "paragraph"):
        assert len(predictor.tag("They paid.", unit, min_precision=precision)) == 1


def test_many_documents_are_tagged_as_each_alone(predictor, seeds):
    texts = ["", *seeds.values(), " ", "The coyote asked $7,000."] * 3
    for unit in ("sentence", "paragraph", "document"):
        together = list(predictor.tag_all(iter(texts), unit))
        assert together == [predictor.tag(text, unit) for text in texts]


def test_what_is_wrong_with_a_stream_is_said_at_once(predictor):
    with pytest.raises(ValueError, match="unit is 'page'"):
        predictor.tag_all([], unit="page")
    with pytest.raises(TypeError, match="texts is one str; give it to tag"):
        predictor.tag_all("a text")
    with pytest.raises(TypeError, match=r"texts\[2\] is bytes"):
        list(predictor.tag_all(["a" * 200_000, "b", b"c"]))
