"""Tables and columns by their usual names. Rows are kept."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("upscaler", "0017_one_normal_form")]

    operations = [
        migrations.RemoveConstraint("knock", "knock_once_per_address"),
        migrations.RenameModel("Knock", "LoginAttempt"),
        migrations.RenameField("loginattempt", "door", "scope"),
        migrations.AddConstraint(
            "loginattempt",
            models.UniqueConstraint(fields=["scope", "address"], name="one_row_per_scope_and_address"),
        ),
        migrations.RemoveConstraint("job", "job_made_here_or_brought"),
        migrations.RenameField("job", "brought_json", "import_json"),
        migrations.AddConstraint(
            "job",
            models.CheckConstraint(
                condition=models.Q(("model__isnull", True), ("import_json__isnull", True), _connector="XOR"),
                name="job_made_here_or_imported",
            ),
        ),
        migrations.RenameField("job", "comparison", "comparison_version"),
        migrations.RenameField("sitesettings", "imports", "allows_url_import"),
        migrations.RenameField("user", "starts_jobs", "auto_upscale"),
        migrations.RenameField("worker", "busy_with", "activity"),
    ]
