"""The form that imports a video by its URL."""

from __future__ import annotations

from django import forms

from upscaler.forms.kinds import kind_field
from upscaler.pipeline.core.errors import Refused
from upscaler.pipeline.fetch import addresses
from upscaler.pipeline.planning.clip_profiles import clip_profile

ATTRIBUTES = {
    "type": "url",
    "inputmode": "url",
    "placeholder": "https://",
    "autocomplete": "off",
    "spellcheck": "false",
    "aria-describedby": "id_address_error",
}


class AddressForm(forms.Form):
    """The URL of a video, its kind, and whether to upscale it."""

    address = forms.CharField(
        label="Video URL", max_length=addresses.MAX_LENGTH, widget=forms.TextInput(attrs=ATTRIBUTES)
    )
    kind = kind_field()
    starts_job = forms.BooleanField(required=False)

    def clean_address(self) -> str:
        """Return the URL. Raises forms.ValidationError for text that can't be one."""
        try:
            return addresses.check_form(self.cleaned_data["address"])
        except Refused as error:
            raise forms.ValidationError(error.message) from error

    def clean_kind(self) -> str:
        """Return the name of a known kind."""
        return clip_profile(self.cleaned_data["kind"]).name
