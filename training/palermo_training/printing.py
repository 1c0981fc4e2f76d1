"""What the parts of the ``palermo`` command print with."""

import json
from typing import Annotated, Any

import typer

from palermo.cli import output

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")]
"""The option that every command with figures has."""


def say(text: str) -> None:
    r"""Write text to standard output.

    Parameters
    ----------
    text : str
        Whatever was asked for.

    Raises
    ------
    OutputError
        If standard output cannot be written.

    Examples
    --------
    >>> from contextlib import redirect_stdout
    >>> from io import BytesIO, TextIOWrapper
    >>> with redirect_stdout(TextIOWrapper(BytesIO())) as out:
    ...     say("Hello")
    ...     said = out.buffer.getvalue()
    >>> said
    b'Hello\n'
    """
    with output() as out:
        out.write(text.rstrip("\n") + "\n")


def to_json(value: Any) -> str:
    """Lay a value out as JSON that people can read too.

    Parameters
    ----------
    value : Any
        Of plain values.

    Returns
    -------
    str
        With a line feed at the end.

    Examples
    --------
    >>> print(to_json({"rows": 3}), end="")
    {
      "rows": 3
    }
    """
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
