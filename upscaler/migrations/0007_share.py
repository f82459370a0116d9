import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('upscaler', '0006_comparison'),
    ]

    operations = [
        migrations.CreateModel(
            name='Knock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('address', models.CharField(max_length=64)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='SiteSettings',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shows_gallery', models.BooleanField(default=False)),
            ],
        ),
        migrations.AddField(
            model_name='share',
            name='allows_download',
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name='share',
            name='expires_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='share',
            name='in_gallery',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='share',
            name='note',
            field=models.TextField(blank=True, max_length=1000),
        ),
        migrations.AddField(
            model_name='share',
            name='password',
            field=models.CharField(blank=True, max_length=128),
        ),
        migrations.AddField(
            model_name='share',
            name='shows_progress',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='share',
            name='title',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.AddField(
            model_name='share',
            name='views',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name='share',
            index=models.Index(fields=['in_gallery', '-created_at'], name='share_in_gallery'),
        ),
        migrations.AddField(
            model_name='knock',
            name='share',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='knocks', to='upscaler.share'),
        ),
        migrations.AddConstraint(
            model_name='knock',
            constraint=models.UniqueConstraint(fields=('share', 'address'), name='knock_once_per_address'),
        ),
    ]
