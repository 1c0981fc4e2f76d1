"""All benchmarks of speed, written to artifacts/BENCHMARKS.md and artifacts/plots; ``make bench``."""

import platform
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
PARTS = {
    "speed": ["--output", "../artifacts/plots"],
    "growth": ["--output", "../artifacts/plots"],
    "process": [],
}
HEAD = f"""# Benchmarks

What `make bench` printed on a machine with Python {platform.python_version()}
({platform.system()}, {platform.machine()}). Ratios carry over to other machines better
than seconds. `tests/benchmarks/` has the code.
"""


def main() -> None:
    found = [HEAD]
    for part, options in PARTS.items():
        run = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{part}", *options],
            cwd=ROOT / "tests", stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        print(run.stdout, flush=True)
        found.append(f"## {part.capitalize()}\n\n{run.stdout.strip()}\n")
    (ROOT / "artifacts" / "BENCHMARKS.md").write_text("\n".join(found), encoding="utf-8")


if __name__ == "__main__":
    main()
