import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from palermo import LABELS
from palermo_training import checks, cli, corpus
from palermo_training.checks import check
from palermo_training.corpus import Row

run = CliRunner()
SEEDS = corpus.seeds()
BOAT = "They were told to pay before the boat left the beach, and some paid {}."


def row(line, text, tags=(), group=None, judged=LABELS, **more):
    return Row(
        f"r{line}", text, tuple(tags), tags[0] if tags else "none", group or f"g{line}", judged,
        place=f"rows.jsonl:{line}", **more,
    )  # fmt: skip


def messages(problems, fatal):
    return [str(problem) for problem in problems if problem.fatal is fatal]


def found(rows, *expected, shipped=SEEDS, labels=LABELS):
    """The problems whose messages start so, errors and warnings apart."""
    problems = check(rows, shipped, labels)
    return (
        [each for each in messages(problems, fatal) if any(e in each for e in expected)]
        for fatal in (True, False)
    )


def test_a_label_that_nobody_announced_is_named_once_with_the_nearest():
    rows = [row(1, "one"), row(2, "two", ["smugling"]), row(3, "three", ["smugling"])]
    errors, _ = found(rows, "unknown")
    assert errors == [
        "rows.jsonl:2: unknown label 'smugling' (in 2 rows, here first), did you mean "
        "'smuggling'?; write --map smugling=smuggling, or --new smugling if it is a label of its "
        "own"
    ]


def test_a_label_that_is_like_no_other():
    errors, _ = found([row(1, "one", ["ransom money"])], "unknown")
    assert errors == [
        "rows.jsonl:1: unknown label 'ransom money'; known are smuggling, trafficking, "
        "enforcement, policy; write --map 'ransom money'=LABEL, or --new 'ransom money' if it is "
        "a label of its own"
    ]
    errors, _ = found([row(1, "one", ["ransom"])], "unknown", labels=(*LABELS, "ransom"))
    assert errors == []


def test_an_unknown_label_is_found_where_it_was_only_judged():
    errors, _ = found([row(1, "one", judged=(*LABELS, "polcy"))], "unknown")
    assert len(errors) == 1
    assert "did you mean 'policy'" in errors[0]


@pytest.mark.parametrize("text", ["", "  \n", "…", "_ _", "\u200b"])
def test_a_text_without_words(text):
    errors, _ = found([row(4, text)], "without words")
    assert errors == [
        f"rows.jsonl:4: a text without words: {text!r}; give it a text, or take it out"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("La polic\ufffda lleg\ufffd", "broken characters in"),
        ("La policÃ\xada llegÃ³ tarde", "broken characters in"),
        ("He said â€œnoâ€\x9d", "broken characters in"),
        ("half \ud83d a face", "broken characters in"),
        ("a bell \x07 rang", r"control character '\x07' at character 7; take it out"),
        ("word " * 251, "251 words, expected a passage of 250 at most; part documents"),
    ],
)
def test_a_text_that_looks_wrong_is_a_warning(text, expected):
    errors, warnings = found([row(1, text)], expected)
    assert errors == []
    assert len(warnings) == 1


def test_ordinary_texts_look_right():
    rows = [
        row(n, f"{each.text}\r\n\tÂngela, São João 50 °C", each.tags)
        for n, each in enumerate(SEEDS)
    ]
    assert not any(list(checks._text(each)) for each in rows)


def test_the_same_text_with_contrary_labels_is_fatal_among_the_users_rows():
    text = BOAT.format("twice")
    errors, _ = found([row(1, text, ["smuggling"]), row(2, text.upper(), [])], "same text")
    assert errors == [
        "rows.jsonl:2: the same text as rows.jsonl:1, with other labels: smuggling (no here, yes "
        "there); decide which is right, and correct the other or take it out"
    ]


