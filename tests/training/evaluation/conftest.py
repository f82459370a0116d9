"""Networks and measures run on one thread."""

from tests.training.threads import one_thread

__all__ = ["one_thread"]
