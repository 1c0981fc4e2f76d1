"""Pictures of figures, the same from the same figures."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from palermo.errors import PalermoError
from palermo.labels import LABELS
from palermo_training.evaluation import PRIMARY

COLOURS: Final = ("#1b6ca8", "#c2571a", "#3c7d3c", "#7a4fa3")
"""Of the labels, in their order."""


@contextmanager
def picture(path: Path, columns: int = 1) -> Iterator[Any]:
    """Give axes to draw on and write the picture when done.

    Parameters
    ----------
    path : Path
        A picture, of the kind that its ending says.
    columns : int, default 1
        How many pairs of axes stand side by side.

    Yields
    ------
    matplotlib.axes.Axes, or an array of them

    Raises
    ------
    PalermoError
        If matplotlib is missing.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with picture(Path(folder, "line.svg")) as axes:
    ...         _ = axes.plot([0, 1])
    ...     Path(folder, "line.svg").read_text()[:5]
    '<?xml'
    """
    try:
        import matplotlib
    except ImportError:
        raise PalermoError(
            'plots need matplotlib; install palermo with its extra: pip install "palermo[plots]"'
        ) from None
    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "palermo"
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(
        1, columns, figsize=(7 if columns == 1 else 3.4 * columns, 4.2), layout="constrained"
    )
    yield axes
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    pyplot.close(figure)


def draw(figures: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw what ``evaluation.json`` holds.

    Parameters
    ----------
    figures : mapping
        The file's content.
    folder : Path
        Where the pictures go; it must exist.

    Returns
    -------
    list of Path
        ``calibration.svg``, ``precision_recall.svg`` and ``confusion.svg``.

    Examples
    --------
    >>> draw({}, Path("."))
    []
    """
    found = []
    if "calibration" in figures:
        found.append(folder / "calibration.svg")
        with picture(found[-1]) as axes:
            axes.plot([0, 1], [0, 1], ":", color="#888888")
            for label, colour in zip(LABELS, COLOURS, strict=True):
                bins = figures["calibration"][label]["bins"]
                axes.plot(
                    [each[0] for each in bins],
                    [each[1] for each in bins],
                    "o-",
                    color=colour,
                    label=label,
                )
            axes.set(xlabel="probability that the model gives", ylabel="share that has the label")
            axes.set_title("Reliability on written passages, folds by group", fontsize=10)
            axes.legend(frameon=False)
    if "precision and coverage" in figures:
        found.append(folder / "precision_recall.svg")
        with picture(found[-1]) as axes:
            for label, colour in zip(LABELS, COLOURS, strict=True):
                points = figures["precision and coverage"][label]
                axes.plot(
                    [each[2] for each in points],
                    [each[1] for each in points],
                    "o-",
                    markersize=3,
                    color=colour,
                    label=label,
                )
            axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
            axes.set_title("Tags on written passages, folds by group", fontsize=10)
            axes.legend(frameon=False, loc="lower left")
    names = [name for name in ("seeds", "authored en", "authored es") if name in figures]
    if len(names) > 1:
        found.append(folder / "confusion.svg")
        with picture(found[-1], len(names)) as all_axes:
            for axes, name in zip(all_axes, names, strict=True):
                counts = figures[name]["confusion"]
                shares = [[value / max(sum(row), 1) for value in row] for row in counts]
                axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
                for y, row in enumerate(counts):
                    for x, value in enumerate(row):
                        dark = shares[y][x] > 0.5
                        axes.text(
                            x, y, value, ha="center", va="center", fontsize=7,
                            color="white" if dark else "black",
                        )  # fmt: skip
                axes.set_xticks(range(len(PRIMARY)), PRIMARY, rotation=45, ha="right", fontsize=7)
                axes.set_yticks(range(len(PRIMARY)), PRIMARY, fontsize=7)
                axes.set_title(f"{name}: truth down, model across", fontsize=8)
    return found
