import dataclasses
import random

import pytest

from palermo import Predictor
from palermo_training import corpus
from palermo_training.comparison import MACRO, Difference, compare, table
from palermo_training.corpus import Row, scheme
from palermo_training.fitting import Counts, train

SHIPPED = corpus.seeds()


def users(rows: list[Row], turned: bool = False) -> list[Row]:
    """Say the same rows again as a user would, rightly or with every tag turned around."""
    return [
        dataclasses.replace(
            row,
            id=f"mine {row.id}",
            origin="user",
            text=f"{row.text} Again.",
            tags=tuple(tag for tag in row.judged if (tag in row.tags) != turned),
        )
        for row in rows
    ]


def test_learning_what_is_wrong_is_told_from_learning_what_is_right():
    # The user's rows keep the groups of the rows that they repeat, so that none is parted.
    rows = users(SHIPPED, turned=True)
    _, found = compare(SHIPPED, [*SHIPPED, *rows])
    mean = {each.where: each for each in found if each.what == MACRO}
    assert mean["shipped passages"].worse
    assert mean["shipped passages"].old > mean["shipped passages"].new
    assert not mean["your passages"].worse  # by the user's own labels it is better
    _, found = compare(SHIPPED, [*SHIPPED, *users(SHIPPED)])
    assert not any(each.worse for each in found if each.what == MACRO)


def test_the_new_model_is_the_one_that_training_alone_makes():
    rows = [*SHIPPED, *users(SHIPPED[::5])]
    assert compare(SHIPPED, rows)[0].digest == train(rows).digest
    only = users(SHIPPED)  # of the old rows none
    assert compare(SHIPPED, only)[0].digest == train(only).digest


def test_a_label_that_palermo_never_heard_of():
    mine = [
        Row(f"r{at}", text, tags, tags[0] if tags else "none", f"r{at}", ("extortion", "policy"))
        for at, (text, tags) in enumerate(
            [
                ("Pay the ransom or your cousin stays in the warehouse.", ("extortion",)),
                ("They phoned the family and asked for a ransom.", ("extortion",)),
                ("The ransom call came from a warehouse.", ("extortion",)),
                ("The council debated the ferry timetable.", ()),
                ("Parliament passed the law on residence permits.", ("policy",)),
                ("Subscribe to our newsletter.", ()),
            ]
            * 4
        )
    ]
    mine = [dataclasses.replace(row, text=f"{row.text} No {at}.") for at, row in enumerate(mine)]
    rows = [*SHIPPED, *mine]
    assert scheme(rows) == ("smuggling", "trafficking", "enforcement", "policy", "extortion")
    artifact, found = compare(SHIPPED, rows)
    # Shipped rows without a tag are of no field, though nobody judged them for extortion.
    judged = Counts(rows).judged[: len(SHIPPED), -1]
    assert judged.all()
    assert artifact.weights[:, -1].any()
    predictor = Predictor(artifact)
    assert predictor.labels == scheme(rows)
    text = "The family was phoned about a ransom for the cousin in the warehouse."
    assert predictor.predict([text]) == ["extortion"]
    new = next(e for e in found if (e.where, e.what) == ("your passages", "extortion"))
    assert (new.rows, new.old, new.low, new.worse) == (12, None, None, False)
    assert new.new > 0.8
    assert "a new label" in table(found)
    # Nobody judged shipped rows for it, so nothing is held against the model there.
    assert [each.what for each in found if each.where == "shipped passages"] == [
        *("smuggling", "trafficking", "enforcement", "policy"),
        MACRO,
    ]


def test_a_scheme_of_ones_own_has_nothing_to_be_compared_with():
    mine = [
        Row(str(at), f"{text} {at}", tags, tags[0] if tags else "none", str(at), ("boat", "bus"))
        for at, (text, tags) in enumerate(
            [("A dinghy", ("boat",)), ("A coach", ("bus",)), ("A desk", ())] * 6
        )
    ]
    artifact, found = compare(SHIPPED, mine)
    assert artifact.labels == ("boat", "bus")
    assert [(each.where, each.what) for each in found] == [
        ("your passages", "boat"),
        ("your passages", "bus"),
    ]
    assert Predictor(artifact).tag("A dinghy.")[0].label == "boat"


def test_too_few_rows_of_a_label():
    mine = [Row("1", "Pay", ("extortion",), "extortion", "1", ("extortion",))]
    with pytest.raises(corpus.CorpusError, match="extortion: without some of the groups, no row"):
        compare(SHIPPED, [*SHIPPED, *mine])


def test_a_label_of_the_model_before_alone_is_not_needed():
    # Beside the new rows, all that has it falls into one fold: without it no yes is left.
    draw = random.Random(1)
    words = ["boat", "sea", "paid", "guide", "river", "border", "night", "truck", "van", "police"]

    def rows(label, groups, having):
        found = []
        for at in range(6 * len(groups)):
            group, tags = groups[at // 6], (label,) if at % 2 and groups[at // 6] in having else ()
            text = " ".join([*draw.sample(words, 6), *(["ransom"] if tags else [])])
            found.append(Row(f"{label}{at}", text, tags, (*tags, "none")[0], group, (label,)))
        return found

    before = rows("before", [f"g{at}" for at in range(8)], {"g1", "g4"})
    now = ["g2 anew", "g3 anew", *(f"h{at}" for at in range(6))]
    artifact, found = compare(before, rows("now", now, {*now}))
    assert artifact.labels == ("now",)
    assert [(each.where, each.what, each.old) for each in found] == [("your passages", "now", None)]


def test_the_table_shows_no_control_characters_of_a_label():
    shown = table([Difference("your passages", "a\x1b[2J", 40, 0.5, 0.6, 0.02, 0.2)])
    assert "a\\x1b[2J" in shown
    assert "\x1b" not in shown
