"""Every public name says what it is, in numpydoc, with an example that doctest runs."""

import importlib
import inspect
import pkgutil

import palermo
import palermo_training

# Commands are documented by their help, which test_docs.py looks at.
COMMANDS = {
    "palermo.cli", "palermo_training.cli",
    "palermo_training.cli_labels", "palermo_training.cli_models",
}  # fmt: skip


def modules():
    for package in (palermo, palermo_training):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name not in COMMANDS:
                yield importlib.import_module(info.name)


def public():
    """Functions and classes where they are defined, and the methods of classes."""
    for module in modules():
        for name, value in vars(module).items():
            if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(value) or inspect.isclass(value):
                yield f"{module.__name__}.{name}", value
            if inspect.isclass(value) and not issubclass(value, Exception):
                for method, function in vars(value).items():
                    if not method.startswith("_") and (
                        inspect.isfunction(function) or isinstance(function, classmethod)
                    ):
                        yield f"{module.__name__}.{name}.{method}", getattr(value, method)


def undocumented(name, value):
    text = inspect.getdoc(value) or ""
    if inspect.isclass(value) and issubclass(value, Exception):
        return None if text else f"{name}: no docstring"
    if ">>> " not in text:
        return f"{name}: no example"
    if inspect.isclass(value):
        return (
            None if "Attributes\n---" in text or "Parameters\n---" in text else f"{name}: no fields"
        )
    taken = [each for each in inspect.signature(value).parameters if each not in ("self", "cls")]
    if missing := [each for each in taken if each not in text.split("Examples\n---")[0]]:
        return f"{name}: says nothing of {missing}"
    returns = inspect.signature(value).return_annotation
    if returns is not None and "Returns\n---" not in text and "Yields\n---" not in text:
        return f"{name}: does not say what it returns"
    return None


def test_every_public_name_is_documented():
    found = [undocumented(name, value) for name, value in public()]
    assert len(found) > 40
    assert [each for each in found if each] == []
