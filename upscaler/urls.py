"""Addresses of the app. Media has its own, in haloweb/asgi.py."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from upscaler.intake.tus import UploadCreateView, UploadFileView
from upscaler.views import accounts, compare, job, library, models, parts, queue, upload, video, workers

urlpatterns = [
    path("", library.library, name="library"),
    path("library.json", library.library_states, name="library-states"),
    path("setup/", accounts.setup, name="setup"),
    path("log-in/", accounts.LogInView.as_view(), name="log-in"),
    path("log-out/", LogoutView.as_view(), name="log-out"),
    path("preferences/", accounts.preferences, name="preferences"),
    path("preferences/server/", accounts.switches, name="switches"),
    path("upload/", upload.upload, name="upload"),
    path("upload/terms.json", upload.upload_terms, name="upload-terms"),
    path("upload/address/", upload.address, name="upload-address"),
    path("uploads/", UploadCreateView.as_view(), name="upload-create"),
    path("uploads/<uuid:id>", UploadFileView.as_view(), name="upload-file"),
    path("join/", parts.join, name="join"),
    path("videos/<uuid:id>/", video.video, name="video"),
    path("videos/<uuid:id>/status.json", video.video_status, name="video-status"),
    path("videos/<uuid:id>/jobs/", video.job_start, name="job-start"),
    path("videos/<uuid:id>/measure/", video.video_measure, name="video-measure"),
    path("videos/<uuid:id>/rename/", video.video_rename, name="video-rename"),
    path("videos/<uuid:id>/delete/", video.video_delete, name="video-delete"),
    path("jobs/<uuid:id>/", job.job, name="job"),
    path("jobs/<uuid:id>/status.json", job.job_status, name="job-status"),
    path("jobs/<uuid:id>/cancel/", job.job_cancel, name="job-cancel"),
    path("jobs/<uuid:id>/pause/", job.job_pause, name="job-pause"),
    path("jobs/<uuid:id>/resume/", job.job_resume, name="job-resume"),
    path("jobs/<uuid:id>/retry/", job.job_retry, name="job-retry"),
    path("jobs/<uuid:id>/delete/", job.job_delete, name="job-delete"),
    path("jobs/<uuid:id>/compare/", compare.compare, name="compare"),
    path("jobs/<uuid:id>/share/", compare.share_create, name="share-create"),
    path("shares/<uuid:id>/revoke/", compare.share_revoke, name="share-revoke"),
    path("s/<str:token>/", compare.share, name="share"),
    path("queue/", queue.queue, name="queue"),
    path("queue.json", queue.queue_states, name="queue-states"),
    path("queue/order/", queue.queue_order, name="queue-order"),
    path("workers/", workers.workers, name="workers"),
    path("workers.json", workers.workers_states, name="workers-states"),
    path("models/", models.models, name="models"),
    path("models/<uuid:id>/status.json", models.model_status, name="model-status"),
    path("models/<uuid:id>/rename/", models.model_rename, name="model-rename"),
    path("models/<uuid:id>/delete/", models.model_delete, name="model-delete"),
]
