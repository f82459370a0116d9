"""The one error of the pipeline."""

from __future__ import annotations

from .printable import printable_lines


class PipelineError(Exception):
    """Something went wrong that a person should read about.

    The message is one sentence that says what happened and what to try. ``permanent`` alone decides
    on a retry: a permanent error will happen again with the same input, so nobody tries it again.
    ``detail`` holds the tail of a program's own words, for the log, never for the page.
    """

    def __init__(self, message: str, *, permanent: bool, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.detail = printable_lines(detail)


class Refused(PipelineError):
    """The input is not one that we take; the message says why and what to do about it."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, permanent=True, detail=detail)


class Interrupted(PipelineError):
    """A program was ended from outside. The input may not be to blame: the work is tried again."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, permanent=False, detail=detail)


class Stalled(Interrupted):
    """A program made no progress: a disk or a network drive does not answer."""


class Killed(Interrupted):
    """A signal ended a program, such as the kernel's when memory runs out."""


class TooMuch(PipelineError):
    """A program used up the processor time that it may take, or said more than is kept of it, and would again."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, permanent=True, detail=detail)


class Stopped(PipelineError):
    """The work was asked to stop and has; whoever asked knows why."""

    def __init__(self, message: str = "The work was stopped.") -> None:
        super().__init__(message, permanent=False)
