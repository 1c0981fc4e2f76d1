"""Model files that mean harm, each of one kind.

Their payloads, where anybody runs them, leave a file :data:`MARK` in the working folder.
"""

import bz2
import gzip
import io
import lzma
import os
import pickle
import re
import struct
import zlib
from functools import cache
from typing import NamedTuple
from unittest import mock

import joblib
import numpy as np
from joblib.numpy_pickle import NumpyArrayWrapper

from palermo.artifact import FORMAT, _digest, _to_values, tiny

MARK = "it-ran"
CODE = f"open({MARK!r}, 'w').close() or 0"
MEGABYTE = 1 << 20


class Kind(NamedTuple):
    """A file, what palermo says of it, and its values, where a file of another format can hold them."""

    name: str
    content: bytes
    says: str
    values: dict | None = None


class Evil:
    """Runs :data:`CODE` in whoever unpickles it."""

    def __reduce__(self):
        return eval, (CODE,)


class EvilSystem:
    """The same by way of a shell."""

    def __reduce__(self):
        return os.system, (f"touch {MARK}",)


def values(**changed):
    """The values of the smallest model, some changed, with the digest that fits what is there."""
    found = {**_to_values(tiny()), **changed}
    return {**found, "digest": changed.get("digest", _digest(found))}


def written(found):
    """What joblib writes of values."""
    file = io.BytesIO()
    joblib.dump(found, file, protocol=4)
    return file.getvalue()


def changed(name, says, /, **change):
    """A well-made file with values that are wrong."""
    try:
        found = values(**change)
    except (TypeError, ValueError):  # what is no plain value has no digest
        found = {**values(), **change}
    return Kind(name, written(found), says, found)


def edited(old, new):
    """The smallest model's bytes with a piece replaced, and the frame's length put right."""
    content = written(values())
    assert old in content[11:], old
    content = content[:11] + content[11:].replace(old, new, 1)
    (length,) = struct.unpack("<Q", content[3:11])
    return content[:3] + struct.pack("<Q", length + len(new) - len(old)) + content[11:]


def claiming(shape):
    """A model whose first array claims a shape that it has not."""
    init = NumpyArrayWrapper.__init__

    def lie(self, subclass, true_shape, *rest, **more):
        init(self, subclass, shape, *rest, **more)

    with mock.patch.object(NumpyArrayWrapper, "__init__", lie):
        return written(values())


# Pickle's instructions, as bytes.

HEAD = b"\x80\x04"


def text(value):
    raw = value.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(raw)) + raw


def named(module, name):
    return text(module) + text(name) + b"\x93"


EVAL = named("builtins", "eval")
NAMESPACE = named("types", "SimpleNamespace") + b")\x81"


def program(*parts):
    return HEAD + b"".join(parts) + b"."


def having(method):
    """An object with ``eval`` for a method."""
    return NAMESPACE + b"}" + text(method) + EVAL + b"sb"


LAZY = named("builtins", "map") + EVAL + text(CODE) + b"\x85\x86"  # tuple(map(eval, [CODE])), to be

NAMES_BUILTINS = r"it names builtins\.\w+, which no model holds. Nothing in it was run"


