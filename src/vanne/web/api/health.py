"""Whether the server answers: open to whoever watches it, and says nothing else."""

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from vanne.web.api.models import Health
from vanne.web.api.route import Guarded, needs

router = APIRouter(prefix="/v1", tags=["server"], route_class=Guarded)


@router.get(
    "/health",
    response_model=Health,
    operation_id="getHealth",
    summary="Say that the server answers",
    response_description="It does.",
    **needs(None),
)
async def get_health() -> Response:
    """Answer whoever watches the server; needs no token, and is not counted against a limit.

    It says that the process answers, and not that the ledger can be written: a server whose ledger
    is gone must not be restarted for it.
    """
    return JSONResponse({"schema": "vanne/health/1", "status": "pass"})
