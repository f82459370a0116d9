"""``manage.py worker cpu|gpu``: run a django-q2 cluster for one queue until it is asked to stop."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from haloweb.database_version import wait_while_too_new
from upscaler.jobs.steps.encoder_check import check_encoders


class Command(BaseCommand):
    help = "Run the workers of one queue."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queue", choices=("cpu", "gpu"))

    def handle(self, *args: Any, **options: Any) -> None:
        queue = options["queue"]
        if os.environ.get("Q_CLUSTER_NAME") != queue:
            # django_q reads it at its import: start over, unless supervisord has set it
            os.environ["Q_CLUSTER_NAME"] = queue
            os.execv(sys.executable, [sys.executable, *sys.argv])
        wait_while_too_new()
        if queue == "cpu":
            os.nice(5)  # the analysis of an upload must not slow rendering down
        else:
            check_encoders()  # the workers that render also encode
        from upscaler.jobs.recovery import watchdog
        from upscaler.jobs.worker import cluster

        os._exit(cluster.run(queue, is_stuck=lambda: watchdog.is_stuck(queue)))
