"""The names a template may use. What they mean is in ``values.py``, which makes them."""

GENERAL = frozenset(
    {
        "recipient_name",
        "organisation",
        "cycle_name",
        "hr_name",
        "hr_email",
        "hr_telephone",
        "is_employee",
        "is_manager",
        "confidentiality",
        "opt_out",
        "opt_out_policy",
        "strategy",
        "strategy_link",
        "window_first",
        "window_last",
        "notice_days",
        "page_link",
        "follow_up_link",
        "actions_link",
    }
)
ABOUT_A_TALK = frozenset(
    {
        "employee_name",
        "manager_name",
        "former_manager_name",
        "other_name",
        "day",
        "short_date",
        "time",
        "date_time",
        "other_zone_time",
        "former_date_time",
        "minutes",
        "place",
        "place_to_agree",
        "place_online",
        "agenda_points",
        "employee_has_mailbox",
        "opt_out_line",
    }
)
ABOUT_AN_ANSWER = frozenset({"other_times", "help_day"})
ABOUT_A_PROPOSAL = frozenset({"proposed_date_time", "proposed_by_you", "misfit", "keep_day"})
"""Of the texts that follow from somebody's answer."""
ABOUT_AN_AGREEMENT = frozenset({"next_steps", "to_confirm"})
"""Of the texts about what the two agreed."""
ONLY_IN_THE_BODY = frozenset({"next_steps"})
"""Not for a subject or a preheader, which a lock screen shows: people's own words."""
OF_A_MANAGERS_DIGEST = frozenset({"week", "lines", "more", "talks"})
OF_HRS_DIGEST = frozenset({"week", "lines", "counts"})
EVERY = (
    GENERAL
    | ABOUT_A_TALK
    | ABOUT_AN_ANSWER
    | ABOUT_A_PROPOSAL
    | ABOUT_AN_AGREEMENT
    | OF_A_MANAGERS_DIGEST
    | OF_HRS_DIGEST
)
ATTRIBUTES = frozenset(
    {
        *("title", "minutes", "leads", "questions"),
        *("need", "person", "count", "date_time", "employee", "place", "link"),
        *("talks", "placed", "invited", "this_week", "past", "cancelled", "opted_out", "unplaced"),
        *("held", "not_held", "followed_up", "open", "overdue"),
        *("what", "who", "yours", "by", "support"),
        *("index", "index0", "first", "last", "length"),
    }
)
"""What may stand behind a dot: of a point, a line or a talk of a digest, the counts, a next step, and Jinja's loop."""


def allowed_in(template: str) -> frozenset[str]:
    """The variables a mail template of that name may use."""
    match template:
        case "digest-manager":
            return GENERAL | OF_A_MANAGERS_DIGEST
        case "digest-hr":
            return GENERAL | OF_HRS_DIGEST
        case "time-declined" | "hr-help":
            return GENERAL | ABOUT_A_TALK | ABOUT_AN_ANSWER
        case "proposal":
            return GENERAL | ABOUT_A_TALK | ABOUT_A_PROPOSAL
        case "follow-up-nudge" | "to-confirm" | "agreed" | "due-soon" | "check-in":
            return GENERAL | ABOUT_A_TALK | ABOUT_AN_AGREEMENT
        case _:
            return GENERAL | ABOUT_A_TALK
