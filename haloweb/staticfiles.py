"""Static files whose names contain their hash, so that browsers can cache them forever."""

from __future__ import annotations

from servestatic.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Storage that rewrites ``import`` between ES modules, not only ``url()`` in style sheets."""

    support_js_module_import_aggregation = True
    manifest_strict = False
