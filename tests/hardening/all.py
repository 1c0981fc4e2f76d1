"""Every promise put to the test at length, in one table; ``make hardening``.

    python -m hardening.all [PART ...] [--write]

Run it from tests/, with the extra ``hardening``; it takes hours. ``--write`` puts the table into
SECURITY.md, if every promise held; the rows of parts that were not run stay.
"""

import platform
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from hardening.table import table

SECURITY = Path(__file__).parents[2] / "SECURITY.md"
BEGIN, END = "<!-- hardening: begin -->\n", "<!-- hardening: end -->\n"
PARTS = ["kills", "inputs", "models", "long_runs"]

Row = tuple[str, str, str]


def found(part: str) -> ModuleType:
    """Import a part, or end plainly: a run without it would look whole."""
    try:
        return import_module(f"hardening.{part}")
    except ModuleNotFoundError as error:
        if error.name == f"hardening.{part}":
            sys.exit(f"tests/hardening/{part}.py is missing; nothing was run")
        sys.exit(f'{error}, which {part} needs: pip install "palermo[hardening]"')


def run(parts: list[str]) -> tuple[list[Row], bool]:
    """Give every part's figures, and whether all promises held."""
    modules = {part: found(part) for part in parts}
    rows, held = [], True
    for part, module in modules.items():
        try:
            rows += [(part, *row) for row in module.figures()]
        except Exception as error:  # the other parts go on
            held = False
            print(f"{part}: a promise is broken: {error!r}", file=sys.stderr)
    return rows, held


def drawn(rows: list[Row]) -> str:
    machine = f"Python {platform.python_version()}, {platform.system()}, {platform.machine()}"
    return f"On {machine}:\n\n{table(['part', 'done', 'came out'], rows)}\n"


def written(text: str, into: str) -> str:
    """Put a text between the markers of another."""
    before, rest = into.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def kept(text: str, ran: list[str]) -> list[Row]:
    """Give the rows that a text has of parts that were not run."""
    lines = text.split(BEGIN)[1].split(END)[0].splitlines()
    cells = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    return [(part, done, out) for part, done, out in cells if part in PARTS and part not in ran]


def main() -> None:
    asked = [each for each in sys.argv[1:] if each != "--write"]
    if odd := set(asked) - set(PARTS):
        sys.exit(f"{odd.pop()!r} is no part; there are {', '.join(PARTS)}")
    ran = asked or PARTS
    rows, held = run(ran)
    print(drawn(rows), end="")
    if not held:
        sys.exit("Not every promise held; SECURITY.md is as it was.")
    if "--write" in sys.argv[1:]:
        text = SECURITY.read_text("utf-8")
        rows = sorted(rows + kept(text, ran), key=lambda row: PARTS.index(row[0]))
        SECURITY.write_text(written(drawn(rows), text), encoding="utf-8")


if __name__ == "__main__":
    main()
