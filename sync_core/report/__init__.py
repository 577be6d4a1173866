"""Turns a run, or a validation alone, into `report.html` and `problems.csv`. Pure functions."""

from sync_core.report.data import LastSync, ReportData
from sync_core.report.html import index_html, report_html
from sync_core.report.index import ReportEntry
from sync_core.report.problems_csv import exports_csv, problems_csv

__all__ = [
    "LastSync",
    "ReportData",
    "ReportEntry",
    "exports_csv",
    "index_html",
    "problems_csv",
    "report_html",
]
