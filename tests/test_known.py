"""Answers that the model is known to get wrong, and some that it gets right.

The passages were written for this purpose by somebody who was told the kinds of error
alone; they train nothing. Run this file to write down anew which are wrong::

    python tests/test_known.py
"""

import json

from conftest import ROOT

from palermo import Predictor

FILE = ROOT / "tests" / "known_answers.jsonl"


def answers():
    """Each row, and whether the model's label differs from it."""
    rows = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]
    said = Predictor.load().predict([row["text"] for row in rows])
    return [(row, row["primary"] != label) for row, label in zip(rows, said, strict=True)]


def test_what_is_known_to_be_wrong_is_wrong_and_what_was_right_is_right():
    moved = [
        f"{'wrong' if wrong else 'mended'}: {row['kind']}: {row['text'][:60]}"
        for row, wrong in answers()
        if wrong != row["wrong"]
    ]
    assert moved == [], "write it down with: python tests/test_known.py"


def test_every_kind_of_error_is_there_in_both_languages():
    rows = [row for row, _ in answers()]
    assert len(rows) >= 40
    assert len({row["kind"] for row in rows}) >= 7
    assert {row["lang"] for row in rows} == {"en", "es"}
    assert all((row["primary"] == "none") == (not row["tags"]) for row in rows)


if __name__ == "__main__":
    FILE.write_text(
        "".join(
            json.dumps({**row, "wrong": wrong}, ensure_ascii=False) + "\n"
            for row, wrong in answers()
        ),
        encoding="utf-8",
    )
