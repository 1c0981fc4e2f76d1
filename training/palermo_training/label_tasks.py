"""Passages to label, as the files that labelling tools import.

The model's guess is written where a tool shows it and keeps it apart from a person's answer:
a prediction of Label Studio, a suggestion of Argilla, a choice already ticked in Prodigy.
Rows of palermo's own, CSV and doccano have no such place, so they say ``"reviewed": false``,
and palermo takes no label from them until a person has made it true: a model must not learn
from its guesses.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, TextIO
from xml.sax.saxutils import quoteattr

from palermo.labels import NONE
from palermo.outputs import jsonl
from palermo.outputs.sheet import MARK, safe
from palermo.passages import detect
from palermo_training.selection import Choice

Format = Literal["palermo", "csv", "label-studio", "doccano", "prodigy", "argilla"]
"""What a file of tasks is for."""

_DIGITS: Final = 6  # of a probability, as in what classify writes


def write(
    choices: Sequence[Choice], format: Format, labels: Sequence[str], model: str, to: TextIO
) -> None:
    r"""Write passages as the tasks that a tool imports.

    Parameters
    ----------
    choices : sequence of Choice
        What to label, in this order.
    format : {"palermo", "csv", "label-studio", "doccano", "prodigy", "argilla"}
        palermo's rows, doccano and Prodigy: JSON lines; Label Studio and Argilla: one JSON
        array; CSV with a header.
    labels : sequence of str
        The model's, in their order.
    model : str
        Its version, from :attr:`palermo.Predictor.model`.
    to : text file
        Where to; it must leave line breaks alone.

    Examples
    --------
    >>> import sys
    >>> from palermo import Passage
    >>> passage = Passage("They paid.", 0, 10, "policy", ("policy",), {"policy": 0.5}, 1.0)
    >>> write([Choice(passage, "a.txt", "close")], "prodigy", ["policy"], "0.1.0", sys.stdout)
    ... # doctest: +ELLIPSIS
    {"text": "They paid.", "options": [{"id": "policy", "text": "policy"}], "accept": ["policy"]...
    """
    if format == "csv":
        _write_csv(choices, labels, model, to)
    elif format in ("label-studio", "argilla"):
        lay = _label_studio if format == "label-studio" else _argilla
        tasks = [jsonl.line(lay(choice, model)).rstrip("\n") for choice in choices]
        to.write("[\n" + "".join(f"{task},\n" for task in tasks)[:-2] + "\n]\n")
    else:
        lines: Mapping[str, Callable[[Choice], dict[str, Any]]] = {
            "palermo": lambda choice: _palermo(choice, model),
            "doccano": lambda choice: _doccano(choice, model),
            "prodigy": lambda choice: _prodigy(choice, labels, model),
        }
        for choice in choices:
            to.write(jsonl.line(lines[format](choice)))


def setup(format: Format, labels: Sequence[str]) -> str:
    """Say how a tool's project must be set up for the tasks to fit it.

    Parameters
    ----------
    format : {"palermo", "csv", "label-studio", "doccano", "prodigy", "argilla"}
        As for :func:`write`.
    labels : sequence of str
        The model's.

    Returns
    -------
    str
        A sentence, and what to paste or run where there is something.

    Examples
    --------
    >>> print(setup("label-studio", ["policy"]))
    Label Studio: paste this under Settings > Labeling Interface > Code, then import the file.
    <View>
      <Text name="text" value="$text"/>
      <Header value="Every label that the passage supports"/>
      <Choices name="tags" toName="text" choice="multiple">
        <Choice value="policy"/>
      </Choices>
      <Header value="What it is mainly about"/>
      <Choices name="primary" toName="text" choice="single" required="true">
        <Choice value="policy"/>
        <Choice value="none"/>
      </Choices>
    </View>
    """
    if format == "label-studio":
        return (
            "Label Studio: paste this under Settings > Labeling Interface > Code, then import "
            "the file.\n"
            '<View>\n  <Text name="text" value="$text"/>\n'
            '  <Header value="Every label that the passage supports"/>\n'
            f'  <Choices name="tags" toName="text" choice="multiple">\n{_choices(labels)}'
            "  </Choices>\n"
            '  <Header value="What it is mainly about"/>\n'
            '  <Choices name="primary" toName="text" choice="single" required="true">\n'
            f"{_choices([*labels, NONE])}  </Choices>\n</View>"
        )
    if format == "argilla":
        return (
            "Argilla: make a dataset with these settings, then "
            'dataset.records.from_json("FILE").\n'
            "rg.Settings(\n"
            '    fields=[rg.TextField(name="text")],\n'
            "    questions=[\n"
            f'        rg.MultiLabelQuestion(name="tags", labels={[*labels]}, required=False),\n'
            f'        rg.LabelQuestion(name="primary", labels={[*labels, NONE]}),\n'
            "    ],\n"
            '    metadata=[rg.TermsMetadataProperty(n) for n in ("group", "reason")],\n'
            ")"
        )
    if format == "prodigy":
        return (
            'Prodigy: with "choice_style": "multiple" in prodigy.json, run: '
            "prodigy mark DATASET FILE --view-id choice. Of several labels, the first that is "
            "ticked is what the passage is mainly about."
        )
    if format == "doccano":
        return (
            "doccano: make a project of text classification, several labels allowed, and import "
            "the file as JSONL. When you export, take approved documents alone, and "
            'set "reviewed" to true.'
        )
    return (
        'Give each row its tags and primary (or none), and set "reviewed" to true; palermo takes '
        "no label from the others."
    )


def _choices(labels: Sequence[str]) -> str:
    return "".join(f"    <Choice value={quoteattr(label)}/>\n" for label in labels)


def _ordered(choice: Choice) -> list[str]:
    """List the tags, what it is mainly about first: tools with one list have no other place."""
    label = choice.passage.label
    return sorted(choice.passage.tags, key=lambda tag: tag != label)


def _score(choice: Choice) -> float:
    """Say how probable the guess is."""
    probabilities = choice.passage.probabilities
    none = 1 - max(probabilities.values(), default=0)
    return round(probabilities.get(choice.passage.label, none), _DIGITS)


def _palermo(choice: Choice, model: str) -> dict[str, Any]:
    passage = choice.passage
    return {
        "id": choice.id,
        "text": passage.text,
        "tags": None,
        "primary": None,
        "reviewed": False,
        "lang": detect(passage.text),
        "group": choice.document,
        "origin": "user",
        "reason": choice.reason,
        "guess": {
            "label": passage.label,
            "tags": list(passage.tags),
            "probabilities": {
                label: round(value, _DIGITS) for label, value in passage.probabilities.items()
            },
        },
        "model": model,
    }


def _write_csv(choices: Sequence[Choice], labels: Sequence[str], model: str, to: TextIO) -> None:
    to.write(MARK)
    rows = csv.writer(to)
    columns = ["id", "text", "tags", "primary", "reviewed", "lang", "group", "origin", "reason"]
    rows.writerow(
        map(safe, [*columns, "guess", "guess_tags", *(f"p_{label}" for label in labels), "model"])
    )
    for choice in choices:
        row = _palermo(choice, model)
        guess = row["guess"]
        probabilities = [guess["probabilities"][label] for label in labels]
        cells = [row[column] for column in columns]
        cells += [guess["label"], ";".join(guess["tags"]), *probabilities, model]
        rows.writerow(map(safe, cells))


def _label_studio(choice: Choice, model: str) -> dict[str, Any]:
    def ticked(name: str, labels: list[str]) -> dict[str, Any]:
        return {
            "from_name": name,
            "to_name": "text",
            "type": "choices",
            "value": {"choices": labels},
        }

    tags = list(choice.passage.tags)
    result = [ticked("tags", tags)] if tags else []
    return {
        "data": {
            "text": choice.passage.text,
            "id": choice.id,
            "group": choice.document,
            "lang": detect(choice.passage.text),
            "reason": choice.reason,
        },
        "predictions": [
            {
                "model_version": model,
                "score": _score(choice),
                "result": [*result, ticked("primary", [choice.passage.label])],
            }
        ],
    }


def _doccano(choice: Choice, model: str) -> dict[str, Any]:
    return {
        "text": choice.passage.text,
        "label": _ordered(choice),
        "passage": choice.id,  # doccano's export has an id of its own
        "group": choice.document,
        "reason": choice.reason,
        "model": model,
        "reviewed": False,
    }


def _prodigy(choice: Choice, labels: Sequence[str], model: str) -> dict[str, Any]:
    return {
        "text": choice.passage.text,
        "options": [{"id": label, "text": label} for label in labels],
        "accept": _ordered(choice),
        "config": {"choice_style": "multiple"},  # with which to accept nothing means none
        "meta": {
            "id": choice.id,
            "group": choice.document,
            "reason": choice.reason,
            "model": model,
        },
    }


def _argilla(choice: Choice, model: str) -> dict[str, Any]:
    passage = choice.passage
    tags = [round(passage.probabilities[tag], _DIGITS) for tag in passage.tags]
    suggestions = {"primary": {"value": passage.label, "score": _score(choice), "agent": model}}
    if passage.tags:
        suggestions["tags"] = {"value": list(passage.tags), "score": tags, "agent": model}
    return {
        "id": choice.id,
        "fields": {"text": passage.text},
        "metadata": {"group": choice.document, "reason": choice.reason},
        "suggestions": suggestions,
        "responses": {},
        "vectors": {},
    }
