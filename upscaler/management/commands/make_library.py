"""``manage.py make_library 10000 --owner NAME``: fill a library with sample videos."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from upscaler.library.samples import SAMPLE, make_samples
from upscaler.models import User
from upscaler.wording.counts import count_of


class Command(BaseCommand):
    help = "Fill a library with sample videos, which have no files, to try a large library."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--owner", required=True, help="the account whose library to fill; it must exist")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same library")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["owner"]).first()
        if user is None:
            raise CommandError(f"There is no account called {options['owner']}.")
        if options["count"] < 1:
            raise CommandError("The count must be at least 1.")
        make_samples(user=user, count=options["count"], seed=options["seed"])
        added = count_of(options["count"], "video")
        self.stdout.write(f"Added {added} with the tag “{SAMPLE}” to the library of {user.username}.")
