"""Jobs: what is run together."""

import dagster as dg

month = dg.define_asset_job(
    "month",
    selection=dg.AssetSelection.all(),
    description="One month from delivered book to published figures, checks included.",
)
