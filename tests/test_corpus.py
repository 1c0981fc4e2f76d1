import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from conftest import ROOT

from palermo import LABELS, CorpusError
from palermo.passages import split
from palermo_training import corpus
from palermo_training.corpus import Row, read_rows

SEED_ROWS = [
    json.loads(line)
    for line in (ROOT / "data" / "seed_sentences.jsonl").read_text("utf-8").splitlines()
]


def test_every_seed_row_is_what_its_file_says(seeds):
    for row in SEED_ROWS:
        assert seeds[row["file"]][row["start"] : row["end"]] == row["text"], row["id"]


def test_the_seed_rows_cover_every_article_but_for_white_space(seeds):
    for name, text in seeds.items():
        rows = [row for row in SEED_ROWS if row["file"] == name]
        at = 0
        for row in rows:
            assert at <= row["start"]
            assert not text[at : row["start"]].strip()
            at = row["end"]
        assert not text[at:].strip()


def test_the_seed_rows_are_what_the_model_will_be_asked_about(seeds):
    rows = [(row["file"], row["start"], row["end"]) for row in SEED_ROWS]
    assert rows == [(name, *span) for name, text in seeds.items() for span in split(text)]


def test_seed_rows_carry_the_fields_of_the_contract():
    for row in SEED_ROWS:
        assert list(row) == [
            "id", "text", "tags", "primary", "lang", "group", "origin", "file", "start", "end",
        ]  # fmt: skip
        assert (row["lang"], row["origin"]) == ("en", "seed")
        assert row["group"] == f"seed-{row['file'][:3]}"


def test_the_same_sentence_has_the_same_labels():
    labels = {}
    for row in SEED_ROWS:
        assert labels.setdefault(row["text"], (row["tags"], row["primary"])) == (
            row["tags"],
            row["primary"],
        ), row["text"]


def test_every_seed_row_was_read_by_every_reader():
    ids = [row["id"] for row in SEED_ROWS]
    for reader in "abc":
        path = ROOT / "data" / "readings" / f"seeds-{reader}.jsonl"
        assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ids


def test_the_seed_articles_are_verbatim():
    # SHA-256 of the five files as they were handed over.
    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in (ROOT / "seeds").glob("*.txt")
    }
    assert found == DIGESTS


DIGESTS = {
    "000_cc08b8aa00154e8c.txt": "9db9b6aead5e347c",
    "001_28dcc2a4c3eb0d5c.txt": "d742674313aa409f",
    "002_49ec213a9ec8a5e2.txt": "5d9ae04373502543",
    "003_9ae8285b64da8007.txt": "5d566132d6f5d6d6",
    "004_7d8771ea74cb65ef.txt": "48c4b54cc98aa457",
}


