"""All URLs of Django."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from upscaler.views.accounts import LogOutView, admin_log_in

urlpatterns = [
    path("admin/login/", admin_log_in),
    path("admin/logout/", LogOutView.as_view()),
    path("admin/", admin.site.urls),
    path("", include("upscaler.urls")),
]

handler500 = "haloweb.unavailable.handler500"
