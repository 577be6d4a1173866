"""Compares an export with the baseline of its feed, and holds what would deactivate too many.

School Data Sync deactivates everyone who is missing from an upload. Read in this order:
`formats.entities` names what is counted, `collecting` collects it while a set is validated,
`population` and `digests` are what it collects, `baseline` is what is stored of a night, `compare`
counts what changed, `rules` turns a change into a hold, `hold` puts these together, `places` and
`preview` show what would change, `decisions` says what a person may decide about it.
`baseline_store` and `decision_store` keep both in blobs. `model.guards` declares every guard with
its limit, `model.holds` the documents. All modules but `decisions` and `decision_store` load numpy,
so import them only where a set is compared.
"""
