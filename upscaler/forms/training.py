"""The forms that start a training run and publish a point of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from upscaler.jobs.actions.run_versions import version_named
from upscaler.media.files import source_path
from upscaler.models import CaptureState, Dataset, ModelState, UpscaleModel, User
from upscaler.pipeline.core.errors import PipelineError, Refused
from upscaler.training.networks.shapes import shapes_in, spec_of_shapes
from upscaler.training.networks.spec import Architecture, NetworkSpec
from upscaler.training.publishing.versions import Version
from upscaler.training.trainer.recipe import CrispRecipe, TrainingRecipe

TRAINABLE_ARCHITECTURES = ("RealESRGAN Compact", "ESRGAN")
"""spandrel's names of Compact and RRDBNet."""
AS_BASE, CUSTOM = "base", "custom"
SIZES = {
    "64x16": NetworkSpec(),
    "48x8": NetworkSpec(features=48, blocks=8),
    "24x8": NetworkSpec(features=24, blocks=8),
    "rrdb-64x23": NetworkSpec(Architecture.RRDB, 64, 23),
}
SIZE_CHOICES = [
    (AS_BASE, "Same as the base model"),
    ("64x16", "Compact 64x16: as realesr-animevideov3"),
    ("48x8", "Compact 48x8: 3.3 times less work"),
    ("24x8", "Compact 24x8: 12 times less work"),
    ("rrdb-64x23", "RRDBNet 64x23: 29 times more work, for GPUs"),
    (CUSTOM, "Custom: set under Advanced"),
]
ERAS = [
    ("2001-2008", "2001 to 2008: DivX, WMV, Flash and others, 160 to 480 lines"),
    ("320x240", "320x240: the same codecs, one size"),
    ("capture card", "Capture card: analogue capture before the codecs"),
    ("synthetic", "Synthetic: Real-ESRGAN's blur, noise and JPEG, no codecs"),
]
"""The names of the recipes in ``training.degradation.eras``, which web processes don't load."""
UNITS = {"minutes": 60, "hours": 3600}
MAX_SECONDS = 30 * 24 * 3600
TEACHER_SHARE = 0.5
TILE_MARGIN = 16
"""Pixels by which samples are larger than patches, so that each epoch cuts other patches out of them."""
SNAPSHOTS = 40
"""Snapshots that the time of a run is divided into, at least one every 5 minutes."""
SHORTEST_SNAPSHOT = 15.0
"""Seconds."""
ADVANCED = (
    *("architecture", "features", "blocks", "teacher", "steps", "batch", "patch", "rate"),
    *("twins", "samples", "precision", "seed"),
)


