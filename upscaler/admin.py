"""Django's admin, for the owner: people, and what is queued."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin

from upscaler.models import User

admin.site.site_header = admin.site.site_title = "HaloWeb"
admin.site.register(User, UserAdmin)
