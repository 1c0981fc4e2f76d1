"""One run of classify: what was tagged becomes findings, counted and picked as they go by."""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from typing import Any

from palermo.labels import NONE
from palermo.outputs.finding import Finding, Reasons
from palermo.outputs.summary import Summary
from palermo.passages import Passage
from palermo.predictor import Predictor
from palermo.sources import Source
from palermo.tally import Tally


class Run:
    """What a run has read and counted, and which passages it wants.

    Parameters
    ----------
    predictor : Predictor
        What tags.
    state : mapping, optional
        What :meth:`so_far` gave in a run that was stopped, to go on from there.
    only : collection of str, default ()
        Tags, or ``none``, of the passages that are wanted; all if empty.
    only_term_warnings : bool, default False
        Whether those alone are wanted that have one.

    Attributes
    ----------
    tally : Tally
        How far the reading has come.
    summary : Summary
        Counts of passages.
    columns : list of str
        Columns that a spreadsheet has so far.

    Examples
    --------
    >>> from collections import deque
    >>> predictor = Predictor.load()
    >>> run = Run(predictor, only=["none"])
    >>> source = Source("a.txt", 0, {}, Tally(done=1))
    >>> tagged = predictor.tag_all(["Sign up for our newsletter."])
    >>> [each.file for each in run.findings(run.documents(tagged, deque([source])))]
    ['a.txt']
    >>> run.where
    'after a.txt'
    """

    def __init__(
        self,
        predictor: Predictor,
        state: Mapping[str, Any] | None = None,
        only: Collection[str] = (),
        only_term_warnings: bool = False,
    ) -> None:
        state = state or {}
        self.tally = Tally(**state.get("tally", {}))
        self.summary = Summary(predictor.labels, state.get("summary"))
        self.columns: list[str] = state.get("columns", [])
        self._predictor = predictor
        self._only = frozenset(only)
        self._only_term_warnings = only_term_warnings
        if self.summary.written is None and (only or only_term_warnings):
            self.summary.written = 0
        self._start = replace(self.tally)
        self._last: Source | None = None

    def documents(
        self,
        tagged: Iterable[list[Passage]],
        sources: deque[Source],
        mark: Callable[[], None] | None = None,
    ) -> Iterator[tuple[Source, list[Passage]]]:
        """Count texts that were tagged, and name their sources.

        Parameters
        ----------
        tagged : iterable of list of Passage
            A list a text.
        sources : deque of Source
            Of these texts, in the same order; each is taken out.
        mark : callable, optional
            Is called once a text has been dealt with, so that another run can go on there.

        Yields
        ------
        source : Source
        passages : list of Passage

        Examples
        --------
        >>> run = Run(Predictor.load())
        >>> sources = deque([Source("a.txt", 0, {}, Tally())])
        >>> [source.name for source, passages in run.documents([[]], sources)]
        ['a.txt']
        """
        for passages in tagged:
            source = sources.popleft()
            if self.summary.written is not None:
                self.summary.written += sum(map(self.wanted, passages))
            yield source, self.summary.count(passages)
            self._last = source
            if mark is not None:
                mark()

    def findings(
        self,
        documents: Iterable[tuple[Source, list[Passage]]],
        explain: bool = False,
        hide: Callable[[], None] | None = None,
    ) -> Iterator[Finding]:
        """Yield the passages that are wanted, with all that is written of them.

        Parameters
        ----------
        documents : iterable
            From :meth:`documents`.
        explain : bool, default False
            Whether reasons are given.
        hide : callable, optional
            Is called before each finding, to take away what stands in its place.

        Yields
        ------
        Finding

        Examples
        --------
        >>> predictor, source = Predictor.load(), Source("a.txt", 0, {}, Tally())
        >>> documents = [(source, predictor.tag("The coast guard stopped the smugglers."))]
        >>> [list(each.reasons) for each in Run(predictor).findings(documents, explain=True)]
        [['enforcement']]
        """
        for (file, number, more, _), passages in documents:
            for index, passage in enumerate(passages):
                if not self.wanted(passage):
                    continue
                why = self.reasons(passage) if explain else None
                if hide is not None:
                    hide()
                yield Finding(passage, file, number, index, self._predictor.model, why, more)

    def wanted(self, passage: Passage) -> bool:
        """Tell if a passage was asked for.

        Parameters
        ----------
        passage : Passage

        Returns
        -------
        bool

        Examples
        --------
        >>> predictor = Predictor.load()
        >>> Run(predictor, only=["policy"]).wanted(predictor.tag("Good morning.")[0])
        False
        """
        tags = passage.tags or (NONE,)
        return (not self._only or not self._only.isdisjoint(tags)) and (
            not self._only_term_warnings or passage.term is not None
        )

    def reasons(self, passage: Passage) -> Reasons:
        """Say what speaks for and against each tag of a passage.

        Parameters
        ----------
        passage : Passage

        Returns
        -------
        dict of str to list
            By tag, from :meth:`palermo.Predictor.explain`.

        Examples
        --------
        >>> predictor = Predictor.load()
        >>> Run(predictor).reasons(predictor.tag("Good morning.")[0])
        {}
        """
        return {tag: self._predictor.explain(passage.text, tag) for tag in passage.tags}

    def so_far(self) -> dict[str, Any]:
        """Give what another run needs to go on after the last text.

        Returns
        -------
        dict
            As JSON has it.

        Examples
        --------
        >>> sorted(Run(Predictor.load()).so_far())
        ['columns', 'summary', 'tally']
        """
        at = asdict(self._last.tally if self._last else self._start)
        return {"tally": at, "summary": self.summary.state(), "columns": self.columns}

    @property
    def where(self) -> str:
        """How far the run has come, for people.

        Examples
        --------
        >>> Run(Predictor.load()).where
        'before the first input was done'
        """
        return f"after {self._last.name}" if self._last else "before the first input was done"
