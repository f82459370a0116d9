#!/usr/bin/env python3
"""Django's command line."""

import os
import sys

from django.core.management import execute_from_command_line

from haloweb.database_version import refuse_too_new

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")
    refuse_too_new(sys.argv)
    execute_from_command_line(sys.argv)
