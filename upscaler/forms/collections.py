"""Which collection is meant: one that there is, or a new one."""

from __future__ import annotations

from typing import Any

from django import forms

from upscaler.library.collections import MOST_LETTERS
from upscaler.models import Collection, User


class GatherForm(forms.Form):
    """For several videos."""

    collection = forms.ModelChoiceField(
        queryset=Collection.objects.none(), label="Collection", required=False, empty_label="A new one"
    )
    name = forms.CharField(label="Name of a new one", required=False, max_length=MOST_LETTERS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["collection"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Collection.objects.filter(owner=user)

    def clean(self) -> dict[str, Any]:
        """Raises forms.ValidationError unless one is named."""
        data = super().clean() or {}
        if not self.errors and not data["collection"] and not data["name"].strip():
            raise forms.ValidationError("Choose a collection, or give a new one a name.")
        return data
