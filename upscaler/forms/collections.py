"""The choice of a collection: an existing one, or a new one."""

from __future__ import annotations

from typing import Any

from django import forms

from upscaler.library.collections import MAX_NAME_LENGTH
from upscaler.models import Collection, User


class GatherForm(forms.Form):
    """The collection to add several videos to, or to remove them from."""

    collection = forms.ModelChoiceField(
        queryset=Collection.objects.none(), label="Collection", required=False, empty_label="New collection"
    )
    name = forms.CharField(label="New collection name", required=False, max_length=MAX_NAME_LENGTH)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["collection"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Collection.objects.filter(owner=user)

    def clean(self) -> dict[str, Any]:
        """Return the data. Raises forms.ValidationError without a collection or a name."""
        data = super().clean() or {}
        if not self.errors and not data["collection"] and not data["name"].strip():
            raise forms.ValidationError("Choose a collection, or enter a name for a new one.")
        return data
