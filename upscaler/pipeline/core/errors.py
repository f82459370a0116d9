"""The errors that the pipeline raises."""

from __future__ import annotations

from .safe_text import printable_lines


class PipelineError(Exception):
    """An error whose message is shown to the user.

    The message is one sentence that says what happened and what to try. ``permanent`` alone decides
    on a retry: a permanent error would happen again with the same input, so the work is not retried.
    ``detail`` holds the end of a program's output, for the log, never for the page.
    """

    def __init__(self, message: str, *, permanent: bool, detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.detail = printable_lines(detail)


class Refused(PipelineError):
    """The input is refused; the message says why and what to do about it."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, permanent=True, detail=detail)


class Interrupted(PipelineError):
    """A program was ended from outside. The input may not be the cause, so the work is retried."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, permanent=False, detail=detail)


class Stalled(Interrupted):
    """A program made no progress: a disk or a network drive may not respond."""


class Killed(Interrupted):
    """A signal ended a program, such as the kernel's when memory runs out."""


class TooMuch(PipelineError):
    """A program exceeded its limit of processor time or output, and would do so again."""

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message, permanent=True, detail=detail)


class Stopped(PipelineError):
    """The work was cancelled by its caller."""

    def __init__(self, message: str = "The work was cancelled.") -> None:
        super().__init__(message, permanent=False)
