"""Forms of accounts and preferences."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, UserCreationForm
from django.http import HttpRequest

from haloweb.secret import kept_secret
from upscaler.accounts.throttle import (
    address_of,
    count_attempt,
    count_log_in,
    forget_attempts,
    hashing,
    scope_of_account,
)
from upscaler.forms.job_form import height_field
from upscaler.forms.kinds import kind_field
from upscaler.forms.presets import PresetField
from upscaler.models import User
from upscaler.selectors.choices import models_ready, presets_available

PASSWORD_RULES = "At least 8 characters, and not a common password."  # noqa: S105  what a page says of one


class SetupForm(UserCreationForm):  # type: ignore[type-arg]
    """The owner's account, made by anyone who can read the server's output."""

    token = forms.CharField(
        label="Set-up token",
        help_text="Printed in the server's terminal at start, and saved in the data folder.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["token", "username", "password1", "password2"]

    class Meta:
        model = User
        fields = ["username"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].help_text = ""
        self.fields["username"].widget.attrs.pop("autofocus", None)
        self.fields["token"].widget.attrs["autofocus"] = True
        self.fields["password1"].help_text = PASSWORD_RULES
        self.fields["password2"].label = "Repeat password"
        self.fields["password2"].help_text = ""

    def clean_token(self) -> str:
        token: str = self.cleaned_data["token"].strip()
        if not secrets.compare_digest(token.encode(), kept_secret(settings.SETUP_TOKEN_FILE).encode()):
            raise forms.ValidationError("Wrong set-up token.")
        return token

    def save(self, commit: bool = True) -> User:
        user: User = super().save(commit=False)
        user.is_staff = user.is_superuser = True
        if commit:
            user.save()
        return user


class LogInForm(AuthenticationForm):
    """The log-in, with a limit on the attempts for a name and from an address: see accounts/throttle.py."""

    TOO_OFTEN = "too_often"
    TOO_MANY = "too_many"
    """Codes of errors."""

    error_messages = AuthenticationForm.error_messages | {
        TOO_OFTEN: "Too many wrong passwords for this account. Try again in 15 minutes.",
        TOO_MANY: "Too many attempts. Try again in 1 minute.",
    }

    def clean(self) -> dict[str, Any]:
        name, password = self.cleaned_data.get("username"), self.cleaned_data.get("password")
        if name is None or not password:
            return super().clean()
        assert self.request is not None
        scope, address = scope_of_account(name), address_of(self.request)
        if not count_log_in(address):
            raise forms.ValidationError(self.error_messages[self.TOO_MANY], self.TOO_MANY)
        if not count_attempt(scope=scope, address=address):
            raise forms.ValidationError(self.error_messages[self.TOO_OFTEN], self.TOO_OFTEN)
        with hashing:
            cleaned = super().clean()
        forget_attempts(scope=scope, address=address)
        return cleaned


class NewPasswordForm(PasswordChangeForm):
    """A change of one's own password. Wrong current passwords count like those of the log-in."""

    error_messages = PasswordChangeForm.error_messages | {"password_incorrect": "Wrong current password."}

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request
        self.fields["old_password"].label = "Current password"
        self.fields["new_password1"].help_text = PASSWORD_RULES
        self.fields["new_password2"].label = "Repeat new password"
        self.fields["new_password2"].help_text = ""

    def clean_old_password(self) -> str:
        scope, address = scope_of_account(self.user.get_username()), address_of(self._request)
        if not count_attempt(scope=scope, address=address):
            raise forms.ValidationError(LogInForm.error_messages[LogInForm.TOO_OFTEN], LogInForm.TOO_OFTEN)
        password: str = super().clean_old_password()
        forget_attempts(scope=scope, address=address)
        return password


class PreferencesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The defaults of a person's uploads."""

    class Meta:
        model = User
        fields = ["auto_upscale", "default_kind", "default_model", "default_preset", "default_height", "lists_library"]
        labels = {"auto_upscale": "Upscale new videos after upload", "lists_library": "Show the library as a list"}

    default_kind = kind_field("Default kind of video")
    default_preset = PresetField()
    default_height = height_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        model = self.fields["default_model"]
        assert isinstance(model, forms.ModelChoiceField)
        model.queryset = models_ready()
        model.label = "Model"
        model.empty_label = "Built-in model"
        presets = self.fields["default_preset"]
        assert isinstance(presets, PresetField)
        presets.offer(presets_available())
