"""What a form sends."""

from starlette.exceptions import HTTPException
from starlette.requests import Request

LONGEST_BODY = 4096
MOST_FIELDS = 10


async def field(request: Request, name: str) -> str:
    """Return a field of a posted form, or an empty text.

    Raises:
        HTTPException: the form is far larger than ours are (413), or does not say how large (411).
    """
    return (await fields(request)).get(name, "")


async def fields(
    request: Request, longest: int = LONGEST_BODY, most: int = MOST_FIELDS
) -> dict[str, str]:
    """Return the fields of a posted form; of two of one name, the last.

    Raises:
        HTTPException: the form is far larger than ours are (413), or does not say how large (411).
    """
    if "transfer-encoding" in request.headers:
        raise HTTPException(411)
    if not request.headers.get("content-length", "0").isdigit():
        raise HTTPException(400)
    if int(request.headers.get("content-length", "0")) > longest:
        raise HTTPException(413)
    async with request.form(max_files=0, max_fields=most) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}
