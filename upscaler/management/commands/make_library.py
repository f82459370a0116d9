"""``manage.py make_library 10000 --owner NAME``: a large library of videos that never were, to try HaloWeb with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from upscaler.library.samples import SAMPLE, make_samples
from upscaler.models import User


class Command(BaseCommand):
    help = "Fill somebody's library with sample videos that have no files, to see how it is with thousands."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("count", type=int)
        parser.add_argument("--owner", required=True, help="whose library; the account has to exist")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same library")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["owner"]).first()
        if user is None:
            raise CommandError(f"There is no account called {options['owner']}.")
        if options["count"] < 1:
            raise CommandError("How many? At least 1.")
        make_samples(user=user, count=options["count"], seed=options["seed"])
        self.stdout.write(f"{options['count']} videos with the tag “{SAMPLE}” are in the library of {user.username}.")
