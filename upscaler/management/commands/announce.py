"""``manage.py announce``: print the server's URL once it responds."""

from __future__ import annotations

import socket
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from haloweb.addresses import address_here
from haloweb.secret import kept_secret
from upscaler.models import User

SECONDS = 60.0


class Command(BaseCommand):
    help = "Print the server's URL and, on a server without accounts, the set-up token."

    def handle(self, *args: Any, **options: Any) -> None:
        environment = settings.ENVIRONMENT
        host = address_here(environment.host)
        if not self._answers(host, environment.port):
            self.stderr.write(f"HaloWeb doesn't respond on {host}:{environment.port}. See the lines above.")
            return
        url_host = f"[{host}]" if ":" in host else host
        self.stdout.write(f"HaloWeb is ready:  http://{url_host}:{environment.port}/")
        if not User.objects.exists():
            self.stdout.write(f"Set-up token:      {kept_secret(settings.SETUP_TOKEN_FILE)}")
        self.stdout.write("Press Ctrl-C to stop it.")

    def _answers(self, host: str, port: int) -> bool:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            try:
                socket.create_connection((host, port), timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return True
        return False
