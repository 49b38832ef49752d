"""Jobs: what is run together."""

import dagster as dg

from orchestration.partitions import MONTHS

month = dg.define_asset_job(
    "month",
    selection=dg.AssetSelection.all(),
    partitions_def=MONTHS,
    description="One month from delivered book to published figures, checks included.",
)
