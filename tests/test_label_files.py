"""Labels that other tools export become rows; what does not is said, with its place."""

import copy
import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palermo import LABELS, CorpusError
from palermo.outputs import jsonl, sheet
from palermo.outputs.finding import Finding
from palermo.passages import Passage
from palermo_training import corpus, label_files
from palermo_training.corpus import Row
from palermo_training.label_files import KINDS, read
from palermo_training.problems import Problem

FILES = Path(__file__).parent / "label_files"
PAID = "Each of them paid the skipper 2,000 euros."
HELD = "The patrol stopped the boat and held the crew."
LOCKED = "She was locked in and made to work off the fare."
CALM = "The sea was calm."

SM, TR, EN, PO = LABELS

# Of each file: text, tags, primary, judged, id, group, line or item.
GOLDEN = {
    "palermo.jsonl": (
        "palermo",
        [
            ("The skipper took 2,000 euros from each of them for the crossing.", (SM,), SM, (*LABELS, "extortion"), "a-1", "article-a", "1"),
            ("The coastguard towed the boat to port and held two of the crew.", (SM, EN), EN, (*LABELS, "extortion"), "a-2", "article-a", "2"),
            ("The wind dropped in the night.", (), "none", (SM, TR), "a-3", "article-a", "3"),
            ("They were told to pay 500 more or their families would be called.", ("extortion",), "extortion", (*LABELS, "extortion"), None, None, "5"),
        ],
    ),
    "table.csv": (
        "csv",
        [
            ("El patrón cobró 2.000 euros; zarparon de noche.", (SM,), SM, (SM, TR, EN, PO), "1", "nota-1", "2"),
            ("La retuvieron en un piso y la obligaron a pagar la deuda.", (SM, TR), TR, (SM, TR, EN, PO), "2", "nota-1", "3"),
            ("Llovió toda la semana.", (), "none", (SM, TR, EN, PO), "3", "nota-2", "4"),
            ("El ministro anunció una ley.", (PO,), PO, (EN, PO), "4", "nota-2", "5"),
        ],
    ),
    "table.tsv": (
        "csv",
        [
            ("The boat carried forty people, who had paid.", (SM,), SM, (SM,), None, None, "2"),
            ('Two words: "No entry".', (), "none", (SM,), None, None, "3"),
        ],
    ),
    "label_studio.json": (
        "label-studio",
        [
            (PAID, (SM,), SM, (SM, EN), "101", "report-1.pdf", "item 1"),
            (HELD, (EN,), EN, (EN,), "102", "report-1.pdf", "item 2"),
            (CALM, (), "none", (SM, EN), "103", "103", "item 3"),
        ],
    ),
    "label_studio_min.json": (
        "label-studio",
        [
            (PAID, (SM,), SM, (SM, EN), "101", "report-1.pdf", "item 1"),
            (HELD, (EN,), EN, (EN,), "102", "report-1.pdf", "item 2"),
        ],
    ),
    "doccano.jsonl": (
        "doccano",
        [
            (PAID, (SM,), SM, (SM, TR), "31", "crossing.html", "1"),
            (LOCKED, (SM, TR), SM, (SM, TR), "32", "flat.html", "2"),
            (CALM, (), "none", (SM, TR), "33", "crossing.html", "3"),
        ],
    ),
    "doccano.json": (
        "doccano",
        [
            (PAID, (SM,), SM, (SM,), "31", "crossing", "item 1"),
            (CALM, (), "none", (SM,), "33", "33", "item 2"),
        ],
    ),
    "doccano.csv": (
        "doccano",
        [
            (PAID, (SM,), SM, (SM, TR), "31", "31", "2"),
            (LOCKED, (SM, TR), SM, (SM, TR), "32", "32", "3"),
        ],
    ),
    "prodigy_choice.jsonl": (
        "prodigy",
        [
            (PAID, (SM,), SM, (SM, TR), None, "report-1.pdf", "1"),
            (CALM, (), "none", (SM, EN), None, None, "4"),
        ],
    ),
    "prodigy_binary.jsonl": (
        "prodigy",
        [
            (LOCKED, (TR,), TR, (TR, PO), None, "flat.html", "1"),
            (CALM, (), "none", (TR,), None, None, "3"),
        ],
    ),
    "argilla_1_text_classification.jsonl": (
        "argilla",
        [
            (PAID, (SM,), SM, (SM, EN), "r-1", "report-1.pdf", "1"),
            ("The patrol held the crew, who had been paid.", (SM, EN), EN, (SM, EN), "r-4", "r-4", "4"),
        ],
    ),
    "argilla_1_feedback.json": (
        "argilla",
        [(LOCKED, (TR,), TR, (TR,), "flat-3", "flat", "item 1")],
    ),
    "argilla_2.json": (
        "argilla",
        [
            (PAID, (SM,), SM, (SM, TR), "crossing-1", "crossing.html", "item 1"),
            (CALM, (), "none", (SM, TR), "crossing-2", "crossing-2", "item 2"),
        ],
    ),
    "argilla_2_flat.jsonl": (
        "argilla",
        [(PAID, (SM,), SM, (SM,), "crossing-1", "crossing.html", "1")],
    ),
}  # fmt: skip

