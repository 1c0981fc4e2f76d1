"""Passages as a table for people, one file after the other."""

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from itertools import groupby
from typing import Final, TextIO

from palermo.labels import NONE
from palermo.outputs.finding import Finding, Reasons
from palermo.passages import Passage

_NARROW: Final = 60  # columns; below that the passage gets the room of the other tags

_SHOWN: Final = 6  # words and pairs that a reason lists
_COLOURS: Final = {
    "smuggling": "yellow",
    "trafficking": "magenta",
    "enforcement": "cyan",
    "policy": "green",
}


def printable(text: str) -> str:
    r"""Make a foreign text safe to show: white space folded, control characters spelt out.

    A document or a file name may hold characters that a terminal obeys: colours, a
    cleared screen, text running backwards.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        One line without control, format or surrogate characters.

    Examples
    --------
    >>> printable("two\nlines \x1b[2J")
    'two lines \\x1b[2J'
    """
    return "".join(
        char
        if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co")
        else char.encode("unicode_escape").decode()
        for char in " ".join(text.split())
    )


def write(
    passages: Sequence[Passage],
    file: str,
    to: TextIO,
    evidence: Sequence[Reasons] | None = None,
) -> None:
    """Write the passages of one file as a table.

    Parameters
    ----------
    passages : sequence of Passage
        In reading order.
    file : str
        The document's name.
    to : text file
        Where to; colours are used only if it is a terminal and ``NO_COLOR`` is not set.
    evidence : sequence of mapping, optional
        Of each passage, what speaks for and against its tags.

    Examples
    --------
    >>> import sys
    >>> write([Passage("Hi.", 0, 3, "none", (), {"policy": 0.25}, 1.0)], "a.txt", sys.stdout)
    a.txt
    label        prob  other tags   passage
    none                            Hi.
    """
    from rich.console import Console  # slow to import, and JSON lines do without
    from rich.table import Table
    from rich.text import Text

    plain = not to.isatty() or "NO_COLOR" in os.environ
    shown = StringIO()  # and not ``to``: rich would end the process when a pipe closes
    console = Console(
        file=shown,
        force_terminal=to.isatty(),
        highlight=False,
        color_system=None if plain else "auto",
    )
    narrow = console.width < _NARROW
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("label", min_width=11)
    table.add_column("prob", min_width=4)
    if not narrow:
        table.add_column("other tags", min_width=11)
    table.add_column("passage", overflow="fold", min_width=12)
    for number, passage in enumerate(passages):
        none = passage.label == NONE
        style = "dim" if none else _COLOURS.get(passage.label, "blue")
        others = Text("\n".join(printable(tag) for tag in passage.tags if tag != passage.label))
        table.add_row(
            Text(printable(passage.label) + "?" * passage.unsure, style=style),
            "" if none else f"{passage.probabilities[passage.label]:.2f}",
            *([] if narrow else [others]),
            Text("\n").join(
                [
                    Text(printable(passage.text), style="dim" if none else ""),
                    *map(Text, _remarks(passage, {} if evidence is None else evidence[number])),
                ]
            ),
        )
    console.print(Text(printable(file), style="bold"), soft_wrap=True)
    console.print(table)
    to.write("".join(f"{line.rstrip()}\n" for line in shown.getvalue().splitlines()))


def write_all(findings: Iterable[Finding], to: TextIO) -> None:
    """Write the passages of each file as a table.

    Parameters
    ----------
    findings : iterable of Finding
        In the order of their files.
    to : text file
        Where to, as for :func:`write`.

    Examples
    --------
    >>> import sys
    >>> passage = Passage("Hi.", 0, 3, "none", (), {"policy": 0.25}, 1.0)
    >>> write_all([Finding(passage, "a.txt", 0, 0, "0.1.0")], sys.stdout)
    a.txt
    label        prob  other tags   passage
    none                            Hi.
    """
    for _, group in groupby(findings, lambda each: each.number):
        found = list(group)
        reasons = [each.reasons for each in found if each.reasons is not None]
        write([each.passage for each in found], found[0].file, to, reasons or None)


def _remarks(passage: Passage, evidence: Reasons) -> Iterator[str]:
    """Yield a line each on the word that it uses and on what speaks most for and against it."""
    if passage.term is not None:
        says = "smuggling and trafficking" if passage.term.uses == "both" else passage.term.uses
        yield f"→ says {says}, tells of {passage.term.describes}"
    found = sorted(evidence.get(passage.label, ()), key=lambda each: -abs(each.contribution))
    if found:
        shown = [f"{printable(each.text)} {each.contribution:+.1f}" for each in found[:_SHOWN]]
        yield f"→ {', '.join(shown)}"