def calls():
    """Each instruction that can import or call something, at work."""
    yield (
        "GLOBAL and REDUCE",
        program(b"cbuiltins\neval\n", text(CODE), b"\x85R"),
        "the instruction GLOBAL",
    )
    yield "STACK_GLOBAL and REDUCE", program(EVAL, text(CODE), b"\x85R"), NAMES_BUILTINS
    yield "INST", program(b"(", text(CODE), b"ibuiltins\neval\n"), "the instruction INST"
    yield "OBJ", program(b"(cbuiltins\neval\n", text(CODE), b"o"), "the instruction GLOBAL"
    yield "OBJ of text", program(b"(", text("eval"), text(CODE), b"o"), "the instruction OBJ"
    made = named("builtins", "tuple") + LAZY
    yield "NEWOBJ", program(made, b"\x81\x85\x81"), NAMES_BUILTINS
    yield "NEWOBJ_EX", program(made, b"}\x92\x85}\x92"), NAMES_BUILTINS
    wrapper = named("joblib.numpy_pickle", "NumpyArrayWrapper")
    yield "NEWOBJ_EX of joblib's own", program(wrapper, b")}\x92"), "the instruction NEWOBJ_EX"
    yield (
        "BUILD by __setstate__",
        program(having("__setstate__"), text(CODE), b"b"),
        "it names types",
    )
    yield "BUILD of attributes", program(NAMESPACE, b"}", text("a"), b"Nsb"), "it names types"
    yield "BUILD of a dict", program(b"}}b"), "it changes a value that is no array"
    yield "APPEND to an object", program(having("append"), text(CODE), b"a"), "it names types"
    yield (
        "APPENDS to an object",
        program(having("extend"), b"(", text(CODE), b"e"),
        "it names types",
    )
    yield (
        "ADDITEMS to an object",
        program(having("add"), b"(", text(CODE), b"\x90"),
        "it names types",
    )
    yield (
        "SETITEM of the environment",
        program(named("os", "environ"), text("A"), text("b"), b"s"),
        r"it names os\.environ",
    )
    yield "EXT1", program(b"\x82\x01", text(CODE), b"\x85R"), "the instruction EXT1"
    yield "EXT2", program(b"\x83\x2c\x01", text(CODE), b"\x85R"), "the instruction EXT2"
    yield (
        "EXT4",
        program(b"\x84\x70\x11\x01\x00", text(f"touch {MARK}"), b"\x85R"),
        "the instruction EXT4",
    )
    yield "PERSID", program(b"Pmodel\n"), "the instruction PERSID"
    yield "BINPERSID", program(b"}Q"), "the instruction BINPERSID"
    yield "NEXT_BUFFER", program(b"\x97"), "the instruction NEXT_BUFFER"
    yield "READONLY_BUFFER", program(b"}\x98"), "the instruction READONLY_BUFFER"
    yield "BYTEARRAY8", program(b"\x96", struct.pack("<Q", 2**62)), "the instruction BYTEARRAY8"
    yield (
        "a call of dtype",
        program(named("numpy", "dtype"), text("f8"), b"\x85R"),
        "it calls something",
    )
    yield (
        "a call of ndarray",
        program(named("numpy", "ndarray"), b"K\x01\x85R"),
        "it calls something",
    )
    yield (
        "a new ndarray",
        program(named("numpy", "ndarray"), b")\x81"),
        "it makes an object that is no array",
    )
    for protocol in range(6):
        for evil in (Evil(), EvilSystem()):
            name = f"{type(evil).__name__}, protocol {protocol}"
            says = r"it names (builtins|posix)\." if protocol == 4 else "it does not begin like one"
            yield name, pickle.dumps(evil, protocol), says


def look_alikes():
    """Names that are nearly those that joblib writes, and others that a model has no use for."""
    whole = b"\x8c\x13joblib.numpy_pickle"
    for module in (
        "joblib.numpy_pickIe", "joblib.numpy_pickle ", "Joblib.numpy_pickle", "joblib.numpy_pickle\0",
        "jobⅼib.numpy_pickle", "ｊoblib.numpy_pickle", "joblib.numpy_pickle\u200b", "jоblib.numpy_pickle",
        "joblib.numpy_pickle_compat", "joblib.numpy_pickle.numpy_pickle", "\u202ejoblib.numpy_pickle",
    ):  # fmt: skip
        content = edited(whole, text(module))
        yield (
            f"wrapper of {module!a}",
            content,
            re.escape(f"it names {module}.NumpyArrayWrapper"),
        )
    for name in (
        "NumpyUnpickler",
        "NDArrayWrapper",
        "ZNDArrayWrapper",
        "NumpyArrayWrapper.read",
        "NumpyArrаyWrapper",
    ):
        content = edited(b"\x8c\x11NumpyArrayWrapper", text(name))
        yield (
            f"wrapper called {name!a}",
            content,
            re.escape(f"it names joblib.numpy_pickle.{name}"),
        )
    for name in (
        "memmap",
        "matrix",
        "recarray",
        "chararray",
        "ndarraу",
        "ndarray.tofile",
        "ndarray ",
    ):
        content = edited(b"\x8c\x07ndarray", text(name))
        yield f"array of class numpy.{name!a}", content, re.escape(f"it names numpy.{name}")
    for module in (
        "numpy.core.multiarray",
        "numpy._core.multiarray",
        "numpy.core",
        "numpy ",
        "NumPy",
        "nuｍpy",
    ):
        for name in ("ndarray", "_reconstruct", "scalar", "frombuffer"):
            content = program(named(module, name), b")R")
            yield (
                f"{ascii(module)[1:-1]}.{name}",
                content,
                re.escape(f"it names {module}.{name}, which"),
            )
    for module, name in (
        ("os", "system"), ("posix", "system"), ("builtins", "getattr"), ("subprocess", "Popen"),
        ("importlib", "import_module"), ("numpy", "load"), ("numpy", "dtype.__class__"),
        ("joblib.numpy_pickle", "load"), ("joblib", "load"), ("joblib", "numpy_pickle"),
        ("sklearn.pipeline", "Pipeline"), ("palermo.predictor", "Predictor"), ("", ""),
    ):  # fmt: skip
        content = program(named(module, name), text(f"touch {MARK}"), b"\x85R")
        yield f"a call of {module}.{name}", content, re.escape(f"it names {module}.{name}, which")
    yield (
        "an array as pickle writes it",
        pickle.dumps(values(), 4),
        r"it names numpy\.\w+\.\w+\._\w+, which",
    )