# What is said of each file beside its rows: where, and how it begins.
SAID = {
    "table.csv": [("", "1 left out: without a label")],
    "label_studio.json": [
        (":item 2", "2 answers split evenly over smuggling"),
        ("", "1 left out: skipped or ignored"),
        ("", "1 left out: guesses of a model"),
    ],
    "label_studio_min.json": [
        (":item 2", "2 answers split evenly over smuggling"),
        ("", "1 left out: without a label"),
    ],
    "doccano.jsonl": [("", "1 left out: without a label")],
    "prodigy_choice.jsonl": [
        ("", "1 left out: skipped or ignored"),
        ("", "1 left out: tasks that were rejected"),
    ],
    "prodigy_binary.jsonl": [("", "1 left out: skipped or ignored")],
    "argilla_1_text_classification.jsonl": [
        ("", "1 left out: discarded"),
        ("", "1 left out: guesses of a model"),
    ],
    "argilla_1_feedback.json": [
        ("", "answers to 'why' are left out"),
        (":item 1", "2 answers split evenly over smuggling"),
        ("", "1 left out: drafts"),
        ("", "1 left out: discarded"),
    ],
    "argilla_2.json": [("", "1 left out: guesses of a model")],
    "argilla_2_flat.jsonl": [
        (":1", "2 answers split evenly over enforcement"),
        ("", "1 left out: discarded"),
        ("", "1 left out: guesses of a model"),
    ],
}
RENAMED = {"table.csv": {"trata": "trafficking", "Ninguna": "none", "enforcement": "enforcement"}}


@pytest.mark.parametrize("name", GOLDEN)
def test_what_each_tool_exports_becomes_rows(name):
    kind, rows = GOLDEN[name]
    path = FILES / name
    found, problems = read(path, renamed=RENAMED.get(name))
    assert [replace(row, lang="") for row in found] == [
        Row(id_ or f"{path}:{at}", text, tags, primary, group or id_ or f"{path}:{at}", judged)
        for text, tags, primary, judged, id_, group, at in rows
    ]
    assert [row.place for row in found] == [f"{path}:{row[-1]}" for row in rows]
    assert {row.origin for row in found} == {"user"}
    said = SAID.get(name, [])
    assert [problem.place for problem in problems] == [f"{path}{at}" for at, _ in said]
    for problem, (_, what) in zip(problems, said, strict=True):
        assert problem.what.startswith(what)
        assert not problem.fatal
    assert read(path, kind, RENAMED.get(name)) == (found, problems)


def test_every_file_is_of_a_test():
    assert {path.name for path in FILES.iterdir()} == {*GOLDEN, "doccano_spans.jsonl"}


