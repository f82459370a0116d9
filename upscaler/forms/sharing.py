"""Forms of share links: their terms, their passwords, and the server's settings for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from upscaler.models import Share, SiteSettings
from upscaler.pipeline.fetch.parent import is_installed
from upscaler.publish.shares import Terms

EXPIRY = {
    "day": ("1 day", timedelta(days=1)),
    "week": ("7 days", timedelta(days=7)),
    "month": ("30 days", timedelta(days=30)),
    "year": ("1 year", timedelta(days=365)),
    "never": ("Never", None),
}
DEFAULT_EXPIRY = "month"
IMPORT_HELP = (
    "HaloWeb downloads them with yt-dlp from this server's connection. It refuses private addresses; add your router's "
    "public address to HALOWEB_NO_IMPORT_FROM."
)
INSTALL = ".venv/bin/pip install -r requirements-import.txt"
KEEP = "kept"
"""The value of ``lasts`` that changes nothing."""


class ShareForm(forms.ModelForm):  # type: ignore[type-arg]
    """The terms of a new link, filled in with defaults, or of an existing one."""

    lasts = forms.ChoiceField(label="Expires after", required=False)
    new_password = forms.CharField(
        label="Password",
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    drops_password = forms.BooleanField(label="Remove password", required=False)

    class Meta:
        model = Share
        fields = ["title", "note", "allows_download", "shows_progress", "in_gallery"]
        labels = {
            "title": "Title",
            "note": "Note under the title",
            "allows_download": "Allow downloads",
            "shows_progress": "Show progress while rendering",
            "in_gallery": "Show in the gallery",
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    field_order = ["title", "note", "lasts", "new_password"]

    def __init__(self, *args: Any, has_gallery: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        share = self.instance
        self.fields["title"].widget.attrs["placeholder"] = "Before and after"
        self._is_new = share._state.adding
        current = [] if self._is_new else [(KEEP, _expiry_label(share))]
        lasts = self.fields["lasts"]
        assert isinstance(lasts, forms.ChoiceField)
        lasts.choices = [*current, *((name, label) for name, (label, _) in EXPIRY.items())]
        lasts.initial = DEFAULT_EXPIRY if self._is_new else KEEP
        if share.password:
            self.fields["new_password"].label = "New password"
            self.fields["new_password"].help_text = "If you change it, visitors have to enter the new one."
        else:
            self.fields["new_password"].help_text = "Leave empty for no password."
            del self.fields["drops_password"]
        if not has_gallery:
            del self.fields["in_gallery"]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("drops_password") and data.get("new_password"):
            self.add_error("new_password", "Enter a new password or remove it, not both.")
        return data

    def terms(self) -> Terms:
        """Return the terms that a valid form describes."""
        data = self.cleaned_data
        terms = Terms(
            title=data["title"].strip(),
            note=data["note"].strip(),
            allows_download=data["allows_download"],
            shows_progress=data["shows_progress"],
        )
        if "in_gallery" in data:
            terms["in_gallery"] = data["in_gallery"]
        lasts = data["lasts"] or (DEFAULT_EXPIRY if self._is_new else KEEP)
        if lasts != KEEP:
            length = EXPIRY[lasts][1]
            terms["expires_at"] = timezone.now() + length if length else None
        if data["new_password"] or data.get("drops_password"):
            terms["password"] = data["new_password"]
        return terms


class PasswordForm(forms.Form):
    """The password of a link."""

    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """Settings of the whole server."""

    class Meta:
        model = SiteSettings
        fields = ["shows_gallery", "allows_url_import"]
        labels = {
            "shows_gallery": "Public gallery of shared comparisons",
            "allows_url_import": "Allow importing from URLs",
        }

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        url = reverse("gallery")
        self.fields["shows_gallery"].help_text = format_html(
            "Anyone can see the gallery at {} without logging in. While this is off, that page doesn't exist.",
            format_html('<a href="{0}">{0}</a>', url) if self.instance.shows_gallery else url,
        )
        install = format_html(' yt-dlp isn\'t installed yet. Run <span class="code">{}</span>', INSTALL)
        self.fields["allows_url_import"].help_text = format_html("{}{}", IMPORT_HELP, "" if is_installed() else install)


def _expiry_label(share: Share) -> str:
    if share.expires_at is None:
        return "Keep (never expires)"
    verb = "expired" if share.is_over else "expires"
    return f"Keep ({verb} on {share.expires_at:%-d %B %Y, %H:%M} UTC)"
