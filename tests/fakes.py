"""Stand-ins."""

from __future__ import annotations

import importlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Task:
    """One task that was asked for."""

    queue: str
    task: str
    arguments: tuple[str, ...]

    def run(self) -> None:
        """Run the task, here and now."""
        module, _, name = self.task.rpartition(".")
        getattr(importlib.import_module(module), name)(*self.arguments)

    @property
    def name(self) -> str:
        return self.task.rpartition(".")[2]


class EnqueuedTasks(list[Task]):
    """Stands where django-q2's ``async_task`` is, and lets the test be the worker."""

    def enqueue(self, task: str, *arguments: str, cluster: str) -> None:
        self.append(Task(cluster, task, arguments))

    def run(self, name: str) -> None:
        """Run all waiting tasks of one name."""
        waiting = [task for task in self if task.name == name]
        assert waiting, f"nobody enqueued {name}, only {self.names}"
        for task in waiting:
            self.remove(task)
            task.run()

    def run_all(self) -> list[str]:
        """Run tasks until none is left; return their names in order."""
        answered = []
        while self:
            task = self.pop(0)
            answered.append(task.name)
            task.run()
        return answered

    @property
    def names(self) -> list[str]:
        return [task.name for task in self]