def written(tmp_path, content, name="labels"):
    path = tmp_path / name
    if isinstance(content, list):
        content = "".join(json.dumps(each) + "\n" for each in content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_the_corpus_comes_out_as_its_own_reader_reads_it():
    path = corpus.data("seed_sentences.jsonl")
    found, problems = read(path)
    assert problems == []
    keys = ("id", "text", "tags", "primary", "group", "judged", "lang", "place")
    assert [[getattr(row, key) for key in keys] for row in found] == [
        [getattr(row, key) for key in keys] for row in corpus.read_rows(path)
    ]


# Names of labels


def test_labels_are_renamed_and_none_is_no_label(tmp_path):
    path = written(
        tmp_path,
        "text,label\nA,trata; other\nB, NONE \nC,other\nD,Smuggling|trata\n",
    )
    found, problems = read(path, renamed={"trata": "trafficking", "other": "none"})
    assert [(row.tags, row.primary, row.judged) for row in found] == [
        (("trafficking",), "trafficking", ("trafficking", "Smuggling")),
        ((), "none", ("trafficking", "Smuggling")),
        ((), "none", ("trafficking", "Smuggling")),
        (("trafficking", "Smuggling"), "Smuggling", ("trafficking", "Smuggling")),
    ]
    assert problems == []


def test_a_name_that_does_not_occur_is_said(tmp_path):
    path = written(tmp_path, "text,label\nA,policy\n")
    _, problems = read(path, renamed={"trata": "trafficking"})
    assert problems == [
        Problem(
            str(path),
            "no label 'trata', which was to be renamed",
            "look at its spelling; the labels here are ['policy']",
            False,
        )
    ]
    with pytest.raises(CorpusError, match="is no label to rename; for no label write none"):
        read(path, renamed={"policy": " "})


def test_a_file_that_judges_nothing(tmp_path):
    path = written(tmp_path, "text,label\nA,none\n")
    found, problems = read(path)
    assert found == []
    assert [problem.what for problem in problems] == [
        "no label holds, and the file names no label that was judged"
    ]
    found, problems = read(written(tmp_path, "text,label,judged\nA,none,policy\n"))
    assert [row.judged for row in found] == [("policy",)]
    assert problems == []


# What a model said is no label


def finding(text="They paid."):
    passage = Passage(text, 0, len(text), SM, (SM,), dict.fromkeys(LABELS, 0.5), 1.0)
    return Finding(passage, "a.txt", 0, 0, "0.4.0")


def output(form):
    to = io.StringIO(newline="")
    if form == "csv":
        sheet.write_all([finding(), finding("=B")], to, LABELS, print)
    else:
        (jsonl.write_all if form == "jsonl" else jsonl.write_array)([finding(), finding("=B")], to)
    return to.getvalue()


@pytest.mark.parametrize("form", ["jsonl", "json", "csv"])
def test_what_classify_wrote_is_refused(tmp_path, form):
    path = written(tmp_path, output(form))
    found, problems = read(path)
    assert found == []
    assert [problem.fatal for problem in problems] == [True]
    assert "2 left out: a model's output, from which a model must not learn" in problems[0].what
    assert 'set "reviewed" to true' in problems[0].remedy


@pytest.mark.parametrize(("form", "yes"), [("jsonl", "true"), ("csv", "yes"), ("csv", "Sí")])
def test_what_classify_wrote_and_a_person_read_counts(tmp_path, form, yes):
    lines = output(form).splitlines()
    if form == "csv":
        content = f"{lines[0]},reviewed\n{lines[1]},{yes}\n{lines[2]},\n"
    else:
        content = (
            lines[0].replace("{", '{"reviewed": true, ', 1)
            + "\n"
            + lines[1].replace("{", '{"reviewed": false, ', 1)
        )
    found, problems = read(written(tmp_path, content))
    assert [(row.text, row.tags, row.judged, row.group) for row in found] == [
        ("They paid.", (SM,), LABELS, "a.txt")
    ]
    assert [problem.fatal for problem in problems] == [False]
    assert problems[0].what.startswith("1 left out: not yet reviewed")


def test_a_formula_that_classify_made_harmless_is_itself_again(tmp_path):
    lines = output("csv").splitlines()
    path = written(tmp_path, f"{lines[0]},reviewed\n{lines[2]},yes\n")
    assert [row.text for row in read(path)[0]] == ["=B"]


def test_guesses_that_doccano_carries_are_refused(tmp_path):
    guess = {"id": 1, "text": "A", "label": [SM], "meta": {"schema": 1, "model": "0.4.0"}}
    path = written(tmp_path, [guess])
    assert [problem.fatal for problem in read(path)[1]] == [True]


def test_tasks_that_nobody_answered(tmp_path):
    tasks = [{"text": "A", "options": [{"id": SM, "text": SM}], "accept": [SM]}]
    found, problems = read(written(tmp_path, tasks))
    assert found == []
    assert problems[0].what.startswith("1 left out: guesses of a model")


# Several annotators


def labelled(*choices, **more):
    return {
        "data": {"text": "A"},
        "annotations": [
            {"result": [{"type": "choices", "from_name": "q", "value": {"choices": list(each)}}]}
            for each in choices
        ],
        **more,
    }


@pytest.mark.parametrize(
    ("choices", "tags", "primary", "judged"),
    [
        ([[SM], [SM], [TR]], (SM,), SM, (SM, TR)),
        ([[SM, TR], [TR, SM], [TR]], (SM, TR), TR, (SM, TR)),
        ([[SM], [TR], [PO]], (), "none", (SM, TR, PO)),
        ([[SM, PO], [TR, PO]], (PO,), PO, (PO,)),
        ([["none"], [SM], ["none"]], (), "none", (SM,)),
    ],
)
def test_the_majority_of_each_label_stands(tmp_path, choices, tags, primary, judged):
    found, _ = read(written(tmp_path, [labelled(*choices)]))
    assert [(row.tags, row.primary, row.judged) for row in found] == [(tags, primary, judged)]


def ticked(name, *choices):
    return {"type": "choices", "from_name": name, "value": {"choices": list(choices)}}


@pytest.mark.parametrize(
    "tasks",
    [
        [
            {"data": {"text": "A"}, "annotations": [{"result": [ticked("tags", SM, PO), ticked("primary", PO)]}]},
            {"data": {"text": "B"}, "annotations": [{"result": [ticked("primary", "none")]}]},
        ],
        [
            {"id": 1, "text": "A", "tags": {"choices": [SM, PO]}, "primary": PO, "annotation_id": 1},
            {"id": 2, "text": "B", "primary": "none", "annotation_id": 2},
        ],
        [
            {
                "fields": {"text": "A"},
                "responses": {
                    "tags": [{"value": [PO], "user_id": "b"}, {"value": [SM, PO], "user_id": "a"}, {"value": [SM, PO], "user_id": "c"}],
                    "primary": [{"value": SM, "user_id": "c"}, {"value": PO, "user_id": "a"}, {"value": PO, "user_id": "b"}],
                },
            },
            {"fields": {"text": "B"}, "responses": {"primary": [{"value": "none", "user_id": "a"}]}},
        ],
        [
            {"text": "A", "tags": [SM, PO], "primary": PO, "judged": [SM, PO]},
            {"text": "B", "tags": None, "primary": "none", "judged": [SM, PO]},
        ],
    ],
)  # fmt: skip
def test_a_question_named_primary_says_the_main_label(tmp_path, tasks):
    found, problems = read(written(tmp_path, tasks))
    assert [(row.text, row.tags, row.primary, row.judged) for row in found] == [
        ("A", (SM, PO), PO, (SM, PO)),
        ("B", (), "none", (SM, PO)),
    ]
    assert problems == []


def test_a_row_on_which_all_is_split_is_left_out_and_said(tmp_path):
    found, problems = read(written(tmp_path, [labelled([SM], [TR])]))
    assert found == []
    assert problems[0].what == "2 answers split evenly over smuggling, trafficking"
    assert not problems[0].fatal


def test_the_first_answer_that_counts_tells_of_the_text(tmp_path):
    row = {"_input_hash": 1, "text": "A", "label": SM}
    found, _ = read(written(tmp_path, [{**row, "answer": "ignore"}, {**row, "answer": "accept"}]))
    assert [(row.place[-2:], row.text, row.tags) for row in found] == [(":2", "A", (SM,))]


# Rows that are wrong

ROW = {"text": "They paid.", "tags": [SM], "primary": SM}
TASK = {"text": "They paid.", "_input_hash": 1}


@pytest.mark.parametrize(
    ("row", "what", "remedy"),
    [
        ({"text": "A", "primary": SM, "tags": 3}, "tags is 3", "it must be a label or a list of lab"),
        ({**ROW, "tags": [3]}, "3 in tags", "a label is a string of one word or more"),
        ({**ROW, "tags": [" "]}, "' ' in tags", "a label is a string"),
        ({**ROW, "text": " "}, "text must be a string with words", "mend the row, or take it out"),
        ({"tags": [SM]}, "no 'text'", "a row needs text, tags and primary"),
        ({"text": "A", "primary": SM}, "no 'tags'", "a row needs text, tags and primary"),
        ({**ROW, "primary": PO}, "primary is 'policy'", "it must be one of the tags ['smuggling']"),
        ({**ROW, "primary": 3}, "primary is 3", "it must be one of the tags"),
        ({**ROW, "judged": [PO]}, "a tag stands in tags and not in judged", "mend the row"),
        ({**ROW, "tags": ["none", PO]}, "none beside other labels, ['none', 'policy']", "take one out"),
        ({**ROW, "id": 1.5}, "id must be a string", "mend the row"),
        ({**ROW, "group": []}, "group must be a string", "mend the row"),
        ({**ROW, "id": "good"}, "the id 'good' stands twice, first at ", "give each row an id"),
        ({**ROW, "reviewed": "yes"}, "reviewed is 'yes'", "it must be true or false"),
    ],
)  # fmt: skip
def test_a_broken_row_is_named_and_the_others_go_on(tmp_path, row, what, remedy):
    path = written(tmp_path, [{**ROW, "id": "good"}, row, row])
    found, problems = read(path, "palermo")
    assert [row.id for row in found] == ["good"]
    assert [(each.place, each.fatal) for each in problems] == [
        (f"{path}:2", True),
        (f"{path}:3", True),
    ]
    assert problems[0].what.startswith(what)
    assert problems[0].remedy.startswith(remedy)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({**TASK, "answer": "yes", "label": SM}, "answer is 'yes'; accept, reject or ignore was"),
        ({**TASK, "answer": "accept"}, "no label and no options; export a task of text"),
        ({**TASK, "answer": "accept", "label": 3}, "label is 3; one label was expected"),
        ({**TASK, "answer": "accept", "accept": 3}, "accept is 3; a list of ids of options"),
        ({**TASK, "answer": "accept", "options": [{"id": SM}], "accept": [TR]}, "'trafficking' in accept is none of the options; export"),
        ({**TASK, "answer": "accept", "options": 3}, "3 where a list of objects was expected"),
        ({"data": {"a": "x", "b": "y"}, "annotations": labelled([SM])["annotations"]}, "no 'text' among the fields ['a', 'b']; name one of them text"),
        ({"data": {"text": "x"}, "annotations": [{"result": [{"type": "labels", "value": {"start": 0}}]}]}, "'labels' answers with no choice about the whole text; ask"),
        ({"data": {"text": "x"}, "annotations": 3}, "3 where a list of objects was expected; export it"),
        ({"annotation_id": 1, "text": "x", "q": {"choices": [{"start": 1}]}}, "'q' answers with no choice about the whole"),
        ({"id": 1, "text": "x", "label": [3]}, "label is [3], numbers of labels; export their names"),
        ({"fields": {"text": "x"}, "responses": 3}, "responses are 3; export the records again"),
        ({"fields": {"text": "x"}, "responses": {"q": [{"value": "a", "status": "odd"}]}}, "a response with the status 'odd'; export"),
        ({"text": "x", "q.responses": 3}, "q.responses is 3; a list was expected"),
    ],
)  # fmt: skip
def test_a_broken_row_of_a_tool(tmp_path, row, message):
    path = written(tmp_path, [row])
    found, problems = read(path)
    assert found == []
    assert str(problems[0]).startswith(f"{path}:1: {message}")
    assert problems[0].fatal


