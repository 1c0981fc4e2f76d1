"""The written passages keep the promises of data/README.md."""

import json
from collections import Counter

import pytest
from conftest import ROOT

from palermo import LABELS
from palermo.terms import WORDS
from palermo_training import corpus, variety
from palermo_training.statement import statement, table

DATA = ROOT / "data"
SEEDS, AUTHORED = corpus.seeds(), corpus.authored()


def read(name):
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def figures():
    return statement([*SEEDS, *AUTHORED])


def test_how_many():
    count = Counter(row.lang for row in AUTHORED)
    assert count["en"] >= 6000
    assert count["es"] >= 1500


def test_every_row_carries_what_the_plan_asks():
    for path in sorted((DATA / "authored").glob("*/*.jsonl")):
        for row in read(path.relative_to(DATA)):
            assert row["origin"] == "authored"
            assert row["lang"] == path.parent.name
            assert row["group"] == f"{row['lang']}-{path.stem}"
            assert row["id"].startswith(f"{row['group']}-")
            for name, values in corpus.attributes().items():
                assert row[name] in values, (row["id"], name)
            assert row.get("about", "seed-000") in {seed.group for seed in SEEDS}


def test_the_term_attribute_tells_whether_a_word_of_the_field_is_there():
    marked = [row for row in AUTHORED if row.attributes["term"] in ("right", "wrong", "both")]
    without = [row.id for row in marked if not WORDS.search(row.text)]
    assert len(without) < 0.005 * len(marked), without  # "¿Qué trata?" may be noun or verb


def test_half_of_the_world_is_none_and_half_of_the_field_does_without_its_words(figures):
    assert figures["none"] >= 0.45
    assert figures["without words"] >= 0.5


def test_every_value_of_the_plan_is_covered(figures):
    missing = [
        (name, value)
        for name, values in figures["coverage"].items()
        for value, count in values.items()
        if count < 5
    ]
    assert missing == []


def test_clean_and_various(figures):
    assert figures["duplicates"] == []
    assert figures["translations"] == []
    assert figures["skeletons"] <= 0.03


# Four fifths of what real passages of news, courts and reference works have, which
# belong to others: 6,892 in 8,445 English and 1,945 in 2,262 Spanish running words.
@pytest.mark.parametrize(("lang", "words", "real"), [("en", 8445, 6892), ("es", 2262, 1945)])
def test_as_many_different_word_pairs_as_real_text(lang, words, real):
    rows = [row for row in AUTHORED if row.lang == lang]
    assert variety.distinct_pairs(rows, words) >= 0.8 * real


def test_every_row_was_read_twice_and_what_is_gone_is_accounted_for():
    rows = {row.id for row in AUTHORED}
    dropped = {row["id"] for row in read("readings/dropped.jsonl")}
    readings = [
        {row["id"] for lang in ("en", "es") for row in read(f"readings/{lang}-{who}.jsonl")}
        for who in ("writer", "reader")
    ]
    assert readings[0] == readings[1] == rows | dropped
    assert not rows & dropped


def test_labels_are_what_the_readings_say():
    def readings(*names):
        return {
            row["id"]: (set(row["tags"]), row["primary"])
            for name in names
            for row in read(f"readings/{name}.jsonl")
        }

    writer, reader = (readings(f"en-{who}", f"es-{who}") for who in ("writer", "reader"))
    third = readings("third")
    for row in AUTHORED:
        said = [writer[row.id], reader[row.id]]
        if said[0] != said[1]:
            said.append(third[row.id])
        least = len(said) // 2 + 1
        assert set(row.tags) == {
            label for label in LABELS if sum(label in tags for tags, _ in said) >= least
        }, row.id
        assert sum(row.primary == primary for _, primary in said) >= least, row.id


def test_the_data_statement_shows_what_the_command_prints(figures):
    assert f"```\n{table(figures)}\n```" in (DATA / "README.md").read_text("utf-8")
