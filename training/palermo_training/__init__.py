"""Makes and measures palermo's models: what the ``palermo`` command runs.

From Python: :func:`train` makes a model of labelled rows, :func:`compare` holds it against
what another learnt from, and :mod:`palermo_training.label_files` reads rows that people
labelled.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from palermo_training.comparison import compare
    from palermo_training.fitting import train

__all__ = ["compare", "train"]


def __getattr__(name: str) -> Any:
    """Import what is asked for: scikit-learn takes longer than most commands that do without."""
    if name == "compare":
        from palermo_training.comparison import compare

        return compare
    if name == "train":
        from palermo_training.fitting import train

        return train
    raise AttributeError(f"module 'palermo_training' has no attribute {name!r}")
