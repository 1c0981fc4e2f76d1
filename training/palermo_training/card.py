"""The model card, written from the model and its figures."""

from collections.abc import Mapping

from palermo.artifact import Artifact
from palermo.labels import NONE
from palermo_training.evaluation import Evaluation, table

_CARD = """\
# Model card: palermo {version}

*Written by `palermo train`; every figure comes from the model or from `palermo evaluate`.*

| | |
|---|---|
| model | `palermo.joblib`, version {version}, digest `{digest}` |
| kind | TF-IDF over words, pairs and character runs ({terms:,} terms); {heads} |
| trained on | {rows:,} passages in {groups:,} groups, digest `{data}` |
| languages | English, Spanish |
| size | scores one passage at a time, knows nothing of the passages around it |

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
A label is given from this probability on; chosen for the best F1 in cross-validation
by article.

| label | threshold |
|---|---|
{thresholds}

## Limits
- Real text of other outlets is harder than the written passages: see
  `MODEL_CHANGELOG.md` for figures on real passages that are not distributed.
- General politics and government are taken for `policy` most often of all mistakes.
- Passages that mix a case and its facts get the wrong one of `enforcement` and
  `smuggling` or `trafficking` as main label more often than as tags.
- Spanish is less sure than English. Where `known` is low, it is guessing.
"""


def card(artifact: Artifact, evaluations: Mapping[str, Evaluation]) -> str:
    """Write the model card.

    Parameters
    ----------
    artifact : Artifact
        The model.
    evaluations : mapping of str to Evaluation
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
    >>> text = card(train.train(rows), {"seeds alone": found})
    >>> text.splitlines()[0]
    '# Model card: palermo 0.2.0'
    """
    about = artifact.about
    labels = (*artifact.labels, NONE)
    return _CARD.format(
        version=about["version"],
        digest=artifact.digest[:12],
        data=str(about["data"])[:12],
        terms=len(artifact.terms),
        heads="one calibrated logistic regression a label",
        rows=about["rows"],
        groups=about["groups"],
        counts="\n".join(f"| {label} | {about[f'rows {label}']} |" for label in labels),
        authored=about["rows authored"],
        figures="\n\n\n".join(map(table, evaluations.values())),
        thresholds="\n".join(
            f"| {label} | {value:.4f} |"
            for label, value in zip(artifact.labels, artifact.thresholds, strict=True)
        ),
    )