def nested():
    """Pickles in pickles, and frames in frames."""
    inner = pickle.dumps(Evil(), 4)
    yield (
        "a frame in a frame",
        HEAD + b"\x95\x0a" + bytes(7) + b"\x95\x01" + bytes(7) + b"}.",
        "it names no format",
    )
    yield (
        "a frame longer than the file",
        HEAD + b"\x95" + b"\xff" * 7 + b"\x7f}.",
        "it names no format",
    )
    yield "a frame cut short", HEAD + b"\x95\x00", "cut short or damaged"
    yield "a second pickle's head inside", HEAD + inner, "it names builtins"
    yield "a pickle after the model", written(values()) + inner, "something follows its end"
    yield "a byte after the model", written(values()) + b".", "something follows its end"
    yield (
        "a megabyte after the model",
        written(values()) + bytes(MEGABYTE),
        "something follows its end",
    )
    yield "no end", written(values())[:-1], "it is cut short: it has no end"
    yield "nothing but a head", HEAD, "it is cut short: it has no end"


def absurd():
    """Sizes and depths that take memory, time or the stack."""
    twice = b")" + b"".join(b"\x94h" + bytes([depth]) + b"\x86" for depth in range(60))
    deep = b")" + b"\x85" * 200_000
    yield (
        "tuples of tuples, to be hashed",
        program(b"}", twice, b"Ns"),
        "something other than named values",
    )
    yield (
        "tuples of tuples, for a module",
        program(twice, text("x"), b"\x93"),
        "names something by what is no text",
    )
    yield (
        "tuples of tuples, for a dtype",
        program(named("numpy", "dtype"), twice, b"\x89\x88\x87R"),
        "an array of ''",
    )
    yield (
        "tuples 2,000 deep, for a module",
        program(b")", b"\x85" * 2000, text("x"), b"\x93"),
        "by what is no text",
    )
    yield (
        "tuples 200,000 deep, to be hashed",
        program(b"}", deep, b"Ns"),
        "far more parts than a model",
    )
    yield (
        "lists 200,000 deep",
        program(b"]" * 200_000, b"a" * 199_999),
        "far more parts than a model",
    )
    yield "200,000 marks", program(b"(" * 200_000), "far more parts than a model"
    yield "a list inside itself", program(b"]\x94h\x00a"), "something other than named values"
    yield "a dict inside itself", program(b"}\x94", text("a"), b"h\x00s"), "it names no format"
    yield "a memo at 2^32 - 1", program(b"}r\xff\xff\xff\xff"), "it names no format"
    yield "a memo never set", program(b"h\x07"), "cut short or damaged"
    yield "a memo of text at 10^9", program(b"}p1000000000\n"), "the instruction PUT"
    for code, size in (
        (b"\x8d", "<Q"),
        (b"\x8e", "<Q"),
        (b"B", "<I"),
        (b"T", "<i"),
        (b"\x8b", "<i"),
    ):
        most = 2**62 if size == "<Q" else 2**31 - 1
        yield (
            f"{code!r} of {most} bytes",
            program(code, struct.pack(size, most), b"x"),
            "the instruction",
        )
    yield "text of 2^32 - 1 bytes", program(b"X\xff\xff\xff\xffx"), "cut short or damaged"
    yield (
        "a long integer of 1 MB",
        program(b"\x8b", struct.pack("<i", MEGABYTE), b"\x7f" * MEGABYTE),
        "the instruction LONG4",
    )
    yield (
        "a long integer of 10^6 digits",
        program(b"L", b"9" * 10**6, b"L\n"),
        "the instruction LONG",
    )
    yield "a name that warns", program(b"c\\q\nx\n"), "the instruction GLOBAL"
    yield "a text that warns", program(b"S'\\q'\n"), "the instruction STRING"
    yield (
        "8 MB of text",
        program(b"}", text("x" * (8 * MEGABYTE) + "😀"), b"Ns"),
        "it names no format",
    )
    for shape in (
        (2**40,),
        (2**31, 2**31),
        (2**70,),
        (-1,),
        (0, 2**70),
        (2**62, 4),
        (1,) * 9,
        (True,),
        ("1",),
        (),
    ):
        says = "claims one too large|of an odd kind|cut short or damaged|instruction LONG"
        yield f"an array of shape {shape}", claiming(shape), says


