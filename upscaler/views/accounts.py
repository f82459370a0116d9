"""Set-up, log-in, preferences and passwords."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, LogoutView, PasswordChangeView, redirect_to_login
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from upscaler.forms.accounts import LogInForm, NewPasswordForm, PreferencesForm, SetupForm
from upscaler.forms.sharing import SiteForm
from upscaler.models import SiteSettings, User
from upscaler.views.requests import person


@login_not_required
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Create the owner's account. This works only once."""
    if User.objects.exists():
        raise Http404
    form = SetupForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            if User.objects.exists():
                raise Http404
            user = form.save()
        settings.SETUP_TOKEN_FILE.unlink(missing_ok=True)
        login(request, user)
        return redirect("library")
    return render(request, "upscaler/setup.html", {"form": form})


@method_decorator(login_not_required, name="dispatch")
class LogInView(LoginView):
    """The log-in; on a server without accounts, a redirect to its set-up."""

    authentication_form = LogInForm
    template_name = "upscaler/log_in.html"
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not User.objects.exists():
            return redirect("setup")
        return super().dispatch(request, *args, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_invalid(form)
        if any(form.has_error(NON_FIELD_ERRORS, code) for code in (LogInForm.TOO_OFTEN, LogInForm.TOO_MANY)):
            response.status_code = 429
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, has_gallery=SiteSettings.read().shows_gallery)


class PasswordView(PasswordChangeView):
    """A change of one's own password. The person's other sessions end, since Django binds each to the password."""

    form_class = NewPasswordForm
    template_name = "upscaler/password.html"
    success_url = reverse_lazy("preferences")

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"request": self.request}

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Password changed. You're logged out everywhere else.")
        return super().form_valid(form)


class LogOutView(LogoutView):
    """The log-out. It changes the CSRF token, by which pages in the browser's cache know they're stale (base.js)."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().post(request, *args, **kwargs)
        rotate_token(request)
        return response


@login_not_required
def admin_log_in(request: HttpRequest) -> HttpResponse:
    """Redirect the admin's log-in page to ours. Raises PermissionDenied for a person who isn't staff."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    if not admin.site.has_permission(request):
        raise PermissionDenied
    return redirect("admin:index")


@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Edit the defaults of a person's uploads; for the server's owner, also the server's settings."""
    user = person(request)
    form = PreferencesForm(request.POST or None, instance=user)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("preferences")
    site = SiteForm(instance=SiteSettings.read()) if user.is_superuser else None
    return render(request, "upscaler/preferences.html", {"form": form, "site": site})
