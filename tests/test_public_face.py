from pathlib import Path

import palermo
from palermo import LABELS, NONE, PalermoError, errors


def test_all_is_exact_and_sorted():
    public = {
        name
        for name, value in vars(palermo).items()
        if not name.startswith("_") and not hasattr(value, "__path__") and name not in MODULES
    }
    assert set(palermo.__all__) == public
    constants = [name for name in palermo.__all__ if name.isupper()]
    classes = [name for name in palermo.__all__ if not name.isupper()]
    assert palermo.__all__ == sorted(constants) + sorted(classes)


MODULES = {path.stem for path in Path(palermo.__file__).parent.glob("*.py")}


def test_the_labels_and_their_order():
    assert LABELS == ("smuggling", "trafficking", "enforcement", "policy")
    assert NONE == "none"


def test_every_error_has_the_one_base():
    classes = [value for value in vars(errors).values() if isinstance(value, type)]
    assert all(issubclass(error, PalermoError) for error in classes)
    assert all(error.__name__ in errors.__doc__ for error in classes)
