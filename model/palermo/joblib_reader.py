"""The dict of plain values and arrays in a joblib file, read without running the file.

A joblib file is a pickle with the bytes of each array put in between, and a pickle
is a program: its instructions may import and call anything. This reader looks each
up in the standard library's ``pickletools``, which only describes them, and carries
out the few that build numbers, strings, lists, dicts, tuples and arrays; of any
other, not even the argument is read. A class or function that the file names is
never looked up: the name is held against the three that joblib writes for an array,
and anything else is refused.

Nothing the file says makes memory grow beyond a small multiple of its size: arrays
are views of its bytes, which must be there, and the number of instructions is bounded.
"""

import io
import math
import pickletools
from typing import Any, Final, NamedTuple

import numpy as np

START: Final = b"\x80\x04"
"""How every uncompressed joblib file of pickle protocol 4 begins."""

_OPERATIONS: Final = {each.code.encode("latin-1"): each for each in pickletools.opcodes}
_MOST_STEPS: Final = 10_000  # a palermo model takes about 300
_MOST_DIMENSIONS: Final = 4
_DTYPES: Final = frozenset({"u1", "u8", "i2", "f4", "f8"})  # plain numbers, no objects


class ForeignFileError(ValueError):
    """A file that holds anything but plain values and arrays, or not all of them."""


class _Name(NamedTuple):
    """A class or function that the file names; never looked up."""

    module: str
    name: str