class RunForm(forms.Form):
    """What to train, on what, for how long."""

    dataset = forms.ModelChoiceField(queryset=Dataset.objects.none(), label="Dataset", empty_label=None)
    name = forms.CharField(
        label="Name", max_length=120, required=False, help_text="For this list. Leave it empty to use the dataset's."
    )
    base = forms.ModelChoiceField(
        queryset=UpscaleModel.objects.none(), required=False, label="Base model", empty_label="None: train from scratch"
    )
    size = forms.ChoiceField(label="Network", choices=SIZE_CHOICES, initial=AS_BASE)
    amount = forms.IntegerField(label="Train for", min_value=1, initial=2)
    unit = forms.ChoiceField(label="Unit", choices=[(unit, unit) for unit in UNITS], initial="hours")
    era = forms.ChoiceField(label="Old clips to imitate", choices=ERAS)
    crisp = forms.BooleanField(
        required=False,
        label="Crisp stage",
        help_text="Trades accuracy for sharpness. Start it from a model that was trained on this dataset without it.",
    )
    yields = forms.BooleanField(
        required=False, initial=True, label="Pause while videos are upscaled",
        help_text="The run continues automatically after that.",
    )  # fmt: skip
    architecture = forms.ChoiceField(
        label="Architecture", choices=[("compact", "Compact"), ("rrdb", "RRDBNet")], required=False
    )
    features = forms.IntegerField(label="Features", min_value=4, max_value=256, initial=64, required=False)
    blocks = forms.IntegerField(label="Blocks", min_value=1, max_value=64, initial=16, required=False)
    teacher = forms.BooleanField(
        required=False,
        label="Learn from the base model's output, too",
        help_text="For a smaller network.",
    )
    steps = forms.IntegerField(
        label="Steps", min_value=1, max_value=10**7, required=False, help_text="In place of a time."
    )
    batch = forms.IntegerField(label="Batch", min_value=1, max_value=256, initial=8, required=False)
    patch = forms.IntegerField(label="Patch in pixels", min_value=8, max_value=256, initial=48, required=False)
    rate = forms.FloatField(label="Learning rate", min_value=1e-7, max_value=0.1, initial=2e-4, required=False)
    twins = forms.IntegerField(label="Degradations per burst", min_value=1, max_value=64, initial=12, required=False)
    samples = forms.IntegerField(
        label="Samples per degradation", min_value=1, max_value=2000, initial=160, required=False
    )
    precision = forms.ChoiceField(
        label="Precision", choices=[(each, each) for each in ("auto", "fp32", "bf16", "fp16")], required=False
    )
    seed = forms.IntegerField(label="Seed", min_value=0, max_value=2**31 - 1, initial=0, required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        datasets, base = self.fields["dataset"], self.fields["base"]
        assert isinstance(datasets, forms.ModelChoiceField) and isinstance(base, forms.ModelChoiceField)
        own = Dataset.objects.filter(owner=user, captures__state=CaptureState.READY)
        datasets.queryset = own.distinct()
        base.queryset = UpscaleModel.objects.filter(
            state=ModelState.READY, scale=4, architecture__in=TRAINABLE_ARCHITECTURES
        )
        base.initial = base.queryset.first()
        self.fields["rate"].widget.attrs["step"] = "any"

    @property
    def advanced(self) -> list[BoundField]:
        return [self[name] for name in ADVANCED]

    @property
    def has_advanced_errors(self) -> bool:
        return self.is_bound and any(name in self.errors for name in ADVANCED)

    def clean(self) -> dict[str, Any]:
        """Add "network", "recipe" and "preparation". What doesn't fit together is an error of its field."""
        data = super().clean() or {}
        if self.errors:
            return data
        if data["amount"] * UNITS[data["unit"]] > MAX_SECONDS:
            self.add_error("amount", "At most 30 days.")
        if data["crisp"] and data["base"] is None:
            self.add_error("crisp", "The crisp stage starts from a trained model. Choose a base model, or turn it off.")
        try:
            data["network"] = self._network(data)
        except PipelineError as error:
            self.add_error("base" if data["size"] == AS_BASE else "size", error.message)
        if self.errors:
            return data
        data["recipe"] = self._recipe(data)
        data["preparation"] = {
            "era": data["era"],
            "twins": data["twins"] or 12,
            "samples": data["samples"] or 160,
            "tile": data["recipe"].patch + TILE_MARGIN,
            "seed": data["seed"] or 0,
        }
        return data

    def _network(self, data: dict[str, Any]) -> NetworkSpec:
        """Return the network to train. Raises Refused if the base model has no such network in it."""
        base = _spec_of(data["base"]) if data["base"] is not None else None
        if data["size"] == AS_BASE:
            if base is None:
                raise Refused("Without a base model, choose the network's size.")
            return base
        wanted = SIZES.get(data["size"]) or NetworkSpec(
            Architecture(data["architecture"] or "compact"), data["features"] or 64, data["blocks"] or 16
        )
        if base is not None and not _fits(base, wanted):
            raise Refused(
                f"The base model is a {base.title}, and a {wanted.title} can't be cut out of it. "
                "Choose a smaller Compact, or train from scratch."
            )
        return wanted

    def _recipe(self, data: dict[str, Any]) -> TrainingRecipe:
        time = float(data["amount"] * UNITS[data["unit"]])
        usual = TrainingRecipe(steps=1)
        return TrainingRecipe(
            network=data["network"],
            crisp=CrispRecipe() if data["crisp"] else None,
            teacher_share=TEACHER_SHARE if data["teacher"] and data["base"] is not None else 0.0,
            steps=data["steps"] or 0,
            seconds=0.0 if data["steps"] else time,
            batch=data["batch"] or usual.batch,
            patch=data["patch"] or usual.patch,
            rate=data["rate"] or usual.rate,
            seed=data["seed"] or 0,
            precision=data["precision"] or "auto",
            snapshot_seconds=min(usual.snapshot_seconds, max(SHORTEST_SNAPSHOT, time / SNAPSHOTS)),
        )


class PublishForm(forms.Form):
    """A version of a model. ``version`` is one that doesn't exist yet."""

    name = forms.CharField(label="Name and version", max_length=60)
    licence = forms.CharField(label="Licence", max_length=120, required=False)
    notes = forms.CharField(label="Notes", max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    step = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def clean_name(self) -> Version:
        try:
            return version_named(self.cleaned_data["name"])
        except Refused as error:
            raise forms.ValidationError(error.message) from error


def _fits(base: NetworkSpec, wanted: NetworkSpec) -> bool:
    """Can training start from ``base``: is it the same network, or a Compact that is cut down?"""
    same = (base.architecture, base.features, base.blocks) == (wanted.architecture, wanted.features, wanted.blocks)
    are_compact = base.architecture is wanted.architecture is Architecture.COMPACT
    return same or (are_compact and wanted.features <= base.features and wanted.blocks <= base.blocks)


def _spec_of(model: UpscaleModel) -> NetworkSpec:
    """Return a model's network, read from the header of its file. Raises PipelineError if it can't be trained."""
    if model.builtin_name:
        path = model.weights.path
        assert path is not None  # those without a file have another architecture
        return spec_of_shapes(shapes_in(path))
    with source_path(model.key) as path:
        return spec_of_shapes(shapes_in(path))
