"""The questions that follow a number: each gathers within a scope, asks a transform, and hands on."""
