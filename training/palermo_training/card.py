"""The model card, written from the model and its figures."""

from collections.abc import Mapping
from typing import Any

from palermo.artifact import Artifact
from palermo.labels import LABELS, NONE
from palermo_training.evaluation import Evaluation, table

_CARD = """\
# Model card: palermo {version}

*Written by `palermo train`; every figure comes from the model or from `palermo evaluate`.*

| | |
|---|---|
| model | `palermo.joblib`, version {version}, digest `{digest}` |
| kind | weighted sums over words, pairs and character runs ({terms:,} terms); \
one calibrated logistic regression a label, and one for being of the field |
| trained on | {rows:,} passages in {groups:,} groups, digest `{data}` |
| languages | English, Spanish |
| context | scores one passage at a time, knows nothing of the passages around it |

## What it is for
Sorting passages of news, reports and case texts for a human reader: which ones are
about smuggling, trafficking, enforcement or policy. `data/codebook.md` says what
the labels mean.

## What it is not for
It accuses nobody. A label says what a passage is about, not whether it is true, and
nothing about any person named in it. Do not use it to decide about people: not in
asylum, visa, border, police or court matters, and not to rank, watch or report
anybody. A reader must see the passage before anything follows from its label.

## What it learnt from
| primary label | passages |
|---|---|
{counts}

The sentences of five real articles, and {authored:,} passages that language models wrote
and labelled under the codebook; no human expert did. `data/README.md` is the data
statement: how they were planned, written and read a second time, and how far the
readers agreed.

## How right it is
Each article, and each fold of batches, is scored by a model that was trained,
calibrated and given its thresholds without it, and without written passages that
retell its events. Page furniture that two of the articles share is scored with the
other article in training. The articles are real text, and few; the written passages
are many, and flatter the model, since their writers are of one kind.

```
{figures}
```

## Thresholds
A label is given from this probability on, and only to passages that are of the field,
which a regression of its own says; chosen for the best F1 in cross-validation by group.
The label that a passage is mainly about is the most probable of its tags, where
the odds of enforcement and policy count three times: told with its facts, an authority's
act or rule leads.

| label | threshold |
|---|---|
{thresholds}

## Limits
- Real text of other outlets is harder than the written passages: see
  `MODEL_CHANGELOG.md` for figures on real passages that are not distributed.
- General politics and government are still taken for `policy`, and an arrest or a trial for
  the crime itself, more often than other mistakes; `tests/known_answers.jsonl` has examples.
- A document gets every tag of its sentences, and of their labels the commonest but `none`, however
  few of them are of the field.
- Lists of topics and links are `none` by a rule, not by what was learnt.
- Two thirds of what it learnt from is English. Where `known` is low, it is guessing.
"""


def figures(found: Mapping[str, Any]) -> str:
    """Lay all figures on held-out rows out as text.

    Parameters
    ----------
    found : mapping of str to Any
        From :func:`palermo_training.held_out.of_corpus`.

    Returns
    -------
    str
        Tables, then a line a figure.

    Examples
    --------
    >>> tagged = {"tagged": 0.5, "tagged low": 0.0, "tagged high": 1.0}
    >>> print(figures({"furniture": {"rows": 2, **tagged}}))
    furniture: rows 2, tagged 0.5 (0.0 to 1.0)
    """
    blocks = [table(each) for each in found.values() if isinstance(each, Evaluation)]
    lines = []
    for name in ("wrong word", "wrong word in seeds", "furniture"):
        if name in found:
            lines.append(f"{name}: {_shares(found[name])}")
    for name, where in (("term check", ""), ("term check in seeds", " in seeds")):
        for word, each in found.get(name, {}).items():
            counts = [f"{key} {each[key]:,}" for key in ("wrong", "warned") if key in each]
            figures = ", ".join([*counts, _shares(each)])
            lines.append(f"wrong word{where}, warnings, {word}: {figures}")
    for name, each in found.get("units", {}).items():
        lines.append(
            f"documents of eight written passages, {name}: {each['documents']:,}, macro-F1 "
            f"{each['macro_f1']}, tags {each['macro_f1_tags']}, accuracy {each['accuracy']}"
        )
    if "calibration" in found:
        lines += ["", f"{'calibration':<28}{'Brier':>10}{'ECE':>10}"]
        for label, each in found["calibration"].items():
            lines.append(f"{label:<28}{each['brier']:>10.3f}{each['ece']:>10.3f}")
    if "parts" in found:
        head = f"{'macro-F1':>10}{'':>16}{'tags':>10}{'accuracy':>10}"
        lines += ["", f"{'part':<28}{'rows':>10}{head}"]
        for each in found["parts"]:
            interval = f"{each['low']:.3f} to {each['high']:.3f}" if "low" in each else ""
            lines.append(
                f"{each['part']:<28}{each['rows']:>10,}{each['macro_f1']:>10.3f}{interval:>16}"
                f"{each['macro_f1_tags']:>10.3f}{each['accuracy']:>10.3f}"
            )
    if "precision and coverage" in found:
        lines += ["", "precision and coverage (recall) of tags from a probability on"]
        lines.append(f"{'':<14}" + "".join(f"{label:>16}" for label in LABELS))
        for at, row in enumerate(found["precision and coverage"][LABELS[0]]):
            cells = [found["precision and coverage"][label][at] for label in LABELS]
            lines.append(
                f"{row[0]:<14.2f}" + "".join(f"{each[1]:>9.3f}{each[2]:>7.3f}" for each in cells)
            )
    if lines:
        blocks.append("\n".join(lines).strip("\n"))
    return "\n\n\n".join(blocks)


def _shares(found: Mapping[str, Any]) -> str:
    """Write rows and shares, each with its interval."""
    shares = [
        f"{name} {found[name]} ({found[f'{name} low']} to {found[f'{name} high']})"
        for name in found
        if f"{name} low" in found
    ]
    return ", ".join([f"rows {found['rows']:,}", *shares])


def card(artifact: Artifact, evaluations: Mapping[str, Any]) -> str:
    """Write the model card.

    Parameters
    ----------
    artifact : Artifact
        The model.
    evaluations : mapping of str to Any
        Its figures on held-out groups, from :func:`palermo_training.held_out.of_corpus`.

    Returns
    -------
    str
        Markdown.

    Examples
    --------
    >>> from palermo_training import corpus, evaluation, train
    >>> rows = corpus.seeds()
    >>> decisions = [evaluation.Decision((), "none")] * len(rows)
    >>> found = evaluation.evaluate(rows, decisions, "no labels at all")
    >>> text = card(train(rows), {"seeds alone": found})
    >>> text.splitlines()[0]
    '# Model card: palermo 0.11.0'
    """
    about = artifact.about
    labels = (*artifact.labels, NONE)
    return _CARD.format(
        version=about["version"],
        digest=artifact.digest[:12],
        data=str(about["data"])[:12],
        terms=len(artifact.terms),
        rows=about["rows"],
        groups=about["groups"],
        counts="\n".join(f"| {label} | {about[f'rows {label}']} |" for label in labels),
        authored=about["rows authored"],
        figures=figures(evaluations),
        thresholds="\n".join(
            f"| {label} | {value:.4f} |"
            for label, value in zip(
                (*artifact.labels, "of the field"), artifact.thresholds, strict=True
            )
        ),
    )
