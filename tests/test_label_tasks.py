"""What each tool imports, byte for byte; the forms are those of the tools' own documents."""

import csv
import io
import json
import xml.etree.ElementTree as ElementTree
from typing import get_args

import pytest
from conftest import any_text
from hypothesis import given
from hypothesis import strategies as st

from palermo import Passage
from palermo_training import label_files
from palermo_training.label_tasks import Format, setup, write
from palermo_training.selection import Choice

LABELS = ("smuggling", "policy")
TAGGED = Choice(
    Passage("Pagó al coyote.", 4, 19, "policy", LABELS, {"smuggling": 0.62, "policy": 0.75}, 1.0),
    "a.txt",
    "close to it",
)
NONE = Choice(
    Passage("=SUM(A1)", 0, 8, "none", (), {"smuggling": 0.125, "policy": 0.25}, 1.0), "b.txt", "far"
)


def written(format, choices=(TAGGED, NONE), labels=LABELS):
    to = io.StringIO(newline="")
    write(choices, format, labels, "1+abc", to)
    return to.getvalue()


def lines(format):
    return [json.loads(line) for line in written(format).splitlines()]


def test_palermo_rows_have_an_empty_place_for_the_reviewer():
    first, second = lines("palermo")
    assert first == {
        "id": "a.txt:4-19",
        "text": "Pagó al coyote.",
        "tags": None,
        "primary": None,
        "reviewed": False,
        "lang": "es",
        "group": "a.txt",
        "origin": "user",
        "reason": "close to it",
        "guess": {
            "label": "policy",
            "tags": ["smuggling", "policy"],
            "probabilities": {"smuggling": 0.62, "policy": 0.75},
        },
        "model": "1+abc",
    }
    assert second["guess"]["tags"] == []


def test_csv():
    text = written("csv")
    assert text == (
        "\ufeffid,text,tags,primary,reviewed,lang,group,origin,reason,guess,guess_tags,"
        "p_smuggling,p_policy,model\r\n"
        "a.txt:4-19,Pagó al coyote.,,,false,es,a.txt,user,close to it,policy,"
        "smuggling;policy,0.62,0.75,1+abc\r\n"
        "b.txt:0-8,'=SUM(A1),,,false,en,b.txt,user,far,none,,0.125,0.25,1+abc\r\n"
    )


def test_label_studio():
    first, second = json.loads(written("label-studio"))
    assert first == {
        "data": {
            "text": "Pagó al coyote.",
            "id": "a.txt:4-19",
            "group": "a.txt",
            "lang": "es",
            "reason": "close to it",
        },
        "predictions": [
            {
                "model_version": "1+abc",
                "score": 0.75,
                "result": [
                    {
                        "from_name": "tags",
                        "to_name": "text",
                        "type": "choices",
                        "value": {"choices": ["smuggling", "policy"]},
                    },
                    {
                        "from_name": "primary",
                        "to_name": "text",
                        "type": "choices",
                        "value": {"choices": ["policy"]},
                    },
                ],
            }
        ],
    }
    (guess,) = second["predictions"]
    assert guess["score"] == 0.75  # that it has no label
    assert [each["value"]["choices"] for each in guess["result"]] == [["none"]]


def test_label_studio_finds_every_name_and_choice_in_its_configuration():
    labels = ("smuggling", 'a "b" & <c>', "policy")
    configuration = setup("label-studio", labels).split("\n", 1)[1]
    view = ElementTree.fromstring(configuration)
    fields = {each.get("name"): each for each in view if each.tag in ("Text", "Choices")}
    for task in json.loads(written("label-studio")):
        assert fields["text"].get("value") == "$text"
        assert "text" in task["data"]
        for result in task["predictions"][0]["result"]:
            control = fields[result["from_name"]]
            offered = [choice.get("value") for choice in control]
            assert control.get("toName") == result["to_name"] == "text"
            assert {*result["value"]["choices"]} <= {*offered}
            assert control.get("choice") == (
                "multiple" if result["from_name"] == "tags" else "single"
            )
            assert offered == [*labels, "none"][: len(offered)]


