"""One labelled text of an export, and what its annotators answered."""

import reprlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

from palermo.errors import CorpusError
from palermo_training.problems import Problem

Found = tuple[str, dict[str, Any]]
"""Where an object stands, ``file:line`` or ``file:item N``, and the object."""

SINGULAR: Final = ("label", "etiqueta")
PLURAL: Final = ("tags", "labels", "etiquetas")
"""Names that people give to the question, or the column, that asks for labels."""

# The narrowest unit first: a source may be a whole newspaper.
_DOCUMENT: Final = ("group", "article", "url", "source")


class Reason(Enum):
    """Why an answer does not count, and the way out.

    Attributes
    ----------
    value : tuple of str, str, bool
        What they are, what to do next, and whether that bars training.

    Examples
    --------
    >>> Reason.DRAFT.value[0]
    'drafts that nobody has submitted'
    """

    IGNORED = ("skipped or ignored by their annotators", "answer them if they should count", False)
    DISCARDED = ("discarded by their annotators", "answer them if they should count", False)
    DRAFT = ("drafts that nobody has submitted", "submit them if they should count", False)
    REJECTED = (
        "tasks that were rejected as a whole, which says of no label whether it holds",
        "answer them if they should count",
        False,
    )
    EMPTY = (
        "without a label, which may mean none or not yet read",
        "label them; a label named none says that no label holds",
        False,
    )
    UNREAD = ("not yet reviewed", 'set "reviewed" to true in those that somebody has read', False)
    GUESSED = ("guesses of a model that nobody has confirmed", "answer them in the tool", False)
    OWN = (
        "a model's output, from which a model must not learn",
        'read them, mend their labels, and set "reviewed" to true in each',
        True,
    )


class Answer(NamedTuple):
    """What one annotator says of a text.

    Attributes
    ----------
    labels : tuple of str
        Labels, the main one first; none of them may be the word ``none``.
    judged : tuple of str or None, default None
        Labels that the annotator could choose; None where the export does not say.
    primary : str, default ""
        The main label where the export names it.

    Examples
    --------
    >>> Answer(("smuggling",)).judged is None
    True
    """

    labels: tuple[str, ...]
    judged: tuple[str, ...] | None = None
    primary: str = ""


class Item(NamedTuple):
    """One text with its answers.

    Attributes
    ----------
    place : str
        File and line, or item.
    text : object
        What the export has as text; checked later.
    answers : list of Answer
        Those that count.
    left_out : list of Reason
        A reason for each that does not.
    more : dict
        Of ``id``, ``group`` and ``lang`` what the export gives.
    key : str, default ""
        What the answers to one text have in common where each stands for itself.

    Examples
    --------
    >>> Item("a.jsonl:1", "They paid.", [Answer(("smuggling",))], [], {}).key
    ''
    """

    place: str
    text: Any
    answers: list[Answer]
    left_out: list[Reason]
    more: dict[str, Any]
    key: str = ""


def problem(place: str, error: CorpusError) -> Problem:
    """Make of an error in a row a problem that bars training.

    Parameters
    ----------
    place : str
        Where the row stands.
    error : CorpusError
        ``what; remedy``, perhaps after the place.

    Returns
    -------
    Problem
        Fatal.

    Examples
    --------
    >>> str(problem("a.jsonl:1", CorpusError("a.jsonl:1: no 'text'; a row needs it")))
    "a.jsonl:1: no 'text'; a row needs it"
    """
    message = str(error).removeprefix(f"{place}: ")
    what, _, remedy = message.rpartition("; ")
    if not what:
        what, remedy = message, "mend the row, or take it out"
    return Problem(place, what, remedy, fatal=True)


def each(objects: Sequence[Found], make: Callable[[str, Any], Item]) -> Iterator[Item | Problem]:
    """Make an item of each object, or a problem.

    Parameters
    ----------
    objects : sequence of Found
        In the order of the file.
    make : callable
        Takes place and object; raises CorpusError.

    Yields
    ------
    Item or Problem
        In the same order.

    Examples
    --------
    >>> list(each([], print))
    []
    """
    for place, found in objects:
        try:
            yield make(place, found)
        except CorpusError as error:
            yield problem(place, error)


