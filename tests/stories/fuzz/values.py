"""Values as the office writes them: dates of its years, and whole numbers without a point.

JSON Schema calls 2.0 an integer. Nobody writes a score, a level or a quota so, and it is refused. A moment
the log hasn't reached is refused too, and no document can say where the log ends.
"""

from datetime import date, datetime

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


def reached(moment):
    """A moment of the log, for any other; what is no moment stays as it is."""
    if moment.isascii() and moment.isdigit() and len(moment) < 20 and int(moment) > 20:
        return "20"
    try:
        datetime.fromisoformat(moment)
    except ValueError:
        return moment
    return "2020-12-01T08:00:00Z" if "T" in moment else moment


@schemathesis.hook
def map_query(context, query):
    if query and isinstance(query.get("as_of"), str):
        query["as_of"] = reached(query["as_of"])
    return query
