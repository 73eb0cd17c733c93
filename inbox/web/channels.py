"""The health of every way in and out, for whoever wonders why nothing arrives."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from inbox.edge import current_runtime, now, request_session
from inbox.services import accounts, connections
from inbox.web.access import current_user, staff_only

bp = Blueprint("channels", __name__, url_prefix="/desk/channels")


@bp.get("")
@staff_only
def show() -> ResponseReturnValue:
    runtime, user = current_runtime(), current_user()
    return render_template(
        "channels.html",
        connections=connections.find_all(request_session(), runtime.settings, runtime.profile, now=now()),
        sees_webhooks=accounts.may(user, accounts.WEBHOOKS),
        user=user,
    )
