import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from palermo import CorpusError, OutputError, Passage, Predictor
from palermo.terms import Term
from palermo.text import tokens
from palermo_training import cli, corpus, selection
from palermo_training.selection import Candidate, choose, nearness, select

CUTOFFS = {"smuggling": 0.4, "policy": 0.5}


def candidate(text, smuggling=0.1, policy=0.1, document="a.txt", **more):
    probabilities = {"smuggling": smuggling, "policy": policy}
    return Candidate(
        Passage(text, 0, len(text), "none", (), probabilities, **{"known": 1.0, **more}), document
    )


def texts(found):
    return [choice.passage.text for choice in found.choices]


def reasons(found):
    return [choice.reason for choice in found.choices]


def test_labels_take_turns_and_each_takes_what_is_nearest_to_its_threshold():
    found = select(
        [
            candidate("far from both", 0.01, 0.01),
            candidate("near to smuggling", 0.41, 0.01),
            candidate("nearer still, it is", 0.4, 0.01),
            candidate("some way off policy", 0.01, 0.6),
        ],
        CUTOFFS,
        3,
    )
    assert texts(found) == ["nearer still, it is", "some way off policy", "near to smuggling"]
    assert reasons(found) == [
        "close to the threshold of smuggling (0.40, needed 0.40)",
        "close to the threshold of policy (0.60, needed 0.50)",
        "close to the threshold of smuggling (0.41, needed 0.40)",
    ]
    assert (found.remain, found.passed_over) == (1, {})


def test_nearness_is_measured_in_log_odds():
    # 0.05 beside 0.10 is half of it; 0.50 beside 0.55 is nearly the same
    one, other = nearness(np.array([[0.05, 0.5]]), np.array([0.1, 0.55]))[0]
    assert one > 3 * other
    assert np.isfinite(nearness(np.array([[0.0, 1.0]]), np.array([1.0, 0.0]))).all()


def test_passages_whose_word_is_wrong_have_a_turn_the_clearest_first():
    found = select(
        [
            candidate("one text here", 0.01, 0.01, term=Term("trafficking", "smuggling", 0.5)),
            candidate("another text there", 0.01, 0.01, term=Term("both", "both", 0.9)),
            candidate("quite near", 0.39, 0.01),
            candidate("rather close", 0.01, 0.51),
        ],
        CUTOFFS,
        4,
    )
    assert texts(found) == ["quite near", "rather close", "another text there", "one text here"]
    assert reasons(found)[2:] == [
        "says smuggling and trafficking, describes both",
        "nearest of what is left to the threshold of smuggling (0.01, needed 0.40); "
        "says trafficking, describes smuggling",
    ]


def test_what_is_passed_over_is_counted_by_why():
    found = select(
        [
            candidate("¡Se ahogó!"),
            candidate("The boat sank."),
            candidate("the BOAT sank"),
            candidate("x " * 1001),
            candidate("Home | About slavery | Our work | Donate"),
            candidate("лодка затонула ночью", known=0.2),
            candidate("…", known=0.0),
            candidate("Most of it is known", known=0.7),
        ],
        CUTOFFS,
        5,
        ["se ahogo"],
    )
    assert texts(found) == ["The boat sank.", "Most of it is known"]
    assert reasons(found)[1].endswith("; little of its wording is known (70% of the words)")
    assert found.passed_over == {
        "labelled already": 1,
        "the same text as another": 1,
        "longer than 2,000 characters": 1,
        "a list of topics or links": 1,
        "less than half of its words known, as in other languages or code": 2,
    }
    assert found.remain == 0


def test_of_nearly_the_same_texts_one_is_chosen():
    same = "Police stopped {} people in a lorry near the border at dawn on Tuesday"
    found = select(
        [*(candidate(same.format(count), 0.4) for count in (12, 30, 41)), candidate("Rain fell")],
        CUTOFFS,
        4,
    )
    assert len(texts(found)) == 2
    assert found.passed_over == {"nearly the same as one in the queue": 2}
    assert found.remain == 0


