import dataclasses

import pytest

from palermo_training import card, corpus, held_out
from palermo_training.corpus import Row
from palermo_training.evaluation import Decision
from palermo_training.slices import parts, term_check

SMUGGLING, TRAFFICKING = ("smuggling",), ("trafficking",)
BOTH = SMUGGLING + TRAFFICKING
SAID = "Traffickers led them over the river."


def row(text, tags, number=0, **more):
    return Row(str(number), text, tags, tags[0] if tags else "none", f"g{number}", **more)


def said(tags):
    return Decision(tags, tags[0] if tags else "none")


@pytest.mark.parametrize(
    ("text", "tags", "masked", "wrong", "warned"),
    [
        (SAID, SMUGGLING, SMUGGLING, 1, 1),
        (SAID, (*SMUGGLING, "enforcement"), SMUGGLING, 1, 1),
        (SAID, SMUGGLING, (), 1, 0),
        (SAID, TRAFFICKING, SMUGGLING, 0, 1),
        (SAID, BOTH, SMUGGLING, 0, 1),
        (SAID, ("enforcement",), SMUGGLING, 0, 1),  # tells of no deed: no word is wrong by it
        (SAID, (), BOTH, 0, 0),
        ("Smugglers sold her.", TRAFFICKING, TRAFFICKING, 1, 1),
        ("Smugglers sold her.", SMUGGLING, TRAFFICKING, 0, 1),
        ("Smuggling of people is no trafficking.", BOTH, BOTH, 1, 1),
        ("Smuggling of people is no trafficking.", SMUGGLING, BOTH, 0, 1),
    ],
)
@pytest.mark.parametrize("origin", ["seed", "authored"])
def test_a_wrong_word_is_told_by_tags_and_text(text, tags, masked, wrong, warned, origin):
    found = term_check([row(text, tags, origin=origin)], [said(masked)], [said(masked)])
    (figures,) = [each for each in found.values() if each["rows"]]
    assert (figures["wrong"], figures["warned"]) == (wrong, warned)
    assert figures.get("recall") == (warned if wrong else None)
    assert figures.get("precision") == (wrong if warned else None)
    assert "word recognised" not in found


def test_of_both_words_the_whole_text_counts_else_the_masked_one():
    rows = [row(SAID, SMUGGLING), row("Smuggling of people is no trafficking.", BOTH, 1)]
    found = term_check(rows, [said(SMUGGLING), said(BOTH)], [said(()), said(())])
    assert [found[f"said {word}"]["warned"] for word in ("trafficking", "both")] == [0, 1]


def test_the_term_check_of_articles_left_out_is_in_the_card():
    rows = corpus.seeds()
    written = [
        dataclasses.replace(
            each, id=f"a{each.id}", group=f"a{each.group}", about=each.group, origin="authored"
        )
        for each in rows
    ]
    found = held_out.of_corpus(rows, written)
    check = found["term check in seeds"]
    assert [each["wrong"] for each in check.values()] == [2, 0, 3]
    assert sum(each["rows"] for each in check.values()) == 58
    # Written passages about an article leave with it: what is said is what is said without them.
    masked = [dataclasses.replace(each, text=held_out.terms.mask(each.text)) for each in rows]
    decisions = held_out.leave_one_group_out(rows, written, [masked])
    assert check == term_check(rows, decisions[: len(rows)], decisions[len(rows) :])
    lines = card.figures(found).splitlines()
    (line,) = [each for each in lines if "wrong word in seeds, warnings, said trafficking" in each]
    assert f"wrong 2, warned {check['said trafficking']['warned']}, rows " in line
    (line,) = [each for each in lines if "wrong word in seeds, warnings, said smuggling" in each]
    assert "recall" not in line  # of none


def test_seeds_are_scored_by_article_alone():
    rows = corpus.seeds()
    found = parts(rows, [said(row.tags) for row in rows])
    assert [part["part"] for part in found] == [f"article seed-00{number}" for number in range(5)]
    assert sum(part["rows"] for part in found) == len(rows)
    assert not any("low" in part for part in found)


def test_written_rows_are_scored_by_parts_of_a_hundred():
    sizes = {"caribbean": 100, "oceania": 99}
    rows = [
        row("He paid.", SMUGGLING, at, lang="en", origin="authored", attributes={"region": region})
        for region, size in sizes.items()
        for at in range(size)
    ]
    found = parts(rows, [said(SMUGGLING)] * len(rows))
    assert [(part["part"], part["rows"]) for part in found] == [
        ("lang en", 199), ("region caribbean", 100),
    ]  # fmt: skip
    assert all(part["low"] <= part["macro_f1"] <= part["high"] for part in found)