def test_what_nobody_judged_contradicts_nothing():
    text = BOAT.format("twice")
    rows = [
        row(1, text, ["smuggling"], group="g"),
        row(2, text, ["policy"], group="g", judged=("policy",)),
        row(3, text, [], group="g", judged=("trafficking",)),
    ]
    errors, warnings = found(rows[::2], "same text")
    assert errors == []
    assert warnings == [
        "rows.jsonl:3: the same text as rows.jsonl:1; take one out, or it counts twice"
    ]
    errors, _ = found(rows, "same text")  # policy: decided no by one, yes by the other
    assert len(errors) == 1


def test_a_contradiction_is_found_behind_copies_that_agree():
    text = BOAT.format("twice")
    twin = dataclasses.replace(SEEDS[0], text=text)
    rows = [row(1, text, SEEDS[0].tags), row(2, text, SEEDS[0].tags), row(3, text, ["policy"])]
    errors, _ = found(rows, "same text", shipped=[twin, *SEEDS[1:]])
    assert len(errors) == 1
    assert errors[0].startswith("rows.jsonl:3: the same text as rows.jsonl:1, with other labels")


def test_contradicting_the_shipped_corpus_is_a_warning():
    twin = next(each for each in SEEDS if "policy" not in each.tags and len(each.text) > 80)
    mine = row(1, twin.text, ["policy"])
    errors, warnings = found([mine], "same text")
    assert errors == []
    assert len(warnings) == 1
    assert f"as row {twin.id!r} of the shipped corpus, with other labels: " in warnings[0]
    assert "policy (yes here, no there)" in warnings[0]


@pytest.mark.parametrize(
    ("group", "tags", "expected"),
    [
        ("g1", ["smuggling"], "take one out, or it counts twice"),
        ("g2", ["smuggling"], "in another group; take it out, or give it the group 'g1'"),
        ("g1", [], "with other labels: smuggling (no here, yes there); see that both are right"),
    ],
)
def test_nearly_the_same_text(group, tags, expected):
    rows = [
        row(1, BOAT.format("twice"), ["smuggling"], group="g1"),
        row(2, BOAT.format("thrice"), tags, group=group),
    ]
    errors, warnings = found(rows, "nearly the same")
    assert errors == []
    assert len(warnings) == 1
    assert warnings[0].startswith("rows.jsonl:2: nearly the same text (86%) as rows.jsonl:1")
    assert expected in warnings[0]


def test_hard_pairs_of_one_family_may_be_alike():
    rows = [
        row(1, BOAT.format("twice"), ["smuggling"], group="g", family="g f1"),
        row(2, BOAT.format("thrice"), [], group="g", family="g f1"),
    ]
    assert list(map(list, found(rows, "nearly the same"))) == [[], []]


def test_a_few_rows_that_leak_are_warnings_and_many_are_fatal():
    others = [row(n, f"word{n} alone") for n in range(9, 19)]
    twins = [row(n, f"the same word{n // 2} twice", group=f"g{n}") for n in range(8)]
    errors, warnings = found([*others, *twins[:2]], "repeat", "the same text")
    assert (len(errors), len(warnings)) == (0, 1)
    errors, warnings = found([*others, *twins], "repeat", "the same text")
    assert len(warnings) == 4
    assert errors == [
        "rows.jsonl: 4 of 18 rows repeat a text of another group, expected 10% at most; "
        "mend the warnings about them: a model would be tested on what it has learnt"
    ]


