"""What went wrong with a question, said in our words."""

from streams.adapters.openai import Completion, Refused, Unanswered
from streams.extract.openai.parse import Answer
from streams.extract.openai.retry import Kind, Trouble

LENGTH, FILTERED = "length", "content_filter"
_OVERLOADED = frozenset({503, 529})
_UNPAID = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"})


def trouble_of(outcome: Refused | Unanswered) -> Trouble:
    """Why there is no completion."""
    if isinstance(outcome, Unanswered):
        message = f"model server: {outcome.message}"
        if not outcome.reached:
            return Trouble("busy", message, reached=False, of_server=True)
        return Trouble("late" if outcome.timed_out else "unknown", message)
    kind, meaning = _meaning(outcome)
    answer = f"model server: {outcome.status}{f' {outcome.code}' if outcome.code else ''}"
    return Trouble(
        kind,
        f"{answer}: {meaning}",
        retry_after_s=outcome.retry_after_s,
        finish_reason=FILTERED if outcome.code == FILTERED else None,
        of_server=kind == "blocked" or outcome.status in _OVERLOADED,
    )


def _meaning(refused: Refused) -> tuple[Kind, str]:
    match refused.status:
        case 401 | 403:
            return "blocked", "TURNLOG_OPENAI_API_KEY is missing or not accepted"
        case 402:
            return "blocked", "the account is not paid"
        case 429 if refused.code in _UNPAID:
            return "blocked", "the account's quota is spent"
        case 404 | 405 if not refused.explains:
            return "blocked", "TURNLOG_OPENAI_BASE_URL is no model server"
        case 404:
            return "permanent", "it does not know this model"
        case 429:
            return "busy", "too many requests"
        case status if status == 408 or status in _OVERLOADED:
            return "busy", "overloaded"
        case status if status >= 500 or status == 409:
            return "unknown", "it failed"
        case _ if refused.code == FILTERED:
            return "permanent", "its filter keeps the text out"
        case _ if refused.names_the_form:
            return "permanent", "it cannot hold an answer to a strict JSON schema (response_format json_schema)"
        case _:
            return "permanent", "it does not accept the question"


def unusable(completion: Completion, answer: Answer) -> Trouble | None:
    """Why an answer is none. One that was cut off is one, as far as it goes: its whole facts stand."""
    reason = completion.finish_reason
    if reason == FILTERED:
        return Trouble("permanent", "the model's filter kept the answer back", finish_reason=reason)
    if completion.refusal:
        return Trouble("unusable", "the model refused to answer", finish_reason="refusal")
    if not answer.is_exact:
        return Trouble("unusable", "the model's facts have not the form that was asked for", finish_reason=reason)
    if not answer.is_whole and reason != LENGTH:
        return Trouble("unusable", "the model's answer is no JSON of the form asked for", finish_reason=reason)
    return None
