"""URLs of the websockets."""

from __future__ import annotations

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from upscaler.live.consumers import SubjectConsumer


class SubjectKind(StringConverter):
    regex = "jobs|videos|datasets|runs"


register_converter(SubjectKind, "subject_kind")

websocket_urlpatterns = [
    path("ws/<subject_kind:kind>/<uuid:id>/", SubjectConsumer.as_asgi()),
]