def damaged():
    """Instructions that do not fit each other."""
    yield "two values", program(b"K\x01K\x02"), "cut short or damaged"
    yield "no value", program(), "cut short or damaged"
    yield "a pop of nothing", program(b"0"), "the instruction POP"
    yield "append to nothing", program(b"a"), "cut short or damaged"
    yield "append to a number", program(b"K\x01K\x01a"), "appends to something that is no list"
    yield (
        "an item of a number",
        program(b"K\x01K\x01K\x01s"),
        "sets items of something that is no dict",
    )
    yield (
        "an item that is named by a number",
        program(b"}K\x01K\x02s"),
        "something other than named values",
    )
    yield "a tuple without a mark", program(b"t"), "cut short or damaged"
    yield "an unknown instruction", program(b"\xff"), "cut short or damaged"
    yield "a set", program(b"\x8f"), "the instruction EMPTY_SET"
    yield (
        "one part twice",
        edited(b"}\x94(", b"}\x94\x8c\x06formatK\x01s("),
        "it gives two values one name",
    )
    fields = named("numpy", "dtype") + text("V8") + b"\x89\x88\x87R"
    yield "a dtype with fields", program(fields), "an array of 'V8'"
    numbers = named("numpy", "dtype") + text("f8") + b"\x89\x88\x87R"
    state = (
        b"(K\x03"
        + text("|")
        + b"N"
        + text("a")
        + b"\x85}"
        + text("a")
        + numbers
        + b"J\xff\xff\xff\x7f\x86sK\x08K\x01K\x00tb"
    )
    yield "a dtype with a field far outside", program(numbers, state), "an array of an odd kind"


def containers():
    """Files that are packed."""
    content = written(values())
    says = "it does not begin like one"
    yield "zlib", zlib.compress(content), says
    yield "gzip", gzip.compress(content), says
    yield "bz2", bz2.compress(content), says
    yield "xz", lzma.compress(content), says
    yield "lzma", lzma.compress(content, lzma.FORMAT_ALONE), says
    yield "lz4's first bytes", b"\x04\x22\x4d\x18" + content, says
    yield "zip's first bytes", b"PK\x03\x04" + content, says
    yield "NumPy's first bytes", b"\x93NUMPY\x01\x00" + content, says
    yield "a model behind a space", b" " + content, says
    packer = zlib.compressobj()
    head = packer.compress(HEAD + b"\x8e" + struct.pack("<Q", 512 * MEGABYTE))
    head += packer.flush(zlib.Z_FULL_FLUSH)  # what follows can be repeated
    zeros = packer.compress(bytes(MEGABYTE)) + packer.flush(zlib.Z_FULL_FLUSH)
    yield "512 MB of zeros in zlib", head + zeros * 512, says


