"""Numbers that the method section of a paper needs about a campaign: as values, text and one HTML file."""

from galcore.report.html import report_html
from galcore.report.numbers import AnswerNumbers, CampaignReport, PersonNumbers, QuestionNumbers
from galcore.report.write import report_campaign

__all__ = [
    "AnswerNumbers",
    "CampaignReport",
    "PersonNumbers",
    "QuestionNumbers",
    "report_campaign",
    "report_html",
]
