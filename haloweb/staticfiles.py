"""Static files under names that hold their hash, so that browsers may keep them for ever."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Follows ``import`` between our ES modules too, not only ``url()`` in style sheets."""

    support_js_module_import_aggregation = True
    manifest_strict = False
