"""What a start of ``classify`` may import: every module more makes it slower."""

import subprocess
import sys

from conftest import ROOT

SEED = ROOT / "seeds" / "000_cc08b8aa00154e8c.txt"

OTHERS = {"numpy", "sentencex", "typer"}
OF_TYPER = {"annotated_doc", "click", "colorama", "shellingham", "typing_extensions"}
OURS = {
    "artifact", "cli", "documents", "engine", "errors", "evidence", "furniture", "inputs",
    "joblib_reader", "keys", "labels", "outputs", "outputs.finding", "outputs.jsonl",
    "outputs.summary", "outputs.target", "passages", "predictor", "progress", "run", "sources", "stop",
    "store", "tags", "tally", "terms", "text",
}  # fmt: skip
# progress: a few lines that decide whether rich is needed for a bar.
# stop, tally: a few lines each that any run needs; a signal may come in the first one too.
SLOW = {"numpy.ma", "numpy.random", "unittest"}
"""Parts of numpy and of the standard library that numpy alone does not import either."""


def imported(*arguments):
    """List the modules that are there after a run of classify and not without it."""
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from palermo.cli import main\n"
        "sys.argv[0] = 'classify'\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*set(sys.modules) - before, file=sys.stderr)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
        capture_output=True, check=True, timeout=120, text=True,
    )  # fmt: skip
    return set(run.stderr.split())


def roots(modules):
    names = {name.partition(".")[0] for name in modules}
    return {name for name in names if not name.startswith("_")} - sys.stdlib_module_names


def test_classify_imports_no_more_than_it_must():
    modules = imported(SEED, "--quiet")
    assert roots(modules) - OF_TYPER == OTHERS | {"palermo"}
    assert {name for name in modules if name.startswith("palermo.")} == {
        f"palermo.{name}" for name in OURS
    }
    assert not modules & SLOW


def test_a_table_needs_rich_and_no_more():
    assert roots(imported(SEED, "--quiet", "--format", "table")) - OF_TYPER <= {
        *OTHERS, "palermo", "rich", "markdown_it", "mdurl", "pygments",
    }  # fmt: skip