def test_spans_are_no_labels_of_a_passage():
    found, problems = read(FILES / "doccano_spans.jsonl")
    assert found == []
    assert "marks places in the text, not the whole of it" in problems[0].what
    assert problems[0].fatal


def test_rows_of_a_table_that_are_wrong(tmp_path):
    path = written(
        tmp_path, 'text,label,reviewed\nA,policy\n\nB,policy,\n"C"x,policy,yes\nD,"[""a""]",x\nE,policy,7\nF,policy,yes\n'
    )  # fmt: skip
    found, problems = read(path)
    assert [row.text for row in found] == ["F"]
    assert [(problem.place.removeprefix(f"{path}"), problem.fatal) for problem in problems] == [
        (":2", True), (":5", True), (":6", True), (":7", True), ("", False),
    ]  # fmt: skip
    assert [problem.what for problem in problems[:4]] == [
        "2 cells, where the header has 3",
        "broken, passed over up to line 5 (',' expected after '\"')",
        "'[\"a\"]' is no label",
        "reviewed is '7'",
    ]


def test_broken_json_lines_stop_no_other(tmp_path):
    path = written(tmp_path, b'{"text": "A", "tags": []}\n{\n\n[]\n{"text": "B", "tags": []}\n')
    rows, problems = read(path)
    assert [row.text for row in rows] == ["A", "B"]
    assert [problem.place for problem in problems] == [f"{path}:2", f"{path}:4"]
    assert problems[0].what.startswith("no JSON (Expecting property name")
    assert problems[1].what == "expected a JSON object"
    assert all(problem.fatal for problem in problems)
    assert read(written(tmp_path, b"{\n"))[0] == []