def wrong_values():
    """Well-made files: nothing but their values is wrong. The digest fits unless said."""
    numbers = tiny().weights
    plain = "not of plain numbers|of an odd kind|weights is no i2"
    yield changed("an object", NAMES_BUILTINS, about=Evil())
    yield changed(
        "an object in an array", "an array of 'O8'", thresholds=np.array([Evil()], object)
    )
    objects = written({**values(), "thresholds": np.array([Evil()], object)})
    content = objects.replace(b"\x8c\x02O8", b"\x8c\x02f8")
    yield Kind("an object array that calls itself numbers", content, "an array of an odd kind")
    content = edited(
        b"\x8c\x02u8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01<",
        b"\x8c\x02O8\x94\x89\x88\x87\x94R\x94(K\x03\x8c\x01|",
    )
    yield Kind("numbers that call themselves objects", content, "an array of 'O8'")
    inner = pickle.dumps(Evil(), 4)
    yield changed(
        "a pickle in an array", "terms for 2 keys", spelling=np.frombuffer(inner, np.uint8)
    )
    yield changed(
        "a pickle in a text", "says 00000000", about={"version": repr(inner)}, digest="0" * 64
    )
    for name, array in {
        "big-endian": numbers.astype(">i2"),
        "in Fortran's order": np.asfortranarray(np.ones((2, 2), np.int16)),
        "with fields": numbers.astype([("a", "i2")]),
        "with fields that are arrays": np.zeros((2, 1), [("a", "i2", (3, 3))]),
        "of dates": numbers.astype("M8[s]"),
        "of times": numbers.astype("m8[s]"),
        "of text": numbers.astype("U3"),
        "of bytes": numbers.astype("S3"),
        "of nothing": np.zeros((2, 1), "V2"),
        "of truth": numbers.astype(bool),
        "complex": numbers.astype(complex),
        "of half precision": numbers.astype(np.float16),
        "of long doubles": numbers.astype(np.longdouble),
        "of wide integers": numbers.astype(np.int64),
        "of floats": numbers.astype(float),
        "of one number": np.array(1, np.int16),
        "in three dimensions": numbers[..., None],
        "too many": np.zeros((2, 3), np.int16),
    }.items():
        yield changed(f"weights {name}", f"{plain}|weights has shape", weights=array)
    for name in ("intercepts", "thresholds", "points"):
        for value in (np.nan, np.inf, -np.inf):
            array = np.full_like(_to_values(tiny())[name], value)
            yield changed(
                f"{name} all {value}", f"{name} holds numbers that are not finite", **{name: array}
            )
    for value in (np.nan, np.inf, 0.0, -0.5, 0.3, 2.0, 1, None, "1"):
        yield changed(f"a step of {value!r}", "a step that is no 1/2", step=value)
    yield changed("thresholds over 1", "thresholds outside 0 to 1", thresholds=np.array([0.5, 1.5]))
    yield changed("points outside 0 to 1", "points outside 0 to 1", points=-tiny().points)
    yield changed(
        "no keys", "or no keys", keys=np.array([], np.uint64), weights=np.ones((0, 2), np.int16)
    )
    yield changed("keys that are one key", "keys that do not ascend", keys=np.ones(2, np.uint64))
    yield changed(
        "spelling that is no UTF-8", "0 terms for 2 keys", spelling=np.array([0xFF], np.uint8)
    )
    yield changed("one label twice", "none or the same", labels=["a", "a"])
    yield changed("no labels", "labels that are none", labels=[])
    yield changed("a label that means no label", "means no label", labels=["none"])
    yield changed("a label of 10 MB", "odd labels", labels=["x" * (10 * MEGABYTE)])
    yield changed("a label in a list", "odd labels", labels=[["smuggling"]])
    yield changed("remarks in remarks", "odd remarks", about={"version": {"version": "1"}})
    yield changed("a part too many", r"its parts are \['about', 'extra'", extra=1)
    yield changed("a wrong digest", "damaged: its values have digest", digest="0" * 64)
    yield changed("no digest", "it says no digest", digest=None)
    yield changed("an array for a digest", "it says no digest", digest=np.ones(2))
    yield changed(
        "other weights, the old digest",
        "damaged: its values have",
        weights=numbers + 1,
        digest=tiny().digest,
    )
    yield changed(
        "other labels, the old digest",
        "damaged: its values have",
        labels=["policy"],
        digest=tiny().digest,
    )
    yield changed("a newer format", "upgrade palermo", format=FORMAT + 1)
    yield changed("an older format", "train the model again", format=FORMAT - 1)
    yield changed("a format of 600 digits", "upgrade palermo", format=10**600)
    yield changed("a format that is true", "it names no format", format=True)


@cache
def kinds() -> tuple[Kind, ...]:
    """Every kind of tampered file."""
    plain = (calls, look_alikes, nested, absurd, damaged, containers)
    found = [Kind(*each) for group in plain for each in group()]
    found += wrong_values()
    assert len({kind.name for kind in found}) == len(found)
    return tuple(found)
