"""Dates as this bank writes them: YYMMDD in the Japanese era."""

from datetime import date

# The first day of each era, and the western year before its year 1.
_ERAS = ((date(2019, 5, 1), 2018), (date(1989, 1, 8), 1988))
NO_DATE = "000000"


def era_date(day: date) -> str:
    """Return YYMMDD; ValueError for a day before the oldest era known here."""
    for begins, year_before in _ERAS:
        if day >= begins:
            return f"{day.year - year_before:02d}{day:%m%d}"
    raise ValueError(f"{day} lies before 平成")