def test_doccano_is_told_that_nobody_has_reviewed_it():
    first, second = lines("doccano")
    assert first == {
        "text": "Pagó al coyote.",
        "label": ["policy", "smuggling"],
        "passage": "a.txt:4-19",
        "group": "a.txt",
        "reason": "close to it",
        "model": "1+abc",
        "reviewed": False,
    }
    assert (second["label"], second["reviewed"]) == ([], False)


def test_prodigy():
    first, second = lines("prodigy")
    assert first == {
        "text": "Pagó al coyote.",
        "options": [
            {"id": "smuggling", "text": "smuggling"},
            {"id": "policy", "text": "policy"},
        ],
        "accept": ["policy", "smuggling"],
        "config": {"choice_style": "multiple"},
        "meta": {
            "id": "a.txt:4-19",
            "group": "a.txt",
            "reason": "close to it",
            "model": "1+abc",
        },
    }
    assert second["accept"] == []
    assert "answer" not in first  # which a person's work adds


@pytest.mark.parametrize("format", get_args(Format))
def test_a_guess_that_nobody_looked_at_never_becomes_a_label(format, tmp_path):
    path = tmp_path / "tasks"
    path.write_text(written(format), newline="")
    rows, problems = label_files.read(path, format)
    assert rows == []
    assert problems, "nothing is passed over in silence"


def test_what_a_person_answered_becomes_a_label(tmp_path):
    path = tmp_path / "tasks.jsonl"
    answered = [{**line, "answer": "accept"} for line in lines("prodigy")]
    path.write_text("".join(json.dumps(line) + "\n" for line in answered))
    assert [(row.tags, row.primary) for row in label_files.read(path)[0]] == [
        (("smuggling", "policy"), "policy"),
        ((), "none"),
    ]


def test_argilla():
    first, second = json.loads(written("argilla"))
    assert first == {
        "id": "a.txt:4-19",
        "fields": {"text": "Pagó al coyote."},
        "metadata": {"group": "a.txt", "reason": "close to it"},
        "suggestions": {
            "primary": {"value": "policy", "score": 0.75, "agent": "1+abc"},
            "tags": {"value": ["smuggling", "policy"], "score": [0.62, 0.75], "agent": "1+abc"},
        },
        "responses": {},
        "vectors": {},
    }
    assert list(second["suggestions"]) == ["primary"]  # an empty suggestion is none
    settings = setup("argilla", LABELS)
    for part in ("text", "tags", "primary", "group", "reason", "['smuggling', 'policy', 'none']"):
        assert part in settings


@pytest.mark.parametrize("format", get_args(Format))
def test_nothing_to_label(format):
    text = written(format, ())
    if format in ("label-studio", "argilla"):
        assert json.loads(text) == []
    else:
        assert len(text.splitlines()) == (format == "csv")
    assert setup(format, LABELS)


@given(st.lists(st.tuples(any_text.filter(str.strip), st.booleans()), max_size=4))
def test_every_text_comes_back_as_it_was(rows):
    choices = [
        Choice(
            Passage(
                text,
                0,
                len(text),
                "policy" if tagged else "none",
                ("policy",) if tagged else (),
                {"smuggling": 0.1, "policy": 0.6 if tagged else 0.2},
                1.0,
            ),
            f"{number}.txt",
            "close",
        )
        for number, (text, tagged) in enumerate(rows)
    ]
    texts = [text for text, _ in rows]
    for format in get_args(Format):
        said = written(format, choices)
        if format == "csv":
            found = list(csv.DictReader(io.StringIO(said.removeprefix("\ufeff"), newline="")))
            assert [row["reviewed"] for row in found] == ["false"] * len(rows)
            assert [row["tags"] + row["primary"] for row in found] == [""] * len(rows)
            back = [row["text"] for row in found]
            assert all(one in (text, f"'{text}") for one, text in zip(back, texts, strict=True))
            continue
        whole = format in ("label-studio", "argilla")
        found = json.loads(said) if whole else [json.loads(line) for line in said.splitlines()]
        place = {"label-studio": "data", "argilla": "fields"}.get(format)
        assert [(row[place] if place else row)["text"] for row in found] == texts
        if format in ("palermo", "doccano"):
            assert all(row["reviewed"] is False for row in found)
