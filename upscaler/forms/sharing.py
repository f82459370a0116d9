"""What an owner says of a link, what a visitor types at it, and what the server's owner says of them all."""

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

LASTS = {
    "day": ("1 day", timedelta(days=1)),
    "week": ("7 days", timedelta(days=7)),
    "month": ("30 days", timedelta(days=30)),
    "year": ("1 year", timedelta(days=365)),
    "never": ("Until it is revoked", None),
}
USUAL = "month"
FETCHING = (
    "To fetch videos, HaloWeb asks other sites for them in the name of this machine, by yt-dlp. It calls no machine of "
    "your own network; the address that your router has on the internet it can't know, so name that in "
    "HALOWEB_NO_IMPORT_FROM."
)
INSTALL = ".venv/bin/pip install -r requirements-import.txt"
KEPT = "kept"


class ShareForm(forms.ModelForm):  # type: ignore[type-arg]
    """Of a new link, with what is usual in it; or of one that is there. ``terms`` says what was chosen."""

    lasts = forms.ChoiceField(label="Ends after", required=False)
    new_password = forms.CharField(
        label="Password",
        required=False,
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    drops_password = forms.BooleanField(label="Take the password off", required=False)

    class Meta:
        model = Share
        fields = ["title", "note", "allows_download", "shows_progress", "in_gallery"]
        labels = {
            "title": "Title on its page",
            "note": "Note under the title",
            "allows_download": "May be downloaded",
            "shows_progress": "May be watched while it renders",
            "in_gallery": "Show in the gallery",
        }
        widgets = {"note": forms.Textarea(attrs={"rows": 2})}

    field_order = ["title", "note", "lasts", "new_password"]

    def __init__(self, *args: Any, has_gallery: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        share = self.instance
        self.fields["title"].widget.attrs["placeholder"] = "Before and after"
        self._is_new = share._state.adding
        kept = [] if self._is_new else [(KEPT, _ends_in_words(share))]
        lasts = self.fields["lasts"]
        assert isinstance(lasts, forms.ChoiceField)
        lasts.choices = [*kept, *((name, words) for name, (words, _) in LASTS.items())]
        lasts.initial = USUAL if self._is_new else KEPT
        if share.password:
            self.fields["new_password"].label = "Another password"
            self.fields["new_password"].help_text = "It has one. Whoever opened it with that is asked for the new one."
        else:
            self.fields["new_password"].help_text = "Empty for none."
            del self.fields["drops_password"]
        if not has_gallery:
            del self.fields["in_gallery"]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("drops_password") and said.get("new_password"):
            self.add_error("new_password", "Either another password or none.")
        return said

    def terms(self) -> Terms:
        """What was chosen, once it is found valid."""
        said = self.cleaned_data
        terms = Terms(
            title=said["title"].strip(),
            note=said["note"].strip(),
            allows_download=said["allows_download"],
            shows_progress=said["shows_progress"],
        )
        if "in_gallery" in said:
            terms["in_gallery"] = said["in_gallery"]
        lasts = said["lasts"] or (USUAL if self._is_new else KEPT)
        if lasts != KEPT:
            length = LASTS[lasts][1]
            terms["expires_at"] = timezone.now() + length if length else None
        if said["new_password"] or said.get("drops_password"):
            terms["password"] = said["new_password"]
        return terms


class PasswordForm(forms.Form):
    """What a link with a password asks for."""

    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True}),
    )


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]
    """What holds for the whole server."""

    class Meta:
        model = SiteSettings
        fields = ["shows_gallery", "allows_url_import"]
        labels = {
            "shows_gallery": "Public gallery of shared comparisons",
            "allows_url_import": "Let people fetch videos by their address",
        }

    def __init__(self, *arguments: Any, **values: Any) -> None:
        super().__init__(*arguments, **values)
        address = reverse("gallery")
        self.fields["shows_gallery"].help_text = format_html(
            "Whoever opens {} sees the gallery, without a login. While it is off, that page does not exist, and "
            "nothing says which links would be in it.",
            format_html('<a href="{0}">{0}</a>', address) if self.instance.shows_gallery else address,
        )
        to_do = (
            "" if is_installed() else format_html(' yt-dlp is not installed yet: <span class="code">{}</span>', INSTALL)
        )
        self.fields["allows_url_import"].help_text = format_html("{}{}", FETCHING, to_do)


def _ends_in_words(share: Share) -> str:
    if share.expires_at is None:
        return "As it is: until it is revoked"
    ended = "ended" if share.is_over else "ends"
    return f"As it is: {ended} on {share.expires_at:%-d %B %Y, %H:%M} UTC"
