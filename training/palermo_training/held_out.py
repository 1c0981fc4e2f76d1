"""Decisions about rows by models that never saw them, nor anything of their group."""

from collections.abc import Sequence

from palermo import Predictor
from palermo.errors import CorpusError
from palermo.labels import LABELS
from palermo_training import recipe
from palermo_training.corpus import Row
from palermo_training.evaluation import Decision, Evaluation, evaluate
from palermo_training.train import train


def of_corpus(seeds: Sequence[Row], authored: Sequence[Row]) -> dict[str, Evaluation]:
    """Evaluate the recipe on the shipped corpus, never on what it was trained on.

    Parameters
    ----------
    seeds : sequence of Row
        Of the seed articles: real text.
    authored : sequence of Row
        Written for the corpus; may be empty.

    Returns
    -------
    dict of str to Evaluation
        ``seeds``: each article left out in turn, authored rows in training;
        ``seeds alone``: the same without authored rows; ``authored en`` and
        ``authored es``: five folds by group, the seeds in training.

    Examples
    --------
    >>> from palermo_training import corpus
    >>> list(of_corpus(corpus.seeds(), []))
    ['seeds alone']
    """
    alone = "seed articles, each left out of training"
    found = {}
    if authored:
        decisions = leave_one_group_out(seeds, authored)
        found["seeds"] = evaluate(seeds, decisions, f"{alone}, written passages in it")
    found["seeds alone"] = evaluate(
        seeds, leave_one_group_out(seeds), f"{alone}, no written passages in it"
    )
    folded = dict(zip([row.id for row in authored], fold(authored, seeds), strict=True))
    for lang in sorted({row.lang for row in authored}):
        rows = [row for row in authored if row.lang == lang]
        found[f"authored {lang}"] = evaluate(
            rows, [folded[row.id] for row in rows], f"written passages, {lang}, in folds by group"
        )
    return found


def fold(rows: Sequence[Row], always: Sequence[Row] = ()) -> list[Decision]:
    """Decide each row by a model that was trained without a fold of groups, the row's among them.

    Parameters
    ----------
    rows : sequence of Row
        Of several groups, or none.
    always : sequence of Row, default ()
        In training every time.

    Returns
    -------
    list of Decision
        One a row, in the order of ``rows``.

    Examples
    --------
    >>> fold([])
    []
    """
    if not rows:
        return []
    decisions: dict[int, Decision] = {}
    for inside, outside in recipe.folds([row.group for row in rows]):
        predictor = Predictor(train([*always, *(rows[number] for number in inside)]))
        unseen = [rows[number] for number in outside]
        decisions |= zip(outside.tolist(), decide(predictor, unseen), strict=True)
    return [decisions[number] for number in range(len(rows))]


def leave_one_group_out(rows: Sequence[Row], extra: Sequence[Row] = ()) -> list[Decision]:
    """Decide each row by a model that was trained without the row's group.

    Everything that training chooses, sigmoids and thresholds too, is chosen without
    the rows that are scored.

    Parameters
    ----------
    rows : sequence of Row
        Of three or more groups.
    extra : sequence of Row, default ()
        In training as well, but for those that are ``about`` the group left out.

    Returns
    -------
    list of Decision
        One a row, in the order of ``rows``.

    Raises
    ------
    CorpusError
        If a label occurs in too few groups.

    Examples
    --------
    >>> from palermo_training import corpus
    >>> rows = corpus.seeds()
    >>> len(leave_one_group_out(rows)) == len(rows)
    True
    """
    decisions: dict[str, Decision] = {}
    for group in dict.fromkeys(row.group for row in rows):
        held_out = [row for row in rows if row.group == group]
        others = [row for row in rows if row.group != group]
        others += [row for row in extra if row.about != group]
        predictor = Predictor(train(others))
        for row, decision in zip(held_out, decide(predictor, held_out), strict=True):
            decisions[row.id] = decision
    return [decisions[row.id] for row in rows]


def decide(predictor: Predictor, rows: Sequence[Row]) -> list[Decision]:
    """Let a model decide rows.

    Parameters
    ----------
    predictor : Predictor
        The model.
    rows : sequence of Row
        What to decide.

    Returns
    -------
    list of Decision
        One a row.

    Raises
    ------
    CorpusError
        If the model's labels are not palermo's four.

    Examples
    --------
    >>> decide(Predictor.load(), [Row("1", "Leave a reply", (), "none", "a")])
    [Decision(tags=(), primary='none')]
    """
    if predictor.labels != LABELS:
        raise CorpusError(f"the model's labels are {predictor.labels}; the rows' are {LABELS}")
    texts = [row.text for row in rows]
    pairs = zip(predictor.predict_tags(texts), predictor.predict(texts), strict=True)
    return [Decision(tags, primary) for tags, primary in pairs]
