import unicodedata

from django.db import migrations


def join_collections(apps, schema_editor):
    """Names of collections are kept in normal form C from now on; two that read the same become one."""
    collections = apps.get_model("upscaler", "Collection").objects
    for collection in collections.all():
        name = unicodedata.normalize("NFC", collection.name)[:100]
        if name == collection.name:
            continue
        if same := collections.filter(owner=collection.owner_id, name=name).first():
            same.videos.add(*collection.videos.values_list("pk", flat=True))
            collection.delete()
        else:
            collections.filter(pk=collection.pk).update(name=name)


def join_views(apps, schema_editor):
    """The same of saved views; of two, the one that has the name already stays."""
    views = apps.get_model("upscaler", "SavedView").objects
    for view in views.all():
        name = unicodedata.normalize("NFC", view.name)[:60]
        if name == view.name:
            continue
        if views.filter(owner=view.owner_id, name=name).exists():
            view.delete()
        else:
            views.filter(pk=view.pk).update(name=name)


class Migration(migrations.Migration):

    dependencies = [
        ('upscaler', '0016_changes_nothing'),
    ]

    operations = [
        migrations.RunPython(join_collections, migrations.RunPython.noop),
        migrations.RunPython(join_views, migrations.RunPython.noop),
    ]
