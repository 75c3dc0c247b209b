"""The affiliate's page: the link with its code to scan, and what came of it."""

import io

import segno
from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from chassis.ids import new_id
from gateway import access, paging
from gateway.asking import gateway, gather
from gateway.notes import done

pages = Blueprint("affiliate", __name__)


@pages.get("/affiliate")
@access.members_only
def affiliate() -> ResponseReturnValue:
    found = gather(
        affiliate=access.begin("affiliates", "affiliate"),
        commissions=access.begin("affiliates", "commissions", **paging.asked()),
    )
    code = found["affiliate"]["code"]
    link = f"{gateway().settings.public_url}/?ref={code}" if code else None
    return render_template(
        "affiliate/affiliate.html",
        **found,
        link=link,
        qr=qr_code(link) if link else None,
        query=paging.query(),
    )


@pages.post("/affiliate")
@access.members_only
def join() -> ResponseReturnValue:
    access.ask("affiliates", "join", affiliate_id=new_id())
    return done("You are an affiliate now. Share your link.", url_for("affiliate.affiliate"))


def qr_code(text: str) -> Markup:
    """An inline SVG without style attributes, which the content security policy would refuse."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, nl=False
    )
    # Safe to mark: segno draws modules and writes none of the text into the picture.
    return Markup(drawn.getvalue().decode())  # noqa: S704
