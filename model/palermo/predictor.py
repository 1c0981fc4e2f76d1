"""Predictor: what other Python code imports."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from palermo import store
from palermo.artifact import Artifact, load
from palermo.engine import Engine
from palermo.errors import ArtifactError
from palermo.evidence import Evidence, evidence
from palermo.furniture import is_furniture
from palermo.labels import NONE
from palermo.passages import Lang, Passage, Span, Unit, split
from palermo.tags import leading, rolled_up, tagged
from palermo.terms import Term, check

ENVIRONMENT: Final = "PALERMO_MODEL"
"""Environment variable that names a model file to use instead of the one in use."""

LEAST_KNOWN: Final = 0.5
"""Share of its words that the model must know of a passage for its label not to be ``unsure``."""

_AHEAD: Final = 1 << 17  # characters of a stream of documents that are tagged at a time


class Predictor:
    """Tags passages with a model's labels.

    A predictor holds no state that its methods change: threads may share it. It can be
    copied, pickled and sent to other processes; a pickle of it holds the model alone.

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

    def __reduce__(self) -> tuple[type["Predictor"], tuple[Artifact]]:
        """Pickle the artifact alone: the engine's tables are five times as large, and built."""
        return type(self), (self._artifact,)

    @classmethod
    def load(cls, path: Path | None = None) -> "Predictor":
        """Get a predictor from a model file.

        Parameters
        ----------
        path : Path, optional
            A model file. By default the one that the environment variable
            ``PALERMO_MODEL`` names, else the installed model that ``palermo models use``
            brought into use, else the packaged one.

        Returns
        -------
        Predictor

        Raises
        ------
        ArtifactError
            If the file is missing, damaged or no palermo model, or what says which model
            is in use is damaged.

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
                    f"{error} ({ENVIRONMENT} names it; unset that to use the model in use.)"
                ) from None
        return cls(store.load_in_use())

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns of :meth:`predict_proba`."""
        return self._artifact.labels

    @property
    def intercepts(self) -> dict[str, float]:
        """Log-odds of each label for a passage in which the model knows nothing."""
        return dict(zip(self.labels, self._artifact.intercepts[:-1].tolist(), strict=True))

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
        return self._probabilities(self._engine.log_odds(_checked(texts)))[:, :-1]

    def predict_tags(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """Give every label that a passage reaches the thresholds of (:func:`tagged`).

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
        return [said.tags for said in self._say(_checked(texts))]

    def predict(self, texts: Sequence[str]) -> list[str]:
        """Give the label that each passage is mainly about.

        Parameters
        ----------
        texts : sequence of str
            ``n_texts`` passages.

        Returns
        -------
        list of str
            The :func:`leading` one of the passage's tags, or ``"none"`` without tags.

        Raises
        ------
        TypeError
            If ``texts`` is a single str, or holds anything but str.

        Examples
        --------
        >>> Predictor.load().predict(["Leave a reply"])
        ['none']
        """
        return [said.label for said in self._say(_checked(texts))]

    def cutoffs(self, min_precision: float) -> dict[str, float]:
        """Say how probable a tag must be for so large a share of such tags to be right.

        Parameters
        ----------
        min_precision : float
            0 to 1.

        Returns
        -------
        dict of str to float
            By label: the lowest of the model's operating points, of which the first is the
            label's threshold, with that precision on rows held out of training; infinity where
            none has it. Real text is harder than most of those rows.

        Raises
        ------
        ValueError
            If ``min_precision`` is not between 0 and 1.

        Examples
        --------
        >>> cutoffs = Predictor.load().cutoffs(0.9)
        >>> all(0 < value < 1 for value in cutoffs.values())
        True
        """
        if not 0 <= min_precision <= 1:
            raise ValueError(f"min_precision is {min_precision}; it must be between 0 and 1")
        found = {}
        for label, points in zip(self.labels, self._artifact.points, strict=True):
            enough = points[points[:, 1] >= min_precision, 0]
            found[label] = float(enough[0]) if enough.size else float("inf")
        return found

    def tag(
        self,
        text: str,
        unit: Unit = "sentence",
        lang: Lang = "auto",
        min_precision: float | None = None,
    ) -> list[Passage]:
        r"""Cut a document into passages and tag each.

        Parameters
        ----------
        text : str
            A whole document.
        unit : {"sentence", "paragraph", "document"}, default "sentence"
            How long a passage is. A document is judged by its sentences: it has every
            tag that one of them has, the label that most of them have (but for
            ``none``), and of each label the highest probability.
        lang : {"auto", "en", "es"}, default "auto"
            The document's language, for cutting it; ``auto`` decides per document.
        min_precision : float, optional
            0 to 1, for sentences and paragraphs: passages whose label is less probable than
            its :meth:`cutoffs` are ``unsure``. So are all of whose words the model knows
            less than half.

        Returns
        -------
        list of Passage
            In reading order; empty for a text of nothing but white space.

        Raises
        ------
        TypeError
            If ``text`` is no str.
        ValueError
            If ``unit``, ``lang`` or ``min_precision`` is none of the above, or if
            ``min_precision`` is given for documents.

        Examples
        --------
        >>> for passage in Predictor.load().tag("SEE ALSO\n\nThe smugglers charged $7,000."):
        ...     print(passage.start, passage.end, passage.label)
        0 8 none
        10 39 smuggling
        """
        if not isinstance(text, str):
            raise TypeError(f"text is {type(text).__name__}; tag takes one document as a str")
        return next(self.tag_all([text], unit, lang, min_precision))

    def tag_all(
        self,
        texts: Iterable[str],
        unit: Unit = "sentence",
        lang: Lang = "auto",
        min_precision: float | None = None,
    ) -> Iterator[list[Passage]]:
        """Do what :meth:`tag` does, for many documents and in less time.

        Parameters
        ----------
        texts : iterable of str
            Documents. Some hundred thousand characters are read ahead, so that a stream
            of any length fits into memory.
        unit, lang, min_precision
            As for :meth:`tag`.

        Returns
        -------
        iterator of list of Passage
            One list a document, in order.

        Raises
        ------
        TypeError
            If ``texts`` is a single str, or holds anything but str.
        ValueError
            If ``unit``, ``lang`` or ``min_precision`` is none of those of :meth:`tag`, or if
            ``min_precision`` is given for documents; before the first text is read.

        Examples
        --------
        >>> [len(found) for found in Predictor.load().tag_all(["He paid. He left.", "", "Hi."])]
        [2, 0, 1]
        """
        if isinstance(texts, str):
            raise TypeError("texts is one str; give it to tag, or put it in a list: [text]")
        split("", unit, lang)  # refuses units and languages that there are not
        if unit == "document" and min_precision is not None:
            raise ValueError(
                "unit is 'document', which is judged by its sentences; min_precision needs "
                "'sentence' or 'paragraph'"
            )
        cutoffs = {} if min_precision is None else self.cutoffs(min_precision)
        return self._stream(texts, unit, lang, cutoffs)

    def _stream(
        self, texts: Iterable[str], unit: Unit, lang: Lang, cutoffs: Mapping[str, float]
    ) -> Iterator[list[Passage]]:
        """Tag documents batch by batch."""
        batch: list[str] = []
        size = 0
        for number, text in enumerate(texts):
            if not isinstance(text, str):
                raise TypeError(
                    f"texts[{number}] is {type(text).__name__}; every text must be a str"
                )
            batch.append(text)
            size += len(text)
            if size > _AHEAD:
                yield from self._tag(batch, unit, lang, cutoffs)
                batch, size = [], 0
        yield from self._tag(batch, unit, lang, cutoffs)

    def _tag(
        self, texts: Sequence[str], unit: Unit, lang: Lang, cutoffs: Mapping[str, float]
    ) -> Iterator[list[Passage]]:
        """Tag one batch of documents."""
        cuts = [split(text, unit, lang) for text in texts]
        pieces = _pieces(texts, cuts)
        log_odds, known, words = self._engine.measure(pieces)
        probabilities = self._probabilities(log_odds)
        if unit == "document" and pieces:
            inside = [split(piece, lang=lang) for piece in pieces]
            sentences = _pieces(pieces, inside)
            parts = self._probabilities(self._engine.log_odds(sentences))
            decided = iter(self._decide(sentences, parts))
            said = [
                _Said(*rolled_up(self.labels, list(islice(decided, len(each))))) for each in inside
            ]
            first = np.cumsum([0, *map(len, inside[:-1])])
            probabilities = np.maximum.reduceat(parts, first)
            checked = iter(self._terms(sentences, parts))
            terms = [_strongest(list(islice(checked, len(each)))) for each in inside]
        else:
            said = self._decide(pieces, probabilities)
            terms = self._terms(pieces, probabilities)
        numbers = (probabilities[:, :-1].tolist(), known.tolist(), words.tolist())
        found = zip(pieces, said, *numbers, terms, strict=True)
        for cut in cuts:
            yield [
                Passage(
                    text=text,
                    start=start,
                    end=end,
                    label=each.label,
                    tags=each.tags,
                    probabilities=(named := dict(zip(self.labels, row, strict=True))),
                    known=share,
                    unsure=share < LEAST_KNOWN
                    or named.get(each.label, 1) < cutoffs.get(each.label, 0),
                    term=term,
                    words=count,
                )
                # a cut ends before it takes a passage of the next one
                for (start, end), (text, each, row, share, count, term) in zip(
                    cut, found, strict=False
                )
            ]

    def explain(self, text: str, label: str) -> list[Evidence]:
        """Say which words and pairs of a passage speak for and against a label.

        Parameters
        ----------
        text : str
            One passage.
        label : str
            One of :attr:`labels`.

        Returns
        -------
        list of Evidence
            One an occurrence. Their contributions plus the label's :attr:`intercepts`
            are the log-odds of its probability.

        Raises
        ------
        TypeError
            If ``text`` is no str.
        ValueError
            If the model has no such label.

        Examples
        --------
        >>> found = Predictor.load().explain("The coyote hid them.", "smuggling")
        >>> max(found, key=lambda each: each.contribution).text
        'coyote'
        """
        if not isinstance(text, str):
            raise TypeError(f"text is {type(text).__name__}; explain takes one passage as a str")
        if label not in self.labels:
            raise ValueError(f"no label {label!r}; the model's are {', '.join(self.labels)}")
        return evidence(self._engine, text, self.labels.index(label))

    def _terms(self, texts: Sequence[str], probabilities: NDArray[np.float64]) -> list[Term | None]:
        """Hold the words of passages against what they describe."""
        if not {"smuggling", "trafficking"} <= set(self.labels):
            return [None] * len(texts)
        two = [self.labels.index("smuggling"), self.labels.index("trafficking")]

        def of_the_field(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
            inside = probabilities[:, -1:] >= self._artifact.thresholds[-1]
            return np.where(inside, probabilities[:, two], 0.0)

        def score(texts: Sequence[str]) -> NDArray[np.float64]:
            return of_the_field(self._probabilities(self._engine.log_odds(texts)))

        least = self._artifact.thresholds[two]
        found = check(texts, of_the_field(probabilities), score, least)
        return [
            None if term is None or is_furniture(text) else term
            for text, term in zip(texts, found, strict=True)
        ]

    def _probabilities(self, log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -700, 700))))

    def _say(self, texts: Sequence[str]) -> list["_Said"]:
        """Score and decide."""
        return self._decide(texts, self._probabilities(self._engine.log_odds(texts)))

    def _decide(self, texts: Sequence[str], probabilities: NDArray[np.float64]) -> list["_Said"]:
        """Turn rows of probabilities into tags and the one label.

        Page furniture, such as a list of topics, is none, whatever it names.
        """
        given = tagged(probabilities, self._artifact.thresholds)
        for row in np.flatnonzero(given.any(axis=1)).tolist():
            given[row] &= not is_furniture(texts[row])
        best = leading(self.labels, probabilities[:, :-1], given)
        return [
            _Said(
                label=self.labels[first] if any(row) else NONE,
                tags=tuple(label for label, yes in zip(self.labels, row, strict=True) if yes),
            )
            for row, first in zip(given.tolist(), best.tolist(), strict=True)
        ]


def _strongest(terms: Sequence[Term | None]) -> Term | None:
    """Give the clearest case among the sentences of a document."""
    return max(filter(None, terms), key=lambda term: term.strength, default=None)


class _Said(NamedTuple):
    """What the model says of one passage."""

    label: str
    tags: tuple[str, ...]


def _pieces(texts: Sequence[str], cuts: Sequence[Sequence[Span]]) -> list[str]:
    """List what the spans of each text hold."""
    return [text[start:end] for text, cut in zip(texts, cuts, strict=True) for start, end in cut]


def _checked(texts: Sequence[str]) -> list[str]:
    """Refuse a str, which is a sequence of its letters, and anything that is no text."""
    if isinstance(texts, str):
        raise TypeError("texts is one str; put it in a list: [text]")
    texts = list(texts)
    for number, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"texts[{number}] is {type(text).__name__}; every text must be a str")
    return texts