def test_a_spreadsheet_translates_its_yes_and_no(tmp_path):
    head = "id,text,tags,guess_tags,reviewed\n"
    rows, problems = read(
        written(tmp_path, f"{head}1,A,policy,policy,VERDADERO\n2,B,,policy,FALSO\n")
    )
    assert [row.text for row in rows] == ["A"]
    assert [problem.what[:11] for problem in problems] == ["1 left out:"]


# Files that are wrong


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty; labelled rows were expected"),
        (b" \n", "empty; labelled rows were expected"),
        (b"[]", "no rows; labelled rows were expected"),
        (b"text,label\n", "no rows; labelled rows were expected"),
        (b"texto;etiqueta\nTr\xe1fico;trata\n", "not UTF-8 (byte 17); save it as UTF-8"),
        (b"[\n{},\n", "3: no JSON (Expecting value"),
        (b"[" + b"9" * 5000 + b"]", "no JSON (Exceeds the limit"),
        (b"[" * 200_000, "nested too deep to read"),
        (b"\x00\x01\n\x02", "the fields ['\\x00\\x01'] are of no form that is known"),
        (b"just text", "no rows; labelled rows were expected, of palermo, csv, label-studio"),
        (b"just text\nmore\n", "the fields ['just text'] are of no form that is known; say which it is by --as KIND, of palermo, csv, label-studio, doccano, prodigy, argilla"),
        (b'{"text": "A", "label": "policy"}', "the fields ['text', 'label'] are of no form that is known"),
        (b'{"text": "A", "label": ["policy"], "answer": "accept"}', "it may be of doccano or prodigy; say which"),
        (b"id,text,label\n1,A,a#b\n", "it may be of csv or doccano; say which it is by --as KIND"),
        (b"text,label,Text\nA,policy,B\n", "1: two columns 'text'; rename one of them"),
        (b"text,texto,label\nA,B,policy\n", "the columns text and texto; leave one of them"),
        (b"text,label,tags,labels\nA,policy,x,y\n", "the columns tags and labels; leave one"),
        (b'text,"label\nA,policy\n', "1: a broken header (unexpected end of data); mend it"),
        (b'[{"data": {"text": "A"}, "annotations": [{"result": [{"type": "choices", "from_name": "a"}, {"type": "choices", "from_name": "b"}]}]}]', "answers to several questions ('a', 'b'); export one alone, or name"),
        ("text,label\n" + "".join(f"A,l{i}\n" for i in range(101)), "101 different labels, as 'l0', and at most 100 are read"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read(tmp_path, content, message):
    path = written(tmp_path, content)
    with pytest.raises(CorpusError, match=re.escape(message)) as raised:
        read(path)
    assert str(raised.value).startswith(f"{path}:")


def test_files_that_are_not_there(tmp_path, monkeypatch):
    with pytest.raises(CorpusError, match="no such file"):
        read(tmp_path / "none.jsonl")
    with pytest.raises(CorpusError, match="Is a directory"):
        read(tmp_path)
    monkeypatch.setattr(corpus, "LARGEST", 10)
    with pytest.raises(CorpusError, match="more than 0 MB; split it"):
        read(written(tmp_path, "text,label\nA,policy\n"))


def test_a_file_that_memory_does_not_hold(tmp_path, monkeypatch):
    def full(*_: object) -> object:
        raise MemoryError

    monkeypatch.setattr(label_files, "_read", full)
    with pytest.raises(CorpusError, match=r"labels\S*: too large for the memory here; split it"):
        read(written(tmp_path, "text,label\nA,policy\n"))


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("prodigy", "text,label\nA,policy\n", "not JSON, which prodigy exports; export it as JSON"),
        ("csv", '{"text": "A", "tags": []}\nx,y\n', "one named text and one named label were"),
        ("csv", "a,b\n1,2\n", "the columns ['a', 'b']; one named text and one named label were"),
    ],
)
def test_a_form_that_the_file_does_not_have(tmp_path, kind, content, message):
    with pytest.raises(CorpusError, match=re.escape(message)):
        read(written(tmp_path, content), kind)


