"""Values as the office writes them: dates of its years, and whole numbers without a point.

JSON Schema calls 2.0 an integer. Nobody writes a score, a level or a quota so, and it is refused.
"""

from datetime import date

import schemathesis
from hypothesis import strategies

DAYS = strategies.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31))
schemathesis.openapi.format("date", DAYS.map(date.isoformat))


def written(value):
    """The same value, its whole numbers without a point."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: written(member) for name, member in value.items()}
    if isinstance(value, list):
        return [written(item) for item in value]
    return value


@schemathesis.hook
def map_body(context, body):
    return written(body)
