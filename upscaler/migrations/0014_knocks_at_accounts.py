import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('upscaler', '0013_worker_busy_with'),
    ]

    operations = [
        # made anew: what is in it holds for a quarter of an hour
        migrations.DeleteModel(
            name='Knock',
        ),
        migrations.CreateModel(
            name='Knock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('door', models.CharField(max_length=80)),
                ('address', models.CharField(max_length=64)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('since', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('door', 'address'), name='knock_once_per_address')],
            },
        ),
    ]