def test_the_form_that_is_said_settles_it(tmp_path):
    path = written(tmp_path, "id,text,label\n1,A,a#b\n")
    assert [row.tags for row in read(path, "csv")[0]] == [("a#b",)]
    assert [row.tags for row in read(path, "doccano")[0]] == [("a", "b")]
    path = written(tmp_path, [{"text": "A", "label": "policy"}])
    assert [row.tags for row in read(path, "doccano")[0]] == [("policy",)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_delimiters_and_marks(tmp_path, delimiter, mark):
    path = written(tmp_path, mark + delimiter.join([" TEXTO ", "ETIQUETAS", "note"]) + "\r\n")
    with path.open("a", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerow(["a, b; c\td\ne", "policy|x", ""])
    found, problems = read(path)
    assert [(row.text, row.tags) for row in found] == [("a, b; c\td\ne", ("policy", "x"))]
    assert problems == []


def test_labels_from_standard_input(monkeypatch):
    content = io.BytesIO(b"text,label\nA,policy\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(content))
    assert [(row.place, row.tags) for row in read(Path("-"))[0]] == [("-:2", ("policy",))]


# Whatever comes

encodable = st.characters(exclude_categories=["Cs"])
names = st.one_of(
    st.sampled_from(LABELS),
    st.text(encodable, min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda name: name and name.casefold() != "none" and not set(name) & set(";|[{")),
)
"""Labels that a cell of a table can hold among others."""


@st.composite
def all_rows(draw):
    """Rows as ``read`` gives them: labels in its order, every one of the file in ``judged``."""
    scheme = draw(st.sets(names, min_size=1, max_size=6))
    order = [*LABELS, *sorted(scheme.difference(LABELS))]
    rows = []
    for number in range(draw(st.integers(1, 5))):
        judged = draw(st.sets(st.sampled_from(sorted(scheme)), min_size=1))
        tags = draw(st.sets(st.sampled_from(sorted(judged))))
        id_ = draw(st.sampled_from([f"r{number}", f"ñ {number}"]))
        rows.append(
            Row(
                id_,
                draw(st.text(encodable, min_size=1, max_size=40).filter(str.strip)),
                tuple(label for label in order if label in tags),
                draw(st.sampled_from(sorted(tags))) if tags else "none",
                draw(st.sampled_from([id_, "g", "é;1"])),
                tuple(label for label in order if label in judged),
                draw(st.sampled_from(["", "en", "es"])),
            )
        )
    return rows


def fields(row):
    keys = ("id", "text", "tags", "primary", "group", "judged", "lang")
    return {key: getattr(row, key) for key in keys}


@given(rows=all_rows(), array=st.booleans(), ascii_=st.booleans())
def test_rows_written_as_json_come_back(tmp_path, rows, array, ascii_):
    lines = [json.dumps(fields(row), ensure_ascii=ascii_) for row in rows]
    content = "[" + ",\n".join(lines) + "]" if array else "\n".join(lines)
    assert read(written(tmp_path, content)) == (rows, [])


@given(rows=all_rows(), delimiter=st.sampled_from(",;\t"), mark=st.booleans())
def test_rows_written_as_csv_come_back(tmp_path, rows, delimiter, mark):
    to = io.StringIO(newline="")
    writer = csv.writer(to, delimiter=delimiter)
    keys = ("id", "text", "tags", "primary", "group", "judged", "lang")
    writer.writerow(keys)
    for row in rows:
        cells = fields(row)
        cells |= {"tags": ";".join(row.tags) or "none", "judged": "|".join(row.judged)}
        writer.writerow(cells[key] for key in keys)
    content = ("\ufeff" if mark else "") + to.getvalue()
    assert read(written(tmp_path, content)) == (rows, [])


def objects(name):
    text = (FILES / name).read_text("utf-8")
    return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines() if line]  # fmt: skip


EXPORTS = [objects(name) for name in sorted([*GOLDEN, "doccano_spans.jsonl"]) if not re.search(r"\.[ct]sv$", name)]  # fmt: skip
KEYS = sorted({key for export in EXPORTS for task in export for key in task} | {"reviewed", "judged", "completions"})  # fmt: skip

anything = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
        st.sampled_from([*LABELS, "none", "\ud800", "accept", "submitted"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), st.text(max_size=3)), inner, max_size=4),
    ),
    max_leaves=8,
)  # fmt: skip


