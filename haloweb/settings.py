"""Django's settings. Values that can be set come from env.py; all others are fixed."""

from __future__ import annotations

from csp.constants import NONE, SELF

from haloweb.env import BASE_DIR, read_environment
from haloweb.secret import kept_secret

ENVIRONMENT = read_environment()
DATA = ENVIRONMENT.data

SECRET_KEY = ENVIRONMENT.secret_key or kept_secret(DATA / "secret_key")
SETUP_TOKEN_FILE = DATA / "setup_token"
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.origins)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "channels",
    "django_q",
    "upscaler",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "haloweb.null_characters.NoNullInForms",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "haloweb.log_in.LogInRequired",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "haloweb.unavailable.UnavailableMiddleware",
]

ROOT_URLCONF = "haloweb.urls"
ASGI_APPLICATION = "haloweb.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["upscaler.templatetags.icons"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": DATA / "haloweb.sqlite3",
    # IMMEDIATE: a transaction that starts by reading and then writes would else fail at once
    # when another writes in between; measured in docs/design.md
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    },
    "TEST": {"NAME": DATA / "test.sqlite3"},
}
DATABASES = {"default": ENVIRONMENT.database or SQLITE}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "upscaler.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "log-in"
LOGIN_REDIRECT_URL = "library"
LOGOUT_REDIRECT_URL = "log-in"

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

MEDIA_ROOT = ENVIRONMENT.media
SCRATCH = DATA / "scratch"
TUNED = DATA / "tuned.json"  # measured speeds of models on this machine; can be deleted
STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": ENVIRONMENT.storage.backend()
    if ENVIRONMENT.storage
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "haloweb.staticfiles.StaticFilesStorage"},
}

UPLOAD_CHUNK_BYTES = 8 * 1024**2
"""The largest request body, which is a chunk of an upload; see haloweb/body_limit.py."""
DATA_UPLOAD_MAX_MEMORY_SIZE = None  # chunks are read as streams; the body limit applies to all requests

# A task says that there may be work, and the rows say what it is. So a task that is lost or enqueued
# twice does no harm, and the reaper enqueues it again.
Q_CLUSTER = {
    "name": "haloweb",
    "orm": "default",
    "poll": 0.3,
    "timeout": 24 * 3600,
    "retry": 25 * 3600,
    "queue_limit": 1,
    "bulk": 1,
    "max_attempts": 1,
    "ack_failures": True,
    "recycle": 100_000,
    "scheduler": False,
    "save_limit": 100,
    "log_level": "WARNING",
    "label": "Tasks",
    "ALT_CLUSTERS": {"cpu": {"workers": ENVIRONMENT.cpu_workers}, "gpu": {"workers": 1}},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENVIRONMENT.https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if ENVIRONMENT.https else None

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "haloweb.log_lines.OneRecord",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # django-q2 puts a handler of its own beside ours, and logs every task
    "loggers": {"django-q": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
