"""The first fault of a file that was refused whole: a small JSON object."""

import re
from typing import Annotated

import httpx
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gateway.adapters.failure import OutcomeUnknown
from gateway.adapters.strict_json import NotStrict, loads

JSON = re.compile(r'application/json(\s*;\s*charset=("utf-8"|utf-8))?', re.ASCII | re.IGNORECASE)
DAY_FIELD = "取組日"
BARRED_FIELD = "受付停止"
# What the envelope of this one request may lack: something on the way may have spoiled it.
OF_THE_REQUEST = frozenset({"X-File-Id", "Content-Type", "query"})


class Fault(BaseModel):
    """`record` counts lines from 1, `offset` bytes from 0; `field` is the layout's name."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")

    record: Annotated[int, Field(ge=1)]
    offset: Annotated[int, Field(ge=0)]
    field: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,40}$")]
    message: str

    @property
    def is_day(self) -> bool:
        return self.record == 1 and self.field == DAY_FIELD

    @property
    def is_barred(self) -> bool:
        """Return whether the number is refused from now on, whatever comes under it."""
        return self.record == 1 and self.field == BARRED_FIELD

    @property
    def is_of_the_request(self) -> bool:
        """Return whether it is a fault of this request only: no word about the file."""
        return self.record == 1 and self.field in OF_THE_REQUEST


def read_fault(answer: httpx.Response) -> Fault:
    """Return the fault, or raise OutcomeUnknown: a refusal counts only if it is well-formed."""
    try:
        fault = Fault.model_validate(loads(answer.content))
    except (NotStrict, ValidationError) as error:
        raise OutcomeUnknown("MALFORMED", integrity=True) from error
    if not JSON.fullmatch(answer.headers.get("Content-Type", "").strip()):
        raise OutcomeUnknown("BAD_CONTENT_TYPE", integrity=True)
    return fault
