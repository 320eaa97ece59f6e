"""Campaigns as people meet them: cards, forms, links to join."""

from galcore.ui.campaigns.dialogs import ask_new_campaign
from galcore.ui.campaigns.join import follow_join_link, go_to_campaign
from galcore.ui.campaigns.overview import all_campaigns, offer_first_campaign, show_campaigns
from galcore.ui.campaigns.progress import CampaignProgress, measure_progress
from galcore.ui.campaigns.states import change_campaign_state, may_manage

__all__ = [
    "CampaignProgress",
    "all_campaigns",
    "ask_new_campaign",
    "change_campaign_state",
    "follow_join_link",
    "go_to_campaign",
    "may_manage",
    "measure_progress",
    "offer_first_campaign",
    "show_campaigns",
]
