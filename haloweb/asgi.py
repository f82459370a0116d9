"""The web process: pages, uploads, media and websockets. Loads neither torch nor cv2."""

from __future__ import annotations

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "haloweb.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.conf import settings
from django.urls import path, re_path

from haloweb.body_limit import BodyLimit
from haloweb.health import health
from haloweb.null_characters import NoNullInHead
from haloweb.unavailable import Unavailable
from upscaler.live.routing import websocket_urlpatterns
from upscaler.publish.downloads import Media
from upscaler.publish.upload_gate import may_upload

media = AuthMiddlewareStack(Media())

websockets = [*websocket_urlpatterns, re_path(r"", WebsocketDenier.as_asgi())]

routes = ProtocolTypeRouter(
    {
        "http": URLRouter(
            [
                path("healthz", health),
                path("media/<uuid:id>", media),
                path("s/<str:token>/media/<uuid:id>", Media()),
                path("jobs/<uuid:id>/live/<int:index>.mp4", media),
                path("datasets/<uuid:dataset>/export.zip", media),
                path("s/<str:token>/live/<int:index>.mp4", Media()),
                re_path(r"", django_application),
            ]
        ),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websockets))),
    }
)

application = NoNullInHead(Unavailable(BodyLimit(routes, chunk=settings.UPLOAD_CHUNK_BYTES, may_upload=may_upload)))
