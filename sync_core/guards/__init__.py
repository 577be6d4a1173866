"""Compares an export with the baseline of its feed, and holds what would deactivate too many.

An upload is the whole truth: whoever is missing from it is deactivated. Read in this order:
`entities` names what is counted, `collecting` reads it while a set is validated, `baseline` is what
is kept of a night, `compare` counts what changed, `rules` turns a change into a hold, `hold` puts
these together, `decisions` says what a person may decide about it. `baseline_store` and
`decision_store` keep both in blobs. `model.guards` declares every guard with its limit,
`model.holds` the documents. All modules but `decisions` and `decision_store` load numpy, so import
them only where a set is compared.
"""