def test_a_label_with_too_few_rows():
    new = (*LABELS, "ransom")
    rows = [row(n, f"word{n}", judged=new) for n in range(40)]
    one = [*rows, *(row(n, f"word{n}", ["ransom"], "g", new) for n in range(50, 90))]
    errors, _ = found(one, "'ransom'", labels=new)
    assert errors == [
        "rows.jsonl: rows that have 'ransom': 40, in groups: 1; expected two groups or more, not "
        "all in one fold; label more, in other groups: cross-validation leaves groups out in "
        "turn, and must still learn it from the others"
    ]
    few = [*rows, *(row(n, f"word{n}", ["ransom"], f"g{n}", new) for n in range(50, 60))]
    errors, warnings = found(few, "'ransom'", labels=new)
    assert errors == []
    assert warnings == [
        "rows.jsonl: rows that have 'ransom': 10, in groups: 10; expected 30 rows or more; label "
        "more: with fewer, the share of them that a model gets right is known to 18 points at best"
    ]
    assert next(iter(found(rows, "'ransom'", labels=new)))[0].startswith(
        "rows.jsonl: rows that have 'ransom': 0, in groups: 0; expected two groups"
    )
    errors, _ = found([row(1, "one")], "'ransom'", labels=new)
    assert errors == ["rows.jsonl: no row was judged for 'ransom'; label some, or leave it out"]


def test_a_label_with_one_side_is_fatal_only_where_nothing_shows_the_other():
    rows = [row(n, f"word{n}", ["policy"], judged=("policy",)) for n in range(40)]
    errors, warnings = found(rows, "'policy'")
    assert errors == []
    assert warnings == [
        "rows.jsonl: all 40 rows that were judged for 'policy' have it; label rows of the other "
        "kind too; if nobody looked for it, leave it out of judged, or an unknown is taken for an "
        "answer"
    ]
    errors, _ = found(rows, "'policy'", shipped=(), labels=["policy"])
    assert len(errors) == 1
    assert errors[0].startswith(
        "rows.jsonl: rows that lack 'policy': 0, in groups: 0; expected two"
    )


def test_rows_of_one_group_cannot_be_cross_validated():
    rows = [row(n, f"word{n}", ["policy"][n % 2 :], "g") for n in range(40)]
    errors, _ = found(rows, "one group", shipped=())
    assert errors == [
        "rows.jsonl: all rows are of one group; cross-validation needs two or more articles or "
        "families; give rows of different articles different groups"
    ]


def test_rows_without_a_group_are_noted():
    rows = [row(1, "one", group="r1"), row(2, "two", group="r2"), row(3, "three", group="g")]
    errors, warnings = found(rows, "no group")
    assert errors == []
    assert warnings == [
        "rows.jsonl: 2 of 3 rows have no group, so each is its own; give rows of one article, or "
        "written together, the same group; if there are none, all is well"
    ]


def test_the_shipped_corpus_and_nothing():
    assert check([]) == []
    assert messages(check(SEEDS), True) == []


TEXTS = st.sampled_from([*(BOAT.format(word) for word in ("twice", "thrice")), "word", "…", "\x07"])


@given(
    st.lists(
        st.tuples(
            TEXTS | st.text(max_size=20),
            st.lists(st.sampled_from([*LABELS, "polcy", ""]), unique=True),
            st.sampled_from("abc"),
        ),
        max_size=8,
    )
)
def test_any_rows_are_checked_and_fatal_problems_come_first(given_rows):
    rows = [row(n, text, tags, group) for n, (text, tags, group) in enumerate(given_rows)]
    problems = check(rows)
    assert [problem.fatal for problem in problems] == sorted(
        (problem.fatal for problem in problems), reverse=True
    )
    assert all(problem.place.startswith("rows.jsonl") for problem in problems)
    assert all(problem.what and problem.remedy for problem in problems)


# The command


@pytest.fixture
def seeds_alone(monkeypatch):
    """Leave the written passages out: minutes become seconds."""
    monkeypatch.setattr(corpus, "authored", list)


def invoke(*arguments):
    return run.invoke(cli.app, ["check", *map(str, arguments)], catch_exceptions=False)


def written(path, rows):
    path.write_text("".join(json.dumps(each) + "\n" for each in rows), "utf-8")
    return path


def labelled(count, **more):
    """Rows that train: the seeds' texts with two words before each, in groups."""
    return [
        {
            "text": f"word{n} other{n} {each.text}", "tags": each.tags, "primary": each.primary,
            "judged": LABELS, "group": each.group, **more,
        }
        for n, each in enumerate(SEEDS[:count])
    ]  # fmt: skip