def mapping(value: object) -> dict[str, Any]:
    """Give an object; an empty one for anything else.

    Parameters
    ----------
    value : object
        Any value of JSON.

    Returns
    -------
    dict
        The value itself, if it is one.

    Examples
    --------
    >>> mapping(None)
    {}
    """
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[dict[str, Any]]:
    """Give the objects in a list.

    Parameters
    ----------
    value : object
        Any value of JSON; missing lists are None.

    Returns
    -------
    list of dict
        Empty for None.

    Raises
    ------
    CorpusError
        If it is no list, or holds anything else.

    Examples
    --------
    >>> listed(None)
    []
    """
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
        raise CorpusError(f"{shown(value)} where a list of objects was expected; export it again")
    return value


def shown(value: object) -> str:
    """Show a value in a message, cut to a bearable length.

    Parameters
    ----------
    value : object
        Anything.

    Returns
    -------
    str
        Its ``repr``, if it is short.

    Examples
    --------
    >>> shown("policy")
    "'policy'"
    """
    return reprlib.repr(value)


def strings(value: object, what: str) -> tuple[str, ...]:
    """Take labels: one, or a list of them.

    Parameters
    ----------
    value : object
        Any value of JSON.
    what : str
        What the value is called, for the message.

    Returns
    -------
    tuple of str
        As they stand.

    Raises
    ------
    CorpusError
        If it is anything else, or a label is empty.

    Examples
    --------
    >>> strings("policy", "label")
    ('policy',)
    """
    labels = [value] if isinstance(value, str) else value
    if not isinstance(labels, list):
        raise CorpusError(f"{what} is {shown(value)}; it must be a label or a list of labels")
    for label in labels:
        if not isinstance(label, str) or not label.strip():
            raise CorpusError(f"{shown(label)} in {what}; a label is a string of one word or more")
    return tuple(labels)


def passage(fields: Mapping[str, Any]) -> Any:
    """Find the text among the fields that a tool showed to its annotators.

    Parameters
    ----------
    fields : mapping
        The one named ``text``, or the only one that is a string.

    Returns
    -------
    object
        The text, checked later.

    Raises
    ------
    CorpusError
        If there is none, or several may be it.

    Examples
    --------
    >>> passage({"body": "They paid.", "page": 3})
    'They paid.'
    """
    if "text" in fields:
        return fields["text"]
    names = [name for name, value in fields.items() if isinstance(value, str)]
    if len(names) != 1:
        raise CorpusError(
            f"no 'text' among the fields {shown(list(fields))}; name one of them text"
        )
    return fields[names[0]]


def details(*places: object, group: Collection[str] = _DOCUMENT) -> dict[str, Any]:
    """Look up what an export says of a text beside its labels.

    Parameters
    ----------
    places : object
        The row, and the objects in it that hold what users added.
    group : collection of str
        Names under which to look for the document that a text comes from.

    Returns
    -------
    dict
        ``id`` (from the first place alone), ``group``, ``lang`` as far as they are given.

    Examples
    --------
    >>> details({"id": 7}, {"source": "a.txt"})
    {'id': '7', 'group': 'a.txt'}
    """
    found: dict[str, Any] = {}
    names = (("id", ["id"], places[:1]), ("group", group, places), ("lang", ["lang"], places))
    for name, keys, where in names:
        given = [mapping(place).get(key) for key in keys for place in where]
        for value in given:
            if value is not None and (not isinstance(value, str) or value.strip()):
                whole = isinstance(value, int) and not isinstance(value, bool)
                found[name] = str(value) if whole else value
                break
    return found


