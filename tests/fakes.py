"""Stand-ins."""

from __future__ import annotations

import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Bell:
    """One task that was asked for."""

    queue: str
    task: str
    arguments: tuple[str, ...]

    def answer(self) -> None:
        """Run the task, here and now."""
        module, _, name = self.task.rpartition(".")
        getattr(importlib.import_module(module), name)(*self.arguments)

    @property
    def name(self) -> str:
        return self.task.rpartition(".")[2]


class Bells(list[Bell]):
    """Stands where django-q2's ``async_task`` is, and lets the test be the worker."""

    def ring(self, task: str, *arguments: str, cluster: str) -> None:
        self.append(Bell(cluster, task, arguments))

    def answer(self, name: str) -> None:
        """Answer all bells of one name that wait."""
        waiting = [bell for bell in self if bell.name == name]
        assert waiting, f"nobody rang {name}, only {self.names}"
        for bell in waiting:
            self.remove(bell)
            bell.answer()

    def answer_all(self) -> list[str]:
        """Answer whatever is rung until all is quiet; gives the names in order."""
        answered = []
        while self:
            bell = self.pop(0)
            answered.append(bell.name)
            bell.answer()
        return answered

    @property
    def names(self) -> list[str]:
        return [bell.name for bell in self]
