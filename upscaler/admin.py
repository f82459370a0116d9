"""Django's admin, in which the owner manages accounts."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest

from upscaler.jobs.actions.accounts import accounts_delete
from upscaler.models import Job, Share, User, Video


class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """Django's admin of users, which also deletes the files of an account."""

    def get_deleted_objects(
        self, objs: Iterable[User], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Count what will be deleted; Django would load and list every segment of every job."""
        users = list(objs)
        counts = {
            "accounts": len(users),
            "videos": Video.objects.filter(owner__in=users).count(),
            "jobs": Job.objects.filter(video__owner__in=users).count(),
            "links": Share.objects.filter(job__video__owner__in=users).count(),
        }
        return [str(user) for user in users], counts, set(), []

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        accounts_delete(ids=[obj.pk])

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        accounts_delete(ids=queryset.values_list("pk", flat=True))


admin.site.site_header = admin.site.site_title = "HaloWeb"
admin.site.register(User, PersonAdmin)
