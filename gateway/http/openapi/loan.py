"""What the description says of the loan."""

from typing import Annotated

from pydantic import Field

from gateway.domain.errors import NotFoundHere
from gateway.http.openapi.fields import Shown, Yen
from gateway.http.openapi.operation import Gives, Operation, Tag


class Loan(Shown):
    """What is owed and what may be borrowed."""

    limit: Yen
    principal: Yen
    reserved: Annotated[Yen, Field(description="What open transfers hold.")]
    available: Annotated[Yen, Field(description="What may be asked for now.")]
    suspense: Annotated[Yen, Field(description="What is owed to the member.")]
    advances_stopped: bool


GET_LOAN = Operation(
    "getLoan",
    Tag.LOAN,
    "See what is owed and what is available",
    {200: Gives("The loan as it is now", Loan)},
    problems=(NotFoundHere,),
)
