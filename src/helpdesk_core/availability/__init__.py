"""Who is there: absences, weekly schedules and recurring absences as intervals in UTC (A9-A13).

Available is who is not absent *and* is inside the weekly schedule, if there is one. `edges` is the
arithmetic of intervals, `zones` the clocks, `patterns` what goes on for ever, `members` one member
and the union of a team, `availability` the questions.
"""

from helpdesk_core.availability.availability import DEFAULT_HORIZON, Availability, Gap

__all__ = ["DEFAULT_HORIZON", "Availability", "Gap"]
