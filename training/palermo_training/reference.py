"""A model as a scikit-learn pipeline, to hold the engine's scores and speed against."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline

from palermo.artifact import Artifact
from palermo.text import runs, terms, tokens
from palermo_training.recipe import classifier, shorten


class _Terms(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Texts -> the values that weights are multiplied with; a known word has no runs.

    >>> _Terms(("boat", "#_boa")).transform(["boat", "boats"]).toarray().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, vocabulary: tuple[str, ...]) -> None:
        self.vocabulary = vocabulary

    def fit(self, texts: Sequence[str], y: object = None) -> Self:
        """Do nothing: the vocabulary is given."""
        return self

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """Count terms and divide by the number of words."""
        known = frozenset(self.vocabulary)

        def found(text: str) -> list[str]:
            words = tokens(text)
            pairs = terms(text)[len(words) : 2 * len(words) - 1]
            return (
                words + pairs + [run for word in words if word not in known for run in runs(word)]
            )

        counter = CountVectorizer(analyzer=found, vocabulary=self.vocabulary)
        return shorten(counter.transform(texts), np.array([len(tokens(text)) for text in texts]))


def reference(artifact: Artifact) -> Pipeline:
    """Write a model's numbers back into a scikit-learn pipeline.

    Parameters
    ----------
    artifact : Artifact
        Any model.

    Returns
    -------
    Pipeline
        Fitted; its ``decision_function`` is what the engine's log-odds are held
        against: of each label and, last, of the field.

    Examples
    --------
    >>> from palermo.artifact import tiny
    >>> reference(tiny()).decision_function(["boat"]).tolist()
    [[1.0, 2.0]]
    """
    heads = OneVsRestClassifier(classifier())
    heads.estimators_ = []
    for weights, intercept in zip(artifact.weights.T, artifact.intercepts, strict=True):
        head = classifier()
        head.classes_ = np.array([0, 1])
        head.coef_ = weights.astype(np.float64)[None, :] * artifact.step
        head.intercept_ = np.array([intercept])
        heads.estimators_.append(head)
    heads.classes_ = np.arange(len(artifact.intercepts))
    heads.label_binarizer_ = _Labels()
    return make_pipeline(_Terms(artifact.terms), heads)


class _Labels:
    """What a OneVsRestClassifier asks of its binarizer: labels do not exclude each other."""

    y_type_ = "multilabel-indicator"
