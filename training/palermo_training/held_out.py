"""Decisions about rows by models that never saw them, nor anything of their group."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from joblib import Parallel, delayed

from palermo import Predictor, terms
from palermo_training import recipe, slices
from palermo_training.corpus import Row
from palermo_training.evaluation import Decision, evaluate
from palermo_training.fitting import train


def of_corpus(seeds: Sequence[Row], authored: Sequence[Row]) -> dict[str, Any]:
    """Evaluate the recipe on the shipped corpus, never on what it was trained on.

    Parameters
    ----------
    seeds : sequence of Row
        Of the seed articles: real text.
    authored : sequence of Row
        Written for the corpus; may be empty.

    Returns
    -------
    dict of str to Any
        Evaluations: ``seeds``: each article left out in turn, authored rows in
        training; ``seeds alone``: the same without authored rows; ``authored en`` and
        ``authored es``: five folds by group, the seeds in training; these three also
        ``masked``, without the words that name the field. With authored rows, also
        ``parts``, ``wrong word``, ``term check``, ``furniture``, ``units``, ``calibration``
        and ``precision and coverage`` of :mod:`palermo_training.slices`, from the same folds;
        and ``wrong word in seeds`` and ``term check in seeds``, from the articles left out.

    Examples
    --------
    >>> from palermo_training import corpus
    >>> list(of_corpus(corpus.seeds(), []))
    ['seeds alone']
    """
    alone = "seed articles, each left out of training"
    without = evaluate(seeds, leave_one_group_out(seeds), f"{alone}, no written passages in it")
    if not authored:
        return {"seeds alone": without}
    masked_seeds, masked_authored = (
        [replace(row, text=terms.mask(row.text)) for row in rows] for rows in (seeds, authored)
    )
    real = leave_one_group_out(seeds, authored, [masked_seeds], jobs=-1)
    written = fold(authored, seeds, [masked_authored, slices.joined(authored)], jobs=-1)
    real, real_masked = real[: len(seeds)], real[len(seeds) :]
    found: dict[str, Any] = {
        "seeds": evaluate(seeds, real, f"{alone}, written passages in it"),
        "seeds masked": evaluate(seeds, real_masked, f"{alone}, words masked"),
        "seeds alone": without,
    }
    half = len(authored)
    masked = written[half : 2 * half]
    for words, said in (("", written[:half]), (" masked", masked)):
        for lang in sorted({row.lang for row in authored}):
            which = [at for at, row in enumerate(authored) if row.lang == lang]
            what = f"written passages, {lang}, in folds by group{words and ', words masked'}"
            found[f"authored {lang}{words}"] = evaluate(
                [authored[at] for at in which], [said[at] for at in which], what
            )
    said = written[:half]
    found |= {
        "parts": [*slices.parts(seeds, real), *slices.parts(authored, said)],
        "wrong word": slices.wrong_word(authored, said),
        "term check": slices.term_check(authored, said, masked),
        "wrong word in seeds": slices.wrong_word(seeds, real),
        "term check in seeds": slices.term_check(seeds, real, real_masked),
        "furniture": slices.furniture(authored, said),
        "units": slices.units(authored, said, written[2 * half :]),
        "calibration": slices.calibration(authored, said),
        "precision and coverage": slices.precision_and_coverage(authored, said),
    }
    return found


def fold(
    rows: Sequence[Row],
    always: Sequence[Row] = (),
    variants: Sequence[Sequence[Row]] = (),
    jobs: int = 1,
) -> list[Decision]:
    """Decide each row by a model that was trained without a fold of groups, the row's among them.

    Parameters
    ----------
    rows : sequence of Row
        Of several groups, or none.
    always : sequence of Row, default ()
        In training every time.
    variants : sequence of sequence of Row, default ()
        The same rows with other texts, decided by the same models.
    jobs : int, default 1
        Processes to use; -1 for one a core.

    Returns
    -------
    list of Decision
        One a row, in the order of ``rows``; then of each variant.

    Examples
    --------
    >>> fold([])
    []
    """
    if not rows:
        return []
    parts = list(recipe.folds([row.group for row in rows]))
    training = [[*always, *(rows[at] for at in inside)] for inside, _ in parts]
    return _decide_parts(
        training, [outside.tolist() for _, outside in parts], [rows, *variants], jobs
    )


def leave_one_group_out(
    rows: Sequence[Row],
    extra: Sequence[Row] = (),
    variants: Sequence[Sequence[Row]] = (),
    jobs: int = 1,
) -> list[Decision]:
    """Decide each row by a model that was trained without the row's group.

    Everything that training chooses, sigmoids and thresholds too, is chosen without
    the rows that are scored.

    Parameters
    ----------
    rows : sequence of Row
        Of three or more groups.
    extra : sequence of Row, default ()
        In training as well, but for those that are ``about`` the group left out.
    variants : sequence of sequence of Row, default ()
        The same rows with other texts, decided by the same models.
    jobs : int, default 1
        Processes to use; -1 for one a core.

    Returns
    -------
    list of Decision
        One a row, in the order of ``rows``; then of each variant.

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
    groups = list(dict.fromkeys(row.group for row in rows))
    training = [without(group, rows, extra) for group in groups]
    outside = [[at for at, row in enumerate(rows) if row.group == group] for group in groups]
    return _decide_parts(training, outside, [rows, *variants], jobs)


def without(group: str, rows: Sequence[Row], extra: Sequence[Row] = ()) -> list[Row]:
    """Leave a group out, and what was written about it.

    Parameters
    ----------
    group : str
        Of some of ``rows``.
    rows : sequence of Row
        Those of other groups stay.
    extra : sequence of Row, default ()
        Those that are not ``about`` the group stay.

    Returns
    -------
    list of Row

    Examples
    --------
    >>> rows = [Row("1", "A raid", ("enforcement",), "enforcement", "a")]
    >>> without("a", rows, [Row("2", "The same raid", (), "none", "b", about="a")])
    []
    """
    return [row for row in rows if row.group != group] + [
        row for row in extra if row.about != group
    ]


def _decide_parts(
    training: Sequence[Sequence[Row]],
    outside: Sequence[Sequence[int]],
    variants: Sequence[Sequence[Row]],
    jobs: int,
) -> list[Decision]:
    """Train on each set of rows and decide the rows that were left out of it."""
    tasks = (
        (inside, [rows[at] for rows in variants for at in numbers])
        for inside, numbers in zip(training, outside, strict=True)
    )
    results = Parallel(n_jobs=jobs)(delayed(_train_and_decide)(*task) for task in tasks)
    size = len(variants[0])
    places = [
        at + size * variant
        for numbers in outside
        for variant in range(len(variants))
        for at in numbers
    ]
    decisions = [decision for result in results for decision in result]
    ordered = dict(zip(places, decisions, strict=True))
    return [ordered[place] for place in range(size * len(variants))]


def _train_and_decide(inside: Sequence[Row], outside: Sequence[Row]) -> list[Decision]:
    return decide(Predictor(train(inside)), outside)


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

    Examples
    --------
    >>> decide(Predictor.load(), [Row("1", "Leave a reply", (), "none", "a")])[0].primary
    'none'
    """
    texts = [row.text for row in rows]
    said = zip(
        predictor.predict_tags(texts),
        predictor.predict(texts),
        predictor.predict_proba(texts).tolist(),
        strict=True,
    )
    return [Decision(tags, primary, tuple(row)) for tags, primary, row in said]