def write(tmp_path, *lines):
    path = tmp_path / "rows.jsonl"
    path.write_text(
        "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    )
    return path


GOOD = {"text": "They paid.", "tags": ["smuggling"], "primary": "smuggling"}


def test_the_least_that_a_row_needs(tmp_path):
    path = write(tmp_path, GOOD, "", {**GOOD, "tags": ["policy", "smuggling"]})
    assert read_rows(path) == [
        Row(f"{path}:1", "They paid.", ("smuggling",), "smuggling", f"{path}:1"),
        Row(f"{path}:3", "They paid.", ("smuggling", "policy"), "smuggling", f"{path}:3"),
    ]


def test_all_that_a_row_may_have(tmp_path):
    row = {**GOOD, "id": "a", "group": "g", "judged": ["policy", "smuggling"], "anything": 1}
    assert read_rows(write(tmp_path, row)) == [
        Row("a", "They paid.", ("smuggling",), "smuggling", "g", ("smuggling", "policy"))
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "no JSON (Expecting property name"),
        ("[]", "expected a JSON object"),
        ({**GOOD, "text": " "}, "text must be a string with words"),
        ({**GOOD, "text": 3}, "text must be a string with words"),
        ({"tags": [], "primary": "none"}, "no 'text'; a row needs text, tags and primary"),
        ({"text": "x", "primary": "none"}, "no 'tags'; a row needs text, tags and primary"),
        ({"text": "x", "tags": []}, "no 'primary'; a row needs"),
        ({**GOOD, "tags": "smuggling"}, "tags must be a list of labels; known are smuggling, traff"),
        ({**GOOD, "tags": ["extortion"]}, "unknown label 'extortion' in tags; known are smuggling"),
        ({**GOOD, "tags": [["smuggling"]]}, "unknown label ['smuggling'] in tags"),
        ({**GOOD, "primary": "policy"}, "primary is 'policy'; it must be one of the tags ['smuggling']"),
        ({**GOOD, "tags": []}, "primary is 'smuggling'; without tags it must be 'none'"),
        ({**GOOD, "judged": ["policy"]}, "a tag stands in tags and not in judged"),
        ({**GOOD, "judged": None}, "judged must be a list"),
        ({**GOOD, "id": 7}, "id must be a string"),
        ({**GOOD, "group": None}, "group must be a string"),
    ],
)  # fmt: skip
def test_a_broken_row_is_named_with_its_line(tmp_path, line, message):
    path = write(tmp_path, GOOD, line)
    with pytest.raises(CorpusError, match=re.escape(f"{path}:2: {message}")):
        read_rows(path)


def test_ids_are_unique(tmp_path, monkeypatch):
    path = write(tmp_path, {**GOOD, "id": "a"}, {**GOOD, "id": "a"})
    with pytest.raises(CorpusError, match="the id 'a' stands twice"):
        read_rows(path)
    for lang in ("en", "es"):
        folder = tmp_path / "authored" / lang
        folder.mkdir(parents=True)
        write(folder, {**GOOD, "id": "a"})
    monkeypatch.setattr(corpus, "data", tmp_path.joinpath)
    with pytest.raises(CorpusError, match="authored: the id 'a' stands in two files"):
        corpus.authored()


@pytest.mark.parametrize(
    ("content", "match"),
    [(b"", "no rows; expected one JSON object a line"), (b"\xff\xfe{", r"not UTF-8 \(byte 0\)")],
)
def test_a_file_without_rows(tmp_path, content, match):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match=match):
        read_rows(path)


def test_rows_from_standard_input(monkeypatch):
    line = json.dumps({**GOOD, "id": "a"}).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(line)))
    assert [row.id for row in read_rows(Path("-"))] == ["a"]


def test_standard_input_that_is_closed(monkeypatch):
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(CorpusError, match="-: standard input is closed"):
        read_rows(Path("-"))


@pytest.mark.parametrize("before", [1, 2])
def test_a_file_that_is_too_large_is_called_so_wherever_it_is_cut(tmp_path, monkeypatch, before):
    monkeypatch.setattr(corpus, "LARGEST", 20)
    path = tmp_path / "rows.jsonl"
    path.write_text("a" * before + "–" * 30, "utf-8")
    with pytest.raises(CorpusError, match="more than 0 MB; split it into smaller files"):
        read_rows(path)


def test_a_line_nested_beyond_measure(tmp_path):
    path = write(tmp_path, "[" * 200_000)
    with pytest.raises(CorpusError, match=r"rows\.jsonl:1: no JSON"):
        read_rows(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(CorpusError, match="no such file"):
        read_rows(tmp_path / "none.jsonl")
    with pytest.raises(CorpusError, match="cannot be read: Is a directory"):
        read_rows(tmp_path)


def test_the_digest_sees_every_field():
    row = Row("a", "text", (), "none", "g")
    others = [
        Row("b", "text", (), "none", "g"),
        Row("a", "text.", (), "none", "g"),
        Row("a", "text", ("policy",), "policy", "g"),
        Row("a", "text", (), "none", "h"),
        Row("a", "text", (), "none", "g", LABELS[:1]),
    ]
    assert len({corpus.digest([each]) for each in [row, *others]}) == 6