class Questions(NamedTuple):
    """The questions of a project whose answers count.

    Attributes
    ----------
    labels : str
        Asks for the labels; empty if nothing does.
    primary : str
        Asks which of them is the main one; empty if nothing does.

    Examples
    --------
    >>> Questions("topic", "").answer({"topic": "policy", "tone": "calm"})
    Answer(labels=('policy',), judged=None, primary='')
    """

    labels: str
    primary: str

    def answer(self, values: Mapping[str, Any]) -> "Answer | Reason":
        """Make one answer of those to both questions.

        Parameters
        ----------
        values : mapping
            What an annotator answered, by question.

        Returns
        -------
        Answer or Reason
            EMPTY where nothing was answered; an empty list is an answer, none of them.

        Raises
        ------
        CorpusError
            If they are no labels, or there is more than one main one.

        Examples
        --------
        >>> Questions("tags", "primary").answer({"primary": "none"}).labels
        ('none',)
        """
        labels, primary = (values.get(name) if name else None for name in self)
        main = () if primary is None else strings(primary, self.primary)
        if len(main) > 1:
            raise CorpusError(f"{self.primary} is {shown(primary)}; one label was expected")
        if labels is None and not main:
            return Reason.EMPTY
        given = () if labels is None else strings(labels, self.labels)
        return Answer(given or main, None, *main)


def questions(path: Path, asked: Collection[str]) -> tuple[Questions, list[Problem]]:
    """Choose the questions of a project whose answers are the labels, and the main one.

    Parameters
    ----------
    path : Path
        The file, for messages.
    asked : collection of str
        Every question with answers that may be labels.

    Returns
    -------
    Questions
        That for labels is the only one but for one named primary, or the only one that is
        named label, labels or tags.
    list of Problem
        Says which others are left out.

    Raises
    ------
    CorpusError
        If several may be it.

    Examples
    --------
    >>> questions(Path("a.json"), ["primary", "topic"])
    (Questions(labels='topic', primary='primary'), [])
    """
    names = sorted(asked)
    if len(names) < 2:
        return Questions("".join(names), ""), []
    primary = next((name for name in names if name.strip().casefold() == "primary"), "")
    rest = [name for name in names if name != primary]
    likely = [name for name in rest if name.strip().casefold() in (*SINGULAR, *PLURAL)]
    chosen = rest if len(rest) == 1 else likely
    if len(chosen) != 1:
        raise CorpusError(
            f"{path}: answers to several questions ({', '.join(map(shown, names))}); "
            "export one alone, or name the one that asks for the labels label"
        )
    if len(rest) == 1:
        return Questions(rest[0], primary), []
    others = ", ".join(shown(name) for name in rest if name != chosen[0])
    what = f"answers to {others} are left out, the labels are those of {shown(chosen[0])}"
    remedy = "name another question label if that one is meant"
    return Questions(chosen[0], primary), [Problem(str(path), what, remedy, fatal=False)]


def unread(found: Mapping[str, Any]) -> Reason | None:
    """Tell a row that no person vouches for: a model's output, or a task not yet read.

    Parameters
    ----------
    found : mapping
        A row, which may say ``reviewed``.

    Returns
    -------
    Reason or None
        None where its labels count.

    Raises
    ------
    CorpusError
        If ``reviewed`` is neither true nor false.

    Examples
    --------
    >>> unread({"text": "They paid.", "tags": [], "reviewed": False}).name
    'UNREAD'
    """
    places = [found, mapping(found.get("meta")), mapping(found.get("metadata"))]
    for given in (place["reviewed"] for place in places if "reviewed" in place):
        if not isinstance(given, bool):
            raise CorpusError(f"reviewed is {shown(given)}; it must be true or false")
        return None if given else Reason.UNREAD
    return Reason.OWN if any(map(is_output, places)) else None


def is_output(found: Collection[str]) -> bool:
    """Tell what ``classify`` wrote by its fields or columns.

    Parameters
    ----------
    found : collection of str
        Names of fields.

    Returns
    -------
    bool
        Whether a model's doubts or its name stand beside the labels.

    Examples
    --------
    >>> is_output(["text", "label", "probabilities"])
    True
    """
    return (
        "probabilities" in found
        or {"known", "unsure"} <= set(found)
        or ("model" in found and any(name == "schema" or name.startswith("p_") for name in found))
    )
