"""Predictor: what other Python code imports."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from palermo.artifact import Artifact, load
from palermo.engine import Engine
from palermo.errors import ArtifactError
from palermo.labels import NONE
from palermo.passages import Lang, Passage, Unit, split

ENVIRONMENT: Final = "PALERMO_MODEL"
"""Environment variable that names a model file to use instead of the packaged one."""

_HERE: Final = Path(__file__).parent
_PLACES: Final = (
    _HERE / "artifacts" / "palermo.joblib",  # in an installed package
    _HERE.parents[1] / "artifacts" / "palermo.joblib",  # in a checkout
)


class Predictor:
    """Tags passages with a model's labels.

    A predictor holds no state that its methods change.

    Parameters
    ----------
    artifact : Artifact
        The model; :meth:`load` gets one from a file.

    Examples
    --------
    >>> from palermo import Predictor
    >>> predictor = Predictor.load()
    >>> predictor.predict(["The smugglers charged $7,000 for the desert.", "Leave a reply"])
    ['smuggling', 'none']
    """

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact
        self._engine = Engine(artifact)

    @classmethod
    def load(cls, path: Path | None = None) -> "Predictor":
        """Get a predictor from a model file.

        Parameters
        ----------
        path : Path, optional
            A model file. By default the one that the environment variable
            ``PALERMO_MODEL`` names, else the packaged one.

        Returns
        -------
        Predictor

        Raises
        ------
        ArtifactError
            If the file is missing, damaged or no palermo model.

        Examples
        --------
        >>> Predictor.load().labels
        ('smuggling', 'trafficking', 'enforcement', 'policy')
        """
        if path is not None:
            return cls(load(Path(path)))
        if named := os.environ.get(ENVIRONMENT):
            try:
                return cls(load(Path(named).expanduser()))
            except ArtifactError as error:
                raise ArtifactError(
                    f"{error} ({ENVIRONMENT} names it; unset that to use the packaged model.)"
                ) from None
        return cls(load(next(filter(Path.exists, _PLACES), _PLACES[0])))

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`predict_proba`."""
        return self._artifact.labels

    @property
    def model(self) -> str:
        """The model's version and the beginning of its digest, as in ``0.1.0+1a2b3c4d5e6f``."""
        return f"{self._artifact.about.get('version', 'unknown')}+{self._artifact.digest[:12]}"

    def predict_proba(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Give the probability of each label for each passage.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages, each judged alone.

        Returns
        -------
        ndarray of float64, shape (n_texts, n_labels)
            Probabilities, 0 to 1. Labels do not exclude each other, so a row need
            not sum to 1.

        Raises
        ------
        TypeError
            If ``texts`` is a single str, or holds anything but str.

        Examples
        --------
        >>> Predictor.load().predict_proba([]).shape
        (0, 4)
        """
        log_odds = self._engine.log_odds(_checked(texts))
        return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))

    def predict_tags(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Give every label whose probability is at or above its threshold.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages.

        Returns
        -------
        list of tuple of str
            Tags of each passage, in the order of :attr:`labels`; empty for none.

        Raises
        ------
        TypeError
            If ``texts`` is a single str, or holds anything but str.

        Examples
        --------
        >>> Predictor.load().predict_tags(["Leave a reply"])
        [()]
        """
        return [tags for tags, _ in self._decide(self.predict_proba(texts))]

    def predict(self, texts: Sequence[str]) -> list[str]:
        """Give the label that each passage is mainly about.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages.

        Returns
        -------
        list of str
            The most probable of the passage's tags, or ``"none"`` without tags.

        Raises
        ------
        TypeError
            If ``texts`` is a single str, or holds anything but str.

        Examples
        --------
        >>> Predictor.load().predict(["Leave a reply"])
        ['none']
        """
        return [label for _, label in self._decide(self.predict_proba(texts))]

    def tag(self, text: str, unit: Unit = "sentence", lang: Lang = "auto") -> list[Passage]:
        r"""Cut a document into passages and tag each.

        Parameters
        ----------
        text : str
            A whole document.
        unit : {"sentence", "paragraph", "document"}, default "sentence"
            How long a passage is.
        lang : {"auto", "en", "es"}, default "auto"
            The document's language, for cutting it; ``auto`` decides per document.

        Returns
        -------
        list of Passage
            In reading order; empty for a text of nothing but white space.

        Raises
        ------
        TypeError
            If ``text`` is no str.
        ValueError
            If ``unit`` or ``lang`` is none of the above.

        Examples
        --------
        >>> for passage in Predictor.load().tag("SEE ALSO\n\nThe smugglers charged $7,000."):
        ...     print(passage.start, passage.end, passage.label)
        0 8 none
        10 39 smuggling
        """
        if not isinstance(text, str):
            raise TypeError(f"text is {type(text).__name__}; tag takes one document as a str")
        spans = split(text, unit, lang)
        texts = [text[start:end] for start, end in spans]
        probabilities = self.predict_proba(texts)
        return [
            Passage(
                text=text[start:end],
                start=start,
                end=end,
                label=label,
                tags=tags,
                probabilities=dict(zip(self.labels, row, strict=True)),
                known=known,
            )
            for (start, end), (tags, label), row, known in zip(
                spans,
                self._decide(probabilities),
                probabilities.tolist(),
                self._engine.known(texts).tolist(),
                strict=True,
            )
        ]

    def _decide(self, probabilities: NDArray[np.float64]) -> list[tuple[tuple[str, ...], str]]:
        """Turn rows of probabilities into tags and the one label."""
        given = probabilities >= self._artifact.thresholds
        best = np.where(given, probabilities, -1).argmax(axis=1)
        return [
            (
                tuple(label for label, yes in zip(self.labels, row, strict=True) if yes),
                self.labels[first] if row.any() else NONE,
            )
            for row, first in zip(given, best, strict=True)
        ]


def _checked(texts: Sequence[str]) -> list[str]:
    """Refuse a str, which is a sequence of its letters, and anything that is no text."""
    if isinstance(texts, str):
        raise TypeError("texts is one str; put it in a list: [text]")
    texts = list(texts)
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{number}] is {type(text).__name__}; every text must be a str")
    return texts
