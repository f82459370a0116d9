import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('upscaler', '0008_library'),
    ]

    operations = [
        migrations.AddField(
            model_name='sitesettings',
            name='imports',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folder', models.TextField()),
                ('looked_at', models.DateTimeField(null=True)),
                ('error', models.TextField(blank=True)),
                ('growing', models.PositiveIntegerField(default=0)),
                ('others', models.PositiveIntegerField(default=0)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='WatchedFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.TextField()),
                ('size', models.PositiveBigIntegerField()),
                ('mtime_ns', models.BigIntegerField()),
                ('inode', models.CharField(max_length=20)),
                ('reason', models.TextField(blank=True)),
                ('at', models.DateTimeField(auto_now=True)),
                ('video', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='upscaler.video')),
            ],
            options={
                'ordering': ['-at'],
            },
        ),
        migrations.AddField(
            model_name='upload',
            name='kind',
            field=models.CharField(default='other', max_length=20),
        ),
        migrations.AddField(
            model_name='user',
            name='default_kind',
            field=models.CharField(default='other', max_length=20),
        ),
        migrations.AddField(
            model_name='video',
            name='imported_from',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='video',
            name='kind',
            field=models.CharField(default='other', max_length=20),
        ),
        migrations.AlterField(
            model_name='video',
            name='state',
            field=models.CharField(choices=[('joining', 'Joining its parts'), ('fetching', 'Being fetched'), ('uploading', 'Uploading'), ('probing', 'Looking at it'), ('analysing', 'Measuring'), ('ready', 'Ready'), ('refused', 'Refused')], default='uploading', max_length=12),
        ),
    ]
