"""Turns a run, or a validation alone, into `report.html` and `problems.csv`. Pure functions."""

from sync_core.report.data import LastSync, ReportData
from sync_core.report.html import report_html
from sync_core.report.problems_csv import problems_csv

__all__ = ["LastSync", "ReportData", "problems_csv", "report_html"]