def test_no_document_fills_the_queue_while_others_have_passages():
    many = [candidate(f"word{n} other{n}", 0.4, document="long.txt") for n in range(40)]
    few = [candidate(f"thing{n} further{n}", 0.01, 0.01, f"{n}.txt") for n in range(9)]
    found = select([*many, *few], CUTOFFS, 10)
    documents = [choice.document for choice in found.choices]
    assert documents.count("long.txt") == 3
    assert len(documents) == 10
    # Where there is no other, it may.
    assert len(select(many, CUTOFFS, 30).choices) == 30


def test_nothing_to_choose_from():
    assert select([], CUTOFFS, 5) == selection.Selection([], {}, 0)
    assert select([candidate("Hi.")], CUTOFFS, 5, ["hi"]).passed_over == {"labelled already": 1}


words = st.lists(
    st.sampled_from(["boat", "bus", "coyote", "visa", "raid", "night", "sea", "40"]), min_size=1
)
share = st.floats(0, 1)


@given(
    st.lists(st.tuples(words, share, share, share, st.sampled_from("abc")), max_size=30),
    st.tuples(share, share),
    st.integers(1, 12),
    st.lists(words, max_size=3),
)
def test_whatever_there_is(rows, cutoffs, count, labelled):
    given_ = [
        candidate(" ".join(text), smuggling, policy, document, known=known)
        for text, smuggling, policy, known, document in rows
    ]
    done = [" ".join(text) for text in labelled]
    thresholds = dict(zip(CUTOFFS, cutoffs, strict=True))
    found = select(given_, thresholds, count, done)
    assert found == select(given_, thresholds, count, done)
    assert len(found.choices) + found.remain + sum(found.passed_over.values()) == len(given_)
    assert len(found.choices) <= count
    assert found.remain == 0 or len(found.choices) == count
    keys = [" ".join(tokens(text)) for text in texts(found)]
    assert len(set(keys)) == len(keys)
    assert not {*keys} & {*done}
    assert all(choice.passage.known >= 0.5 and choice.reason for choice in found.choices)


@given(
    st.lists(st.permutations(range(8)), min_size=1, max_size=4),
    st.lists(st.sampled_from("xyz"), min_size=8, max_size=8),
    st.integers(1, 10),
)
def test_turns(orders, documents, count):
    different = [f"left{at} right{at}" for at in range(8)]
    chosen, alike = choose(orders, different, documents, count)
    assert len({at for at, _ in chosen}) == len(chosen) == min(count, 8)
    assert alike == 0
    assert chosen[0] == (orders[0][0], 0)


def queue(*arguments):
    return CliRunner().invoke(
        cli.app, ["queue", *map(str, arguments)], catch_exceptions=False, env={"COLUMNS": "200"}
    )


@pytest.fixture
def no_corpus(monkeypatch):
    monkeypatch.setattr(corpus, "authored", list)


TEXT = """The smugglers charged 900 dollars a head to cross the desert by night.

Parliament debated the asylum bill for two hours on Tuesday.

The trafficker took each family over the river for 3000 pesos.

Rain is expected in the north on Sunday.
"""


def test_the_command_leaves_out_what_is_labelled(tmp_path, no_corpus):
    (tmp_path / "a.txt").write_text(TEXT)
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        '{"text": "Rain is expected in the NORTH on Sunday", "tags": [], "primary": "none"}'
    )
    result = queue(tmp_path / "a.txt", "--labelled", rows, "--count", 2)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 2
    assert "Rain" not in result.stdout
    assert "Chosen: 2. To label after these: 1." in result.stderr
    assert "Passed over: 1, labelled already." in result.stderr


def test_the_shipped_corpus_is_labelled(tmp_path):
    rows = [*corpus.seeds()[:3], *corpus.authored()[:3]]
    (tmp_path / "a.txt").write_text("\n\n".join(" ".join(row.text.split()) for row in rows))
    result = queue(tmp_path / "a.txt", "--unit", "paragraph")
    assert result.stdout == ""
    assert "Passed over: 6, labelled already." in result.stderr
    assert result.exit_code == 0


def test_a_file_that_cannot_be_read_stops_no_other(tmp_path, no_corpus):
    (tmp_path / "a.txt").write_text(TEXT)
    result = queue(
        tmp_path / "no.txt", tmp_path / "a.txt", "--labelled", tmp_path / "no.jsonl", "--count", 9
    )
    assert result.exit_code == 1
    assert f"Error: {tmp_path / 'no.txt'}: no such file" in result.stderr
    assert f"Error: {tmp_path / 'no.jsonl'}: no such file" in result.stderr
    assert len(result.stdout.splitlines()) == 4


