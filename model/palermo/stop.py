"""Ctrl-C and SIGTERM: work ends between two inputs, never amid a line of output."""

import signal
import threading
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import TypeVar

T = TypeVar("T")


class Stopped(KeyboardInterrupt):
    """A signal has asked for the end.

    Parameters
    ----------
    number : int
        The signal.

    Attributes
    ----------
    status : int
        What shells say of a process that a signal ended: 128 and its number.

    Examples
    --------
    >>> str(Stopped(signal.SIGTERM)), Stopped(signal.SIGTERM).status
    ('SIGTERM', 143)
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.status = 128 + number


class Stop:
    """Takes SIGINT and SIGTERM while it is entered.

    The first one raises :class:`Stopped` as soon as nothing is being written; a second one
    ends the process at once, if what is being written goes nowhere. A signal that the process
    was started to ignore, as under ``nohup``, stays ignored.

    Attributes
    ----------
    number : int
        The signal that came; 0 as long as none did.

    Examples
    --------
    >>> with Stop() as stop:
    ...     list(stop.over(["a.txt", "b.txt"]))
    ['a.txt', 'b.txt']
    """

    def __init__(self) -> None:
        self.number = 0
        self._before: dict[int, object] = {}
        self._waiting = False

    def __enter__(self) -> "Stop":
        if threading.current_thread() is threading.main_thread():  # others get no signals
            for number, usual in (
                (signal.SIGINT, signal.default_int_handler),
                (signal.SIGTERM, signal.SIG_DFL),
            ):
                if signal.getsignal(number) == usual:
                    self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)  # type: ignore[arg-type]

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """Hand items on; while the next one is waited for, a signal ends the wait.

        Parameters
        ----------
        items : iterable
            What the work is about, made as it is asked for.

        Yields
        ------
        object
            The same.

        Raises
        ------
        Stopped
            If a signal came. All that was handed out before has then been dealt with.

        Examples
        --------
        >>> with Stop() as stop:
        ...     try:
        ...         for item in stop.over("abc"):
        ...             print(item)
        ...             signal.raise_signal(signal.SIGINT)
        ...     except Stopped as stopped:
        ...         print(stopped)
        a
        SIGINT
        """
        iterator = iter(items)
        while True:
            try:
                self._waiting = True
                if self.number:
                    raise Stopped(self.number)
                item = next(iterator)
            except StopIteration:
                return
            finally:
                self._waiting = False
            yield item

    def _take(self, number: int, _: FrameType | None) -> None:
        self.number = number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)
        if self._waiting:
            raise Stopped(number)
