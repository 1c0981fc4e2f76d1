"""The process of its own in which documents are parsed, with limits on time and memory.

A parser may hang, crash or fill the memory over a file that is hostile or merely broken, and
a small file does so as well as a large one. So all HTML, PDF and docx is parsed in one worker,
which takes document after document and is replaced when it dies: the worst file is one failed
file. What it costs is one start a run, and only of runs that have such files.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import IO, Final, cast

from palermo.errors import DocumentError
from palermo.readers import CALLED, BrokenError, Kind
from palermo.readers import extract as parse

SECONDS: Final = "PALERMO_READ_SECONDS"
"""Environment variable: how long parsing one document may take; 60 if unset."""

MEGABYTES: Final = "PALERMO_READ_MEGABYTES"
"""Environment variable: memory that parsing may take, in units of 2**20 bytes; 1024 if unset.

Not held to where the system knows no such limit: on Windows, and on macOS in part."""

_DAY: Final = 86_400
_TERABYTE: Final = 1 << 20
_RANGES: Final = {SECONDS: (60, 1, _DAY), MEGABYTES: (1024, 256, _TERABYTE)}
_LINE: Final = 100  # bytes that a line between the two processes has at most


class _Worker:
    """One process, and the pipes to it.

    A question is a line with kind, size and seconds, then the document; an answer is a line
    with what came of it (text, error or memory) and a size, then the text.
    """

    def __init__(self, megabytes: int) -> None:
        self.megabytes = megabytes
        self.fresh = True
        self._process = subprocess.Popen(  # noqa: S603 -- nothing of a document is in its words
            # -P, or it would import from the current folder, which may hold anything.
            [sys.executable, "-P", "-m", "palermo.worker", str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
                "OPENBLAS_NUM_THREADS": "1",  # each would reserve memory within the limit
            },
        )
        self._to = cast(IO[bytes], self._process.stdin)
        self._answers = cast(IO[bytes], self._process.stdout)

    def ask(self, kind: Kind, raw: bytes, seconds: int) -> tuple[str, str]:
        """Have a document parsed.

        Raises
        ------
        TimeoutError
            If it took too long; the worker is dead.
        EOFError
            If the worker died.
        """
        end = time.monotonic() + seconds
        timer = threading.Timer(seconds, self._process.kill)
        timer.start()
        try:
            self._to.write(b"%s %d %d\n" % (kind.encode(), len(raw), seconds))
            self._to.write(raw)
            self._to.flush()
            what, size = self._answers.readline(_LINE).split()
            text = self._answers.read(int(size)).decode("utf-8", "surrogatepass")
        except (OSError, ValueError):  # a closed pipe, or an answer that breaks off
            raise (TimeoutError if time.monotonic() >= end else EOFError) from None
        finally:
            timer.cancel()
        self.fresh = False
        return what.decode(), text

    def stop(self) -> int:
        """End the process; give its status."""
        self._process.kill()
        for pipe in (self._to, self._answers):
            with suppress(OSError):  # what it did not read goes nowhere
                pipe.close()
        return self._process.wait()


_worker: _Worker | None = None
_lock = threading.Lock()


def extract(kind: Kind, raw: bytes) -> str:
    """Get the text of a document, as :func:`palermo.readers.extract` does, within limits.

    Parameters
    ----------
    kind : {"docx", "html", "pdf"}
        What it is.
    raw : bytes
        All of it.

    Returns
    -------
    str
        Its text, perhaps empty.

    Raises
    ------
    DocumentError
        As there; and if parsing it takes too long or too much memory, or crashes. The message
        does not name the file.

    Examples
    --------
    >>> extract("html", b"<html><body><p>They paid the coyote.</p></body></html>")
    'They paid the coyote.'
    """
    global _worker
    seconds, megabytes = _limit(SECONDS), _limit(MEGABYTES)
    with _lock:
        while True:
            if _worker is None or _worker.megabytes != megabytes:
                _stop()
                try:
                    _worker = _Worker(megabytes)
                except OSError as error:
                    raise DocumentError(
                        f"{CALLED[kind]}; the process that reads it cannot be started "
                        f"({error.strerror}); close other programs and try again"
                    ) from None
            fresh = _worker.fresh  # what others left behind in it may be to blame, if it is not
            try:
                what, text = _worker.ask(kind, raw, seconds)
            except TimeoutError:
                _stop()
                raise DocumentError(
                    f"{CALLED[kind]} that takes more than {seconds} seconds to read; split it or "
                    f"save it anew, or allow more time: {SECONDS}={min(10 * seconds, _DAY)}"
                ) from None
            except EOFError:
                how = _stop()
                if fresh:
                    raise DocumentError(
                        f"{CALLED[kind]} that crashes what reads it ({how}); open it and save it "
                        "anew, or save its text"
                    ) from None
            except BaseException:  # Ctrl-C, amid an answer
                _stop()
                raise
            else:
                if what == "text":
                    return text
                if what == "error":
                    raise DocumentError(text)
                _stop()
                if fresh:
                    raise DocumentError(
                        f"{CALLED[kind]} that takes more than {megabytes} MB of memory to read; "
                        "split it or save it anew, or allow more: "
                        f"{MEGABYTES}={min(4 * megabytes, _TERABYTE)}"
                    )


def close() -> None:
    """End the worker, if there is one; the next document starts another.

    Examples
    --------
    >>> close()
    """
    with _lock:
        _stop()


def _stop() -> str:
    """End the worker; say how it ended."""
    global _worker
    status = 0 if _worker is None else _worker.stop()
    _worker = None
    with suppress(ValueError):
        return signal.Signals(-status).name
    return f"exit status {status}"


def _forget() -> None:
    """Leave the worker to the process that this one was forked from."""
    global _worker, _lock
    _worker, _lock = None, threading.Lock()


def _limit(name: str) -> int:
    usual, least, most = _RANGES[name]
    value = os.environ.get(name) or str(usual)
    if not (value.isdecimal() and len(value) < 9 and least <= int(value) <= most):
        raise DocumentError(
            f"cannot be read while {name} is {value!r}; set it to a whole number from {least} to "
            f"{most}, or unset it"
        )
    return int(value)


atexit.register(close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def _serve(megabytes: int) -> None:
    """Answer until there are no more questions: the worker's side."""
    _hold_to(megabytes)
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    alarm = getattr(signal, "alarm", lambda seconds: None)
    while question := questions.readline():
        kind, size, seconds = question.split()
        alarm(int(seconds) + 5)  # for when the parent, which would end this, was killed
        try:
            what, text = "text", parse(cast(Kind, kind.decode()), questions.read(int(size)))
        except BrokenError as error:  # lxml, for one, calls it so when memory is refused
            what, text = "memory" if _peak() > megabytes * 3 / 4 else "error", str(error)
        except DocumentError as error:
            what, text = "error", str(error)
        except MemoryError:
            what, text = "memory", ""
        alarm(0)
        raw = text.encode("utf-8", "surrogatepass")
        answers.write(b"%s %d\n%s" % (what.encode(), len(raw), raw))
        answers.flush()
        if _peak() > megabytes / 2:  # what is left behind would count against the next document
            break


def _hold_to(megabytes: int) -> None:
    with suppress(ImportError, ValueError, OSError):  # Windows has none, macOS may refuse
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # documents may be confidential
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))


def _peak() -> float:
    """Give the most memory that was taken so far, in units of 2**20 bytes; 0 if unknown."""
    try:
        with open("/proc/self/status", "rb") as status:  # getrusage counts the parent's in
            (line,) = (line for line in status if line.startswith(b"VmPeak:"))
    except (OSError, ValueError):
        return 0
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