def positions(value, at=()):
    yield at
    for key in (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    ):
        yield from positions(value[key], (*at, key))  # fmt: skip


def put(whole, at, value):
    if not at:
        return value
    whole = copy.deepcopy(whole)
    inner = whole
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return whole


@given(data=st.data(), kind=st.sampled_from([None, *KINDS]), array=st.booleans())
def test_any_value_in_any_position_is_an_error_at_most(tmp_path, data, kind, array):
    export = data.draw(st.sampled_from(EXPORTS))
    for _ in range(data.draw(st.integers(1, 3))):
        export = put(export, data.draw(st.sampled_from(list(positions(export)))), data.draw(anything))  # fmt: skip
    if array or not isinstance(export, list):
        content = json.dumps(export)
    else:
        content = "\n".join(map(json.dumps, export))
    check(written(tmp_path, content), kind)


@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")), st.lists(st.lists(st.sampled_from(["text", "label", "tags", "id", "#", '"', "none", ";", "policy", "'=", "reviewed", "\0", "\r"]), max_size=5).map(",".join), max_size=6).map(lambda lines: "\n".join(lines).encode())), kind=st.sampled_from([None, *KINDS]))  # fmt: skip
def test_any_bytes_are_an_error_at_most(tmp_path, content, kind):
    check(written(tmp_path, content), kind)


def check(path, kind):
    try:
        found, problems = read(path, kind)
    except CorpusError as error:
        assert str(error).startswith(f"{path}:")
        return
    for row in found:
        assert isinstance(row.text, str)
        assert row.text.strip()
        assert set(row.tags) <= set(row.judged)
        assert row.judged
        assert row.primary in (row.tags or ("none",))
        assert row.place.startswith(f"{path}:")
    assert len({row.id for row in found}) == len(found)
    assert all(problem.what and problem.remedy and isinstance(problem.fatal, bool) for problem in problems)  # fmt: skip
    corpus.digest(found)
