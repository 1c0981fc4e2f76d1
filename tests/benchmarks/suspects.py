"""How many wrong labels palermo finds among those that were made wrong on purpose.

    python -m benchmarks.suspects [--rows 2000] [--share 0.05] [--seed 1]

Whole writing batches, drawn with the seed, play the rows of a user, the rest of the corpus is
what ships. Of all the answers in the user's rows (yes or no, for each row and label) a share is
turned round, then models are trained in folds and asked, as ``palermo check`` does. Writes
artifacts/SUSPECTS.md.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from benchmarks.words import ROOT
from palermo.labels import LABELS, NONE
from palermo_training import corpus
from palermo_training.corpus import Row
from palermo_training.suspects import Suspect, out_of_fold, suspects

Answers = set[tuple[str, str]]  # id of a row, label


def drawn(rows: Sequence[Row], least: int, seed: int) -> set[str]:
    """Groups that hold so many rows or more, together."""
    found: set[str] = set()
    groups = np.random.default_rng(seed).permutation(sorted({row.group for row in rows})).tolist()
    while sum(row.group in found for row in rows) < least:
        found.add(groups.pop())
    return found


def flip(rows: Sequence[Row], share: float, seed: int) -> tuple[list[Row], Answers]:
    """Turn a share of all answers round; give the rows, and which answers are now wrong."""
    answers = [(at, label) for at, row in enumerate(rows) for label in row.judged]
    chosen = np.random.default_rng(seed).permutation(len(answers))[: round(share * len(answers))]
    tags = [set(row.tags) for row in rows]
    for at, label in (answers[number] for number in chosen):
        tags[at] ^= {label}
    turned = [
        replace(
            row,
            tags=(now := tuple(label for label in LABELS if label in each)),
            primary=row.primary if row.primary in now else (*now, NONE)[0],
        )
        for row, each in zip(rows, tags, strict=True)
    ]
    return turned, {(rows[answers[number][0]].id, answers[number][1]) for number in chosen}


def figures(found: Sequence[Suspect], wrong: Answers) -> dict[str, float]:
    """Hold what was suspected against what was made wrong."""
    hits = [(each.row.id, each.label) in wrong for each in found]
    first = hits[: len(wrong)]
    return {
        "answers turned round": len(wrong),
        "suspects": len(found),
        "precision of all suspects": sum(hits) / max(len(hits), 1),
        "recall of all suspects": sum(hits) / max(len(wrong), 1),
        "precision among the first 20": sum(hits[:20]) / max(len(hits[:20]), 1),
        "precision among as many as were turned": sum(first) / max(len(first), 1),
        "recall among twice as many": sum(hits[: 2 * len(wrong)]) / max(len(wrong), 1),
    }


def table(columns: dict[str, dict[str, float]]) -> str:
    lines = [f"| | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for name in next(iter(columns.values())):
        cells = [
            f"{each[name]:,}" if isinstance(each[name], int) else f"{each[name]:.1%}"
            for each in columns.values()
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main(given: Sequence[str] | None = None) -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rows", type=int, default=2000)
    asked.add_argument("--share", type=float, default=0.05)
    asked.add_argument("--seed", type=int, default=1)
    options = asked.parse_args(given)
    authored = corpus.authored()
    groups = drawn(authored, options.rows, options.seed)
    rows, wrong = flip(
        [row for row in authored if row.group in groups], options.share, options.seed
    )
    shipped = [*corpus.seeds(), *(row for row in authored if row.group not in groups)]
    found = suspects(rows, out_of_fold(rows, shipped), LABELS)
    has = {(row.id, tag) for row in rows for tag in row.tags}
    columns = {
        "all": figures(found, wrong),
        "no turned to yes": figures([each for each in found if each.given], wrong & has),
        "yes turned to no": figures([each for each in found if not each.given], wrong - has),
    }
    report = f"""# Suspected labels

What this printed:

    cd tests && python -m benchmarks.suspects --rows {options.rows} --share {options.share} \
--seed {options.seed}

Of all answers in {len(rows):,} rows of {len(groups)} writing batches, {options.share:.0%} were
turned round; palermo named those that it suspects, as `palermo check` does. The rows were
written for palermo, and two or three readers agreed on each; what was not turned round may be
wrong all the same.

{table(columns)}
"""
    print(report)
    (ROOT / "artifacts" / "SUSPECTS.md").write_text(report, encoding="utf-8")


if __name__ == "__main__":
    main()
