"""Evidence packs: a zip that lets a stranger recompute a figure, or a report, without this product.

`packing` makes them, `checking` finds what was tampered with. The rows behind figures come from
`orchestration.tracing`; who may see what is decided by the caller's scope.
"""