class _Dtype:
    """A NumPy dtype being described."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.complete = False


class _Array:
    """An array that joblib announces; its bytes follow."""


_WRAPPER: Final = _Name("joblib.numpy_pickle", "NumpyArrayWrapper")
_NDARRAY: Final = _Name("numpy", "ndarray")
_DTYPE: Final = _Name("numpy", "dtype")

# What joblib says of an array besides its shape, dtype and whether it may be mapped.
_WRAPPER_FIELDS: Final = {
    "subclass",
    "shape",
    "order",
    "dtype",
    "allow_mmap",
    "numpy_array_alignment_bytes",
}


def read_values(content: bytes) -> dict[str, Any]:
    """Read the one dict that a joblib file holds.

    Parameters
    ----------
    content : bytes
        A whole uncompressed file that ``joblib.dump`` wrote with ``protocol=4``.

    Returns
    -------
    dict
        Names to None, bool, int, float, str, list, dict, tuple or ndarray (of
        little-endian numbers; a read-only view of ``content``, not a copy).

    Raises
    ------
    ForeignFileError
        If the file is cut short, is no such file, or holds anything else. The
        message says what was found.

    Examples
    --------
    >>> import pickle
    >>> read_values(pickle.dumps({"labels": ["smuggling"]}, protocol=4))
    {'labels': ['smuggling']}
    >>> read_values(pickle.dumps(print, protocol=4))
    Traceback (most recent call last):
    palermo.joblib_reader.ForeignFileError: it names builtins.print, which no model holds
    """
    if not content.startswith(START):
        raise ForeignFileError("it does not begin like one")
    machine = _Machine(content)
    try:
        values = machine.run()
    except ForeignFileError:
        raise
    except (ValueError, LookupError, TypeError, OverflowError) as error:
        # pickletools and the machine below stumble in these ways over broken instructions.
        raise ForeignFileError(f"it is cut short or damaged ({str(error)[:99]})") from None
    if not (type(values) is dict and all(type(name) is str for name in values)):
        raise ForeignFileError("it holds something other than named values")
    if machine.stream.read(1):
        raise ForeignFileError("something follows its end")
    return values


class _Machine:
    """A pickle machine that can build plain values and arrays, and nothing else."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.stream = io.BytesIO(content)  # never gives more than there is, whatever is asked
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack at which lists of arguments begin
        self.memo: dict[Any, Any] = {}

    def run(self) -> Any:
        """Carry out the file's instructions and return what they build."""
        for _ in range(_MOST_STEPS):
            code = self.stream.read(1)
            if not code:
                raise ForeignFileError("it is cut short: it has no end")
            operation = _OPERATIONS[code]
            match operation.name:
                case "PROTO" | "FRAME":  # the version was checked; frames only help to buffer
                    self._argument(operation)
                case "STOP":
                    (value,) = self.stack
                    return value
                case "NONE":
                    self.stack.append(None)
                case "NEWTRUE" | "NEWFALSE":
                    self.stack.append(operation.name == "NEWTRUE")
                case "BININT" | "BININT1" | "BININT2" | "LONG1" | "BINFLOAT":
                    self.stack.append(self._argument(operation))
                case "SHORT_BINUNICODE" | "BINUNICODE":
                    self.stack.append(self._argument(operation))
                case "EMPTY_DICT":
                    self.stack.append({})
                case "EMPTY_LIST":
                    self.stack.append([])
                case "EMPTY_TUPLE":
                    self.stack.append(())
                case "MARK":
                    self.marks.append(len(self.stack))
                case "TUPLE":
                    self.stack.append(tuple(self._since_mark()))
                case "TUPLE1" | "TUPLE2" | "TUPLE3":
                    self.stack.append(self._pop_tuple(int(operation.name[-1])))
                case "APPEND":
                    self._extend([self.stack.pop()])
                case "APPENDS":
                    self._extend(self._since_mark())
                case "SETITEM":
                    self._update(list(self._pop_tuple(2)))
                case "SETITEMS":
                    self._update(self._since_mark())
                case "MEMOIZE":
                    self.memo[len(self.memo)] = self.stack[-1]
                case "BINPUT" | "LONG_BINPUT":
                    self.memo[self._argument(operation)] = self.stack[-1]
                case "BINGET" | "LONG_BINGET":
                    self.stack.append(self.memo[self._argument(operation)])
                case "STACK_GLOBAL":
                    self._name(*self._pop_tuple(2))
                case "NEWOBJ":
                    self._new(*self._pop_tuple(2))
                case "REDUCE":
                    self._call(*self._pop_tuple(2))
                case "BUILD":
                    self._build(self.stack.pop())
                case other:
                    raise ForeignFileError(f"it uses the instruction {other}, which no model needs")
        raise ForeignFileError("it has far more parts than a model")

    def _argument(self, operation: pickletools.OpcodeInfo) -> Any:
        return operation.arg and operation.arg.reader(self.stream)

    def _since_mark(self) -> list[Any]:
        at = self.marks.pop()
        items = self.stack[at:]
        del self.stack[at:]
        return items

    def _pop_tuple(self, size: int) -> tuple[Any, ...]:
        items = tuple(self.stack[-size:])
        if len(items) < size:
            raise ForeignFileError("it takes more values than it made")
        del self.stack[-size:]
        return items

    def _extend(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise ForeignFileError("it appends to something that is no list")
        self.stack[-1].extend(items)

    def _update(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not dict or len(items) % 2:
            raise ForeignFileError("it sets items of something that is no dict")
        before = len(self.stack[-1])
        if not all(type(name) is str for name in items[::2]):  # hashing others may take forever
            raise ForeignFileError("it holds something other than named values")
        self.stack[-1].update(zip(items[::2], items[1::2], strict=True))
        if len(self.stack[-1]) != before + len(items) // 2:
            raise ForeignFileError("it gives two values one name")

    def _name(self, module: Any, name: Any) -> None:
        if not type(module) is type(name) is str:
            raise ForeignFileError("it names something by what is no text")
        for known in (_WRAPPER, _NDARRAY, _DTYPE):
            if (module, name) == known:
                self.stack.append(known)
                return
        raise ForeignFileError(f"it names {module[:99]}.{name[:99]}, which no model holds")

    def _new(self, what: Any, arguments: Any) -> None:
        if what is not _WRAPPER or type(arguments) is not tuple or arguments:
            raise ForeignFileError("it makes an object that is no array")
        self.stack.append(_Array())

    def _call(self, what: Any, arguments: Any) -> None:
        """Take the one call that describes a dtype: ``numpy.dtype("f8", False, True)``."""
        if what is not _DTYPE or type(arguments) is not tuple or arguments[1:] != (False, True):
            raise ForeignFileError("it calls something")
        code = arguments[0] if type(arguments[0]) is str else ""
        if code not in _DTYPES:
            raise ForeignFileError(f"it has an array of {code[:99]!r}, not of plain numbers")
        self.stack.append(_Dtype(code))

    def _build(self, state: Any) -> None:
        """Complete a dtype with its byte order, or an array with its bytes."""
        what = self.stack[-1]
        if isinstance(what, _Dtype):
            order = "|" if what.code == "u1" else "<"
            if type(state) is not tuple or state != (3, order, None, None, None, -1, -1, 0):
                raise ForeignFileError("it has an array of an odd kind")
            what.complete = True
        elif isinstance(what, _Array):
            self.stack[-1] = array = self._array(state)
            for key in [key for key, value in self.memo.items() if value is what]:
                self.memo[key] = array
        else:
            raise ForeignFileError("it changes a value that is no array")

    def _array(self, state: Any) -> Any:
        """Read the bytes of an array, which stand in the file from here on."""
        if type(state) is not dict or set(state) != _WRAPPER_FIELDS:
            raise ForeignFileError("it has an array without a full description")
        shape, dtype = state["shape"], state["dtype"]
        if not (
            state["subclass"] is _NDARRAY
            and state["order"] == "C"
            and type(state["allow_mmap"]) is bool
            and state["numpy_array_alignment_bytes"] == 16
            and isinstance(dtype, _Dtype)
            and dtype.complete
            and type(shape) is tuple
            and len(shape) <= _MOST_DIMENSIONS
            and all(type(length) is int and length >= 0 for length in shape)
        ):
            raise ForeignFileError("it has an array of an odd kind")
        padding = self.stream.read(1)
        start = self.stream.seek(padding[0], io.SEEK_CUR)
        count = math.prod(shape)
        size = count * int(dtype.code[1])
        if start + size > len(self.content):
            raise ForeignFileError("it is cut short inside an array, or claims one too large")
        self.stream.seek(size, io.SEEK_CUR)
        kind = np.dtype(dtype.code).newbyteorder("<")
        return np.frombuffer(self.content, kind, count, start).reshape(shape)
