"""``manage.py worker cpu|gpu``: a django-q2 cluster for one queue, that stops when it is asked to."""

from __future__ import annotations

import os
import sys
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import connections

from upscaler.jobs import stopping
from upscaler.jobs.encoders_check import check_encoders


class Command(BaseCommand):
    help = "Run the workers of one queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=("cpu", "gpu"))

    def handle(self, *args: Any, **options: Any) -> None:
        if os.environ.get("Q_CLUSTER_NAME") != options["queue"]:
            os.environ["Q_CLUSTER_NAME"] = options["queue"]  # django_q reads it when it is imported: begin again
            os.execv(sys.executable, [sys.executable, *sys.argv])
        if options["queue"] == "cpu":
            os.nice(5)  # measuring a new upload must not slow the rendering down
        else:
            check_encoders()  # the encoding happens beside the network
            connections.close_all()  # the cluster forks
        from django_q.cluster import Cluster

        class StoppingCluster(Cluster):  # type: ignore[misc]
            """Tells the task in hand before it waits for it."""

            def sig_handler(self, signum: int, frame: FrameType | None) -> None:
                stopping.requested.set()
                super().sig_handler(signum, frame)

        StoppingCluster().start()
