from django.apps import AppConfig


class UpscalerConfig(AppConfig):
    name = "upscaler"
    verbose_name = "HaloWeb"
