"""``manage.py worker cpu|gpu``: a django-q2 cluster for one queue, that stops when it is asked to."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from upscaler.jobs.steps.encoder_check import check_encoders


class Command(BaseCommand):
    help = "Run the workers of one queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=("cpu", "gpu"))

    def handle(self, *args: Any, **options: Any) -> None:
        queue = options["queue"]
        if os.environ.get("Q_CLUSTER_NAME") != queue:
            os.environ["Q_CLUSTER_NAME"] = queue  # django_q reads it when it is imported: begin again
            os.execv(sys.executable, [sys.executable, *sys.argv])
        if queue == "cpu":
            os.nice(5)  # measuring a new upload must not slow the rendering down
        else:
            check_encoders()  # the encoding happens beside the network
        from upscaler.jobs.recovery import watchdog
        from upscaler.jobs.worker import cluster

        os._exit(cluster.run(queue, is_stuck=lambda: watchdog.is_stuck(queue)))
