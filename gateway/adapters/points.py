"""Where a call to a bank can be made to crash, by its operation."""

from dataclasses import dataclass

from gateway.domain.ports import Point


@dataclass(frozen=True, slots=True)
class Points:
    """Where a call of one operation can be made to crash."""

    before_slot: Point | None = None
    before_request: Point | None = None
    headers_sent: Point | None = None
    answer_begun: Point | None = None
    answered: Point | None = None


SUBMIT = Points(
    Point.SUBMIT_BEFORE_SLOT,
    Point.SUBMIT_BEFORE_REQUEST,
    Point.SUBMIT_HEADERS_SENT,
    Point.SUBMIT_ANSWER_BEGUN,
    Point.SUBMIT_ANSWERED,
)
INQUIRE = Points(before_request=Point.INQUIRY_BEFORE_REQUEST, answered=Point.INQUIRY_ANSWERED)
POINTS = {
    "submit": SUBMIT,
    "inquire": INQUIRE,
    "start_collection": SUBMIT,
    "inquire_collection": INQUIRE,
}
NO_POINTS = Points()