def test_a_labelled_row_that_cannot_be_read_is_named_and_stops_no_other(tmp_path, no_corpus):
    (tmp_path / "a.txt").write_text(TEXT)
    rows = tmp_path / "rows.jsonl"
    rain = '{"text": "Rain is expected in the north on Sunday.", "tags": [], "primary": "none"}'
    rows.write_text(rain + '\n{"text": "A boat sank.", "tags": 7}')
    result = queue(tmp_path / "a.txt", "--labelled", rows, "--count", 9)
    assert result.exit_code == 1
    assert f"Error: {rows}:2: tags is 7; it must be a label or a list of labels" in result.stderr
    assert "Passed over: 1, labelled already." in result.stderr
    assert len(result.stdout.splitlines()) == 3


def test_what_an_earlier_run_chose_is_no_input(tmp_path, no_corpus):
    (tmp_path / "a.txt").write_text(TEXT)
    chosen = tmp_path / "chosen.txt"
    results = [queue(tmp_path, "--recursive", "--output", chosen) for _ in range(2)]
    assert [result.exit_code for result in results] == [0, 0]
    note = f"Note: {chosen}: not read, for results go there\n"
    assert results[1].stderr == note + results[0].stderr


def test_the_chosen_never_go_where_something_is_to_be_read(tmp_path, no_corpus):
    (tmp_path / "a.txt").write_text(TEXT)
    with pytest.raises(OutputError, match=r"a\.txt: is to be read, and --output"):
        queue(tmp_path / "a.txt", "--output", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == TEXT


def test_rows_of_a_table_are_documents(tmp_path, no_corpus):
    table = tmp_path / "a.csv"
    table.write_text("n,text\n1,The boat sank off Malta.\n2,Rain is expected on Sunday.\n")
    result = queue(table, "--text-column", "text", "--format", "doccano")
    assert f'"passage": "{table}:2:0-24", "group": "{table}:2"' in result.stdout


def test_a_model_with_other_labels(tmp_path, monkeypatch):
    # The shipped corpus says nothing of its labels, so its texts may be queued.
    class Other:
        labels = ("floods", "fires")
        model = "1+abc"

        def tag_all(self, texts, unit, lang):
            for text in texts:
                found = {"floods": 0.5, "fires": 0.2}
                yield [
                    Passage(text.strip(), 0, len(text.strip()), "floods", ("floods",), found, 1.0)
                ]

        def cutoffs(self, least):
            return {"floods": 0.5, "fires": 0.5}

    monkeypatch.setattr(Predictor, "load", lambda path: Other())
    (tmp_path / "a.txt").write_text(corpus.seeds()[5].text)
    result = queue(tmp_path / "a.txt", "--format", "label-studio")
    assert "close to the threshold of floods (0.50, needed 0.50)" in result.stdout
    assert '<Choice value="fires"/>' in result.stderr


def test_output_goes_to_a_file_whose_ending_is_followed(tmp_path, no_corpus):
    (tmp_path / "a.txt").write_text(TEXT)
    assert queue(tmp_path / "a.txt", "--output", tmp_path / "queue.csv").stdout == ""
    assert (tmp_path / "queue.csv").read_text("utf-8-sig").startswith("id,text,tags,primary,")


def test_what_is_queued_is_no_label_until_a_person_says_so(tmp_path, no_corpus):
    (tmp_path / "a.txt").write_text(TEXT)
    rows = tmp_path / "queue.jsonl"
    queue(tmp_path / "a.txt", "--output", rows)
    unread = "nobody has reviewed this row; decide its tags and primary, then set reviewed to true"
    with pytest.raises(CorpusError, match=rf"queue.jsonl:1: {unread}"):
        corpus.read_rows(rows)
    decided = rows.read_text().replace(
        '"tags": null, "primary": null', '"tags": [], "primary": "none"'
    )
    rows.write_text(decided)
    with pytest.raises(CorpusError, match=unread):
        corpus.read_rows(rows)
    rows.write_text(decided.replace('"reviewed": false', '"reviewed": true'))
    assert [row.group for row in corpus.read_rows(rows)] == [str(tmp_path / "a.txt")] * 4
