"""What an answer of Slack, or the lack of one, means for the message it was about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
from slack_sdk.errors import SlackApiError

from alerts.errors import CardRefused, ChannelRefused, DeliveryError, Later, MessageGone, RouteRefused, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping

RATE_LIMITED = "ratelimited"
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500
_LONGEST_WAIT = 24 * 60 * 60  # seconds; a longer Retry-After is a mistake

LATER = frozenset(
    {"ratelimited", "rate_limited", "service_unavailable", "request_timeout", "team_added_to_org", "org_login_required"}
)
CARD = frozenset(
    {
        "no_text",
        "msg_too_long",
        "msg_blocks_too_long",
        "markdown_text_conflict",
        "too_many_attachments",
        "too_many_contact_cards",
        "attachment_payload_limit_exceeded",
        "block_mismatch",
        "metadata_must_be_sent_from_app",
        "metadata_too_large",
        "missing_file_data",
        "invalid_arguments",
        "invalid_arg_name",
        "invalid_array_arg",
        "invalid_charset",
        "invalid_form_data",
        "invalid_json",
        "invalid_post_type",
        "json_not_object",
        "missing_post_type",
    }
)
CARD_PREFIXES = ("invalid_blocks", "invalid_metadata", "metadata_")
CHANNEL = frozenset(
    {
        "channel_not_found",
        "not_in_channel",
        "is_archived",
        "ekm_access_denied",
        "messages_tab_disabled",
        "cannot_reply_to_message",
        "external_channel_migrating",
        "method_not_supported_for_channel_type",
    }
)
GONE = frozenset(
    {
        "message_not_found",
        "cant_update_message",
        "edit_window_closed",
        "is_inactive",
        "thread_not_found",
        "invalid_thread_ts",  # of a parent that another way out had shown
    }
)
CHANNEL_PREFIXES = ("restricted_action", "slack_connect_")
ROUTE = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "not_allowed_token_type",
        "accesslimited",
        "access_denied",
        "two_factor_setup_required",
        "message_limit_exceeded",
        "no_permission",
        "team_access_not_granted",
        "team_not_found",
        "enterprise_is_restricted",
        "method_deprecated",
        "deprecated_endpoint",
    }
)

# What the SDK lets out when an answer is not the JSON it expects: AttributeError for text and for JSON that is no
# object, ValueError for bytes that are no text, TypeError and KeyError where it takes an answer for a mapping.
CALL_ERRORS = (
    SlackApiError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    AttributeError,
    ValueError,
    TypeError,
    KeyError,
)


def classify(error: BaseException) -> DeliveryError:
    """Return what went wrong with a call as the kind of error that says what to do about it.

    Only what surely was not accepted counts as such. An answer that cannot be read, any 5xx, and an error code
    nobody has heard of are Unclear: Slack's own pages say that a part may have succeeded.
    """
    if isinstance(error, SlackApiError):
        return _answered(error.response)
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
        return RouteRefused("bad-api-url", f"slack.api_url is no address that can be called: {error}")
    if isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)):
        return Later("not-connected", str(error))
    if isinstance(error, TimeoutError):
        return Unclear("timeout", "no answer in time")
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return Unclear("connection-lost", f"{type(error).__name__}: {error}")
    return Unclear("unreadable-answer", f"{type(error).__name__}: {error}")


def _answered(response: Any) -> DeliveryError:
    """Judge an answer by its status and body; the SDK hands over its own object, or aiohttp's for broken JSON."""
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    data = getattr(response, "data", None)
    if status == _TOO_MANY_REQUESTS:
        return Later(RATE_LIMITED, after=retry_after(getattr(response, "headers", {})))
    if isinstance(status, int) and status >= _SERVER_ERROR:
        return Unclear(f"http-{status}", _words(data))
    code = data.get("error") if isinstance(data, dict) else None
    if not isinstance(code, str):
        return Unclear("unreadable-answer", f"HTTP {status}, {_words(data)}")
    return refusal(code, _words(data))


def refusal(code: str, detail: str = "") -> DeliveryError:
    """Return the kind of error that Slack's error code stands for."""
    if code in LATER:
        return Later(code, detail)
    if code in CARD or code.startswith(CARD_PREFIXES):
        return CardRefused(code, detail)
    if code in CHANNEL or code.startswith(CHANNEL_PREFIXES):
        return ChannelRefused(code, detail)
    if code in GONE:
        return MessageGone(code, detail)
    if code in ROUTE:
        return RouteRefused(code, detail)
    return Unclear(code, detail)


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return the wait that an answer asks for in seconds, at most a day; None when it asks for none."""
    value = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    try:
        return timedelta(seconds=min(max(float(value), 1), _LONGEST_WAIT))
    except ValueError:  # also "nan": timedelta refuses it
        return None


def _words(data: object) -> str:
    """Return what Slack says beside the code: the parts of a message it disliked, or the scope it wants."""
    if not isinstance(data, dict):
        return f"a body of {type(data).__name__}" if data is not None else "no readable body"
    said = [*_list(data.get("errors")), *_list(_messages(data))]
    if needed := data.get("needed"):
        said.append(f"needed: {needed}, provided: {data.get('provided')}")
    return "; ".join(str(part) for part in said)


def _messages(data: Mapping[str, Any]) -> object:
    metadata = data.get("response_metadata")
    return metadata.get("messages") if isinstance(metadata, dict) else None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
