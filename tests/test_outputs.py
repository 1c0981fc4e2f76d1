import io
import json

from conftest import any_text
from hypothesis import given

from palermo import Passage
from palermo.outputs import jsonl, table

PASSAGE = Passage(
    text="Paid “coyotes” [red]7.000 €[/red]\x1b[2J",
    start=3,
    end=37,
    label="smuggling",
    tags=("smuggling", "policy"),
    probabilities={"smuggling": 0.87654321, "trafficking": 0.0, "enforcement": 1e-9, "policy": 0.5},
    known=1 / 3,
)


def test_a_json_line_to_the_letter():
    assert jsonl.line(jsonl.record(PASSAGE, "a b.txt", 7, "0.1.0+abc")) == (
        '{"schema": 1, "file": "a b.txt", "index": 7, "start": 3, "end": 37, '
        '"text": "Paid “coyotes” [red]7.000 €[/red]\\u001b[2J", "label": "smuggling", '
        '"tags": ["smuggling", "policy"], "probabilities": {"smuggling": 0.876543, '
        '"trafficking": 0.0, "enforcement": 0.0, "policy": 0.5}, "known": 0.333333, '
        '"unsure": false, "term": null, "model": "0.1.0+abc"}\n'
    )


@given(any_text)
def test_any_passage_is_one_line_and_comes_back(text):
    passage = Passage(text, 0, len(text), "none", (), {}, 0.0)
    line = jsonl.line(jsonl.record(passage, "f", 0, "m"))
    assert len(line.splitlines()) == 1
    assert json.loads(line)["text"] == text


@given(any_text)
def test_no_control_character_gets_through(text):
    shown = table.printable(text)
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in shown)
    assert not set(shown) & set("\u200b\u202e\u2066\ufeff\ud800")


def test_labels_of_a_foreign_model_are_safe_to_show():
    out = io.StringIO()
    passage = Passage("x", 0, 1, "[/b]\x1b[2J", ("[/b]\x1b[2J", "[red]"), {"[/b]\x1b[2J": 1.0}, 1.0)
    table.write([passage], "f", out)
    assert "\x1b" not in out.getvalue()
    assert "[/b]\\x1b[2J" in out.getvalue()
    assert "[red]" in out.getvalue()


def test_the_table_to_the_letter():
    out = io.StringIO()
    table.write(
        [PASSAGE, Passage("Hi.", 40, 43, "none", (), {"policy": 0.2}, 1.0)], "a\nb.txt", out
    )
    assert [line.rstrip() for line in out.getvalue().splitlines()] == [
        "a b.txt",
        "label        prob  other tags   passage",
        "smuggling    0.88  policy       Paid “coyotes” [red]7.000 €[/red]\\x1b[2J",
        "none                            Hi.",
    ]
