"""The pages as an ASGI application."""

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from anyio import to_thread
from litestar import Litestar, Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

from talkcycle.rendering.pages.html import environment, pages_folder
from talkcycle.web.asked import Answer, Asked
from talkcycle.web.front import ASSETS, App, Front
from talkcycle.web.pages import Pages
from talkcycle.web.rates import Rates

STYLE, ICON = "style.css", "icon.svg"
MEDIA_TYPES = {STYLE: "text/css", ICON: "image/svg+xml"}
A_YEAR = "public, max-age=31536000, immutable"
LARGEST_BODY = 65_536
"""Five next steps of 300 letters and as many for their support, each of which can take twelve bytes."""
MOST_FIELDS = 40
FORM = "application/x-www-form-urlencoded"
OWN_SITE = frozenset({"same-origin", "none"})
PER_MINUTE_AND_ADDRESS = 300
"""A whole office may come from one address, and mail scanners open every link several times."""
PER_MINUTE_AND_LINK = 60

AnyRequest = Request[Any, Any, Any]


def asset(name: str) -> str:
    """The path of one of the files beside the pages; it is another one when the file is."""
    return f"/{ASSETS}/{sha256(_asset(name)).hexdigest()[:12]}-{name}"


def application(pages: Pages, **front: Any) -> App:
    """*pages* with everything before them. *front*: what tests put in the place of ``Front``'s own."""
    templates = environment()
    app = Litestar(
        route_handlers=_routes(pages),
        template_config=TemplateConfig(instance=JinjaTemplateEngine.from_environment(templates)),
        exception_handlers={HTTPException: partial(_refused, pages), Exception: partial(_broken, pages)},
        request_max_body_size=LARGEST_BODY,
        openapi_config=None,
        logging_config=None,
        debug=False,
    )

    def notice(name: str, status: int) -> App:
        async def answer(scope: Any, receive: Any, send: Any) -> None:
            request: AnyRequest = app.request_class(scope, receive, send)
            shown = pages.desk.notice(name, request.headers.get("accept-language", ""), status=status)
            text = templates.get_template(shown.template).render(shown.values)
            headers = {"retry-after": "60"} if status == 429 else {}
            response = Response(text, media_type="text/html", status_code=status, headers=headers)
            await response.to_asgi_response(app=None, request=request)(scope, receive, send)

        return answer

    defaults: dict[str, Any] = {
        "by_address": Rates(most=PER_MINUTE_AND_ADDRESS, per=60),
        "by_link": Rates(most=PER_MINUTE_AND_LINK, per=60),
    }
    return Front(
        app=app,
        prefix=pages.desk.prefix,
        busy=notice("busy", 429),
        broken=notice("broken", 500),
        log=pages.desk.log,
        **(defaults | front),
    )


def _routes(pages: Pages) -> list[Any]:
    @get(f"/{ASSETS}/{{name:str}}")
    async def style(request: AnyRequest) -> Response[bytes]:
        for own, media_type in MEDIA_TYPES.items():
            if asset(own) == request.url.path:
                return Response(_asset(own), media_type=media_type, headers={"cache-control": A_YEAR})
        raise HTTPException(status_code=404)

    @get(["/{token:str}", "/{token:str}/{path:path}"])
    async def look(request: AnyRequest) -> Response[Any]:
        return await _answered(pages, request, fields=None)

    @post(["/{token:str}", "/{token:str}/{path:path}"])
    async def send(request: AnyRequest) -> Response[Any]:
        return await _answered(pages, request, fields=await _fields(request))

    return [style, look, send]


async def _fields(request: AnyRequest) -> dict[str, str]:
    """What a form sent. Nothing where it was sent from another site, or as no form sends it: then it has no pass."""
    foreign = request.headers.get("sec-fetch-site", "same-origin") not in OWN_SITE
    body = await request.body()
    if foreign or request.headers.get("content-type", "").partition(";")[0].strip() != FORM:
        return {}
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


async def _answered(pages: Pages, request: AnyRequest, fields: Mapping[str, str] | None) -> Response[Any]:
    asked = Asked(
        token=request.path_params["token"],
        path=request.path_params.get("path", "").strip("/"),
        fields=fields,
        done=request.query_params.get("done", ""),
        languages=request.headers.get("accept-language", ""),
    )
    return _response(await to_thread.run_sync(pages.answer, asked))


def _response(answer: Answer) -> Response[Any]:
    if answer.location:
        return Response("", status_code=answer.status, media_type="text/plain", headers={"location": answer.location})
    return Template(
        template_name=answer.template, context=dict(answer.values), status_code=answer.status, media_type="text/html"
    )


def _refused(pages: Pages, request: AnyRequest, refusal: HTTPException) -> Response[Any]:
    """What is not there looks like a link that opens nothing, whatever is asked of it and how."""
    if refusal.status_code >= 500:
        return _broken(pages, request, refusal)
    status = refusal.status_code if refusal.status_code == 413 else 404
    return _response(pages.desk.notice("refused", request.headers.get("accept-language", ""), status=status))


def _broken(pages: Pages, request: AnyRequest, failure: Exception) -> Response[Any]:
    pages.desk.log.error("a page failed", error=type(failure).__name__)
    return _response(pages.desk.notice("broken", request.headers.get("accept-language", ""), status=500))


def _asset(name: str) -> bytes:
    return (pages_folder() / "own" / name).read_bytes()
