import dataclasses

import numpy as np
import pytest

from palermo import CorpusError, Predictor
from palermo.artifact import tiny
from palermo_training import corpus, held_out
from palermo_training.corpus import Row
from palermo_training.evaluation import evaluate
from palermo_training.fitting import train
from palermo_training.held_out import decide, fold, leave_one_group_out


def test_no_article_is_scored_by_what_was_learnt_from_it():
    # Turning every label of one article around must not change what is said of it.
    rows = corpus.seeds()
    flipped = [
        dataclasses.replace(row, tags=("enforcement",), primary="enforcement")
        if row.group == "seed-002" and not row.tags
        else row
        for row in rows
    ]
    before, after = leave_one_group_out(rows), leave_one_group_out(flipped)
    held_out = [row.group == "seed-002" for row in rows]
    same = [one == other for one, other in zip(before, after, strict=True)]
    assert all(np.array(same)[held_out])
    assert not all(same)  # the other articles' models did learn it


def test_written_passages_about_an_article_leave_with_it(monkeypatch):
    trained = []

    def spy(rows):
        trained.append({row.id for row in rows})
        return train(rows)

    monkeypatch.setattr(held_out, "train", spy)
    rows = corpus.seeds()
    extra = [
        dataclasses.replace(rows[0], id="x1", group="x", about="seed-002"),
        dataclasses.replace(rows[1], id="x2", group="x"),
    ]
    leave_one_group_out(rows, extra)
    without = [ids for ids in trained if "x1" not in ids]
    assert len(trained) == 5
    assert all("x2" in ids for ids in trained)
    assert [any(id_.startswith("seed-002") for id_ in ids) for ids in without] == [False]


def test_a_fold_is_decided_without_its_groups(monkeypatch):
    trained = []

    def spy(rows):
        trained.append(rows)
        return train(rows)

    monkeypatch.setattr(held_out, "train", spy)
    rows = corpus.seeds()
    decisions = fold(rows, always=[])
    assert len(decisions) == len(rows)
    assert [{row.group for row in rows} - {row.group for row in each} for each in trained] == [
        {group} for group in ("seed-000", "seed-002", "seed-003", "seed-004", "seed-001")
    ]
    assert decisions == leave_one_group_out(rows)


def test_a_model_with_other_labels_is_scored_on_its_own():
    row = Row("1", "By boat", ("smuggling",), "smuggling", "a", ("smuggling",))
    said = decide(Predictor(tiny()), [row])
    assert evaluate([row], said, "one row", ("smuggling",)).accuracy == 1
    with pytest.raises(CorpusError, match=r"1: only .* were judged; scoring needs all labels"):
        evaluate([row], said, "one row")
    other = dataclasses.replace(row, tags=("extortion",), judged=("smuggling", "extortion"))
    with pytest.raises(CorpusError, match=r"the model has no label 'extortion', only \('smuggl"):
        evaluate([other], said, "one row", ("smuggling",))