def test_the_command_says_what_is_wrong_and_goes_on(tmp_path, seeds_alone):
    bad = written(
        tmp_path / "bad.jsonl",
        [{"text": "They paid.", "tags": ["smugling"], "primary": "smugling"}],
    )
    result = invoke(tmp_path / "none.jsonl", bad)
    assert result.exit_code == 1
    assert "none.jsonl: no such file" in result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "Errors, to be mended before anything is trained: 1"
    assert f"{bad}:1: unknown label 'smugling', did you mean 'smuggling'?" in lines[1]
    assert "once the errors are mended" in result.stderr
    assert invoke(bad, "--map", "smugling=smuggling", "--no-suspects").exit_code == 0


def test_the_command_takes_new_labels_and_schemes_of_their_own(tmp_path, seeds_alone):
    rows = [
        {"text": f"word{n} other{n}", "tags": tags, "primary": (*tags, "none")[0], "group": str(n)}
        for n, tags in enumerate([["ransom"], ["food"], []] * 40)
    ]
    file = written(tmp_path / "rows.jsonl", rows)
    assert "unknown label 'ransom'" in invoke(file, "--no-suspects", "--new", "food").stdout
    for options in (["--new", "ransom", "--new", "food"], ["--only"]):
        result = invoke(file, "--no-suspects", *options)
        assert result.exit_code == 0, result.stdout
        assert ("'trafficking'" in result.stdout) == (options != ["--only"])


def test_the_command_lists_labels_that_may_be_wrong(tmp_path, seeds_alone):
    rows = labelled(len(SEEDS))
    file = written(tmp_path / "rows.jsonl", rows)
    result = invoke(file, "--only", "--json")
    assert result.exit_code == 0, result.stdout
    said = json.loads(result.stdout)
    assert said["rows"] == len(rows)
    assert {each["label"] for each in said["suspects"]} <= set(LABELS)
    first = said["suspects"][0]
    assert list(first) == ["place", "id", "text", "label", "given", "probability"]
    assert [list(each) for each in said["problems"]][:1] in (
        [],
        [["place", "what", "remedy", "fatal"]],
    )
    result = invoke(file, "--only", "--count", 3)
    part = result.stdout.split("Labels that may be wrong, the most suspect first: ")[1]
    assert part.splitlines()[0] == str(len(said["suspects"]))
    shown = part.splitlines()[1:]
    assert len(shown) == 4
    given_ = "yes" if first["given"] else "no"
    assert shown[0].startswith(
        f"  {first['place']}: {first['label']}: {given_} given, yes {first['probability']:.2f} probable: "
    )
    assert (
        shown[3] == f"  … and {len(said['suspects']) - 3} more; "
        f"'palermo check --count {len(said['suspects'])}' shows all"
    )


def test_nothing_found_is_said(tmp_path, seeds_alone, monkeypatch):
    monkeypatch.setattr(checks, "check", lambda *_: [])
    file = written(tmp_path / "rows.jsonl", labelled(3))
    result = invoke(file, "--no-suspects")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "Nothing found in 3 rows." in result.stderr
    said = json.loads(invoke(file, "--no-suspects", "--json").stdout)
    assert said == {"rows": 3, "problems": [], "suspects": []}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (["--map", "a"], "'a': expected A=B"),
        (["--map", "=b"], "'=b': expected A=B"),
        (["--new", "none"], "'none' means no label at all"),
        (["--only", "--new", "ransom"], "with --only no label needs it"),
        (["--as", "no-such"], "no-such"),
        (["--count", "0"], "0 is not in the range"),
    ],
)
def test_wrong_usage(tmp_path, options, match):
    result = invoke(tmp_path / "rows.jsonl", *options)
    assert result.exit_code == 2
    assert match in " ".join(result.stderr.replace("│", " ").split())
