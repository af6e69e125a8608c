"""A page, its findings and its verdict as the desks' scripts need them: every word already said."""

from typing import Any

from flask import url_for

from station.words import catalogue, has_words, language, number, words
from web.saying import MARKS

_RANK = {"error": 0, "warning": 1, "info": 2}


def page_data(page: Any) -> dict[str, Any]:
    """``page``: a station PageView. Boxes are fractions of the proof picture."""
    findings = sorted((finding_data(finding) for finding in page.findings), key=lambda one: _RANK.get(one["level"], 3))
    return {
        "id": page.id,
        "sheet": page.sheet_id,
        "label": page.sheet_label,
        "face": page.face,
        "position": page.position,
        "ready": page.ready,
        "size": [page.width_mm, page.height_mm],
        "gone": page.state == "superseded" or page.sheet_state == "superseded",
        "blank": bool(page.blank),
        "returned": page.verdict is not None and page.verdict.verdict == "return",
        "title": title(page),
        "under": under(page),
        "caption": caption(page, findings),
        "findings": findings,
        "flag": worst(findings),
        "badge": badge(page, findings),
        "thumb": picture(page, "thumb"),
        "proof": picture(page, "proof"),
        "whole": picture(page, "whole"),
        "full": picture(page, "full"),
        "spread": page.spread,
    }


_LOOSE = "sau"
"""Ends the label of a back that waits to be joined with its front (batches.sheets)."""


def title(page: Any) -> str:
    """Tờ 46 · mặt trước; a back that is not joined yet has no sheet's number of its own."""
    if page.sheet_label.endswith(_LOOSE):
        return words("console.page.loose_back", number=page.sheet_label.removesuffix(_LOOSE))
    return words("console.page.title", sheet=page.sheet_label, face=words(f"face.{page.face}"))


def under(page: Any) -> str:
    """The line below a thumbnail: 46 trước."""
    if page.sheet_label.endswith(_LOOSE):
        return words("console.thumb.loose_back", number=page.sheet_label.removesuffix(_LOOSE))
    return words(f"console.thumb.{page.face}", sheet=page.sheet_label)


def picture(page: Any, kind: str) -> str:
    return url_for("picture.show", page_id=page.id, kind=kind, v=page.revision)


def finding_data(finding: Any) -> dict[str, Any]:
    decided = finding.state != "open"
    check, hint = finding.check, finding.hint
    return {
        "id": finding.id,
        "check": check,
        "level": finding.level,
        "mark": "✓" if decided else MARKS.get(finding.level, "·"),
        "name": finding_words(check, hint, "title") or check,
        "line": measured(finding),
        "cure": " ".join(filter(None, (finding_words(check, hint, "cause"), finding_words(check, hint, "cure")))),
        "box": list(finding.box_fraction) if finding.box_fraction else None,
        "decided": decided,
    }


def finding_words(check: str, hint: str, part: str, **values: Any) -> str:
    """The words of a finding: those of its hint, else those of its check; empty where there are none."""
    for key in (f"finding.{check}.{hint}.{part}", f"finding.{check}.{part}"):
        if has_words(key):
            return words(key, **values)
    return ""


def measured(finding: Any) -> str:
    """Value and limit in the check's own words; plain numbers where it has none."""
    value, limit = finding.value, finding.limit
    sentence = _sentence(finding.check, finding.hint)
    if sentence and not (("{value" in sentence and value is None) or ("{limit" in sentence and limit is None)):
        return finding_words(finding.check, finding.hint, "sentence", value=value, limit=limit)
    if value is None:
        return ""
    if limit is None:
        return words("console.finding.value", value=number(value))
    return words("console.finding.measured", value=number(value), limit=number(limit))


def _sentence(check: str, hint: str) -> str:
    entries = catalogue(language())
    keys = (f"finding.{check}.{hint}.sentence", f"finding.{check}.sentence")
    return next((entries.raw(key) for key in keys if key in entries), "")


def worst(findings: list[dict[str, Any]]) -> str:
    """The worst level still open: error, warning or nothing."""
    levels = [one["level"] for one in findings if not one["decided"] and one["level"] in ("error", "warning")]
    return min(levels, key=lambda level: _RANK[level], default="")


def badge(page: Any, findings: list[dict[str, Any]]) -> dict[str, str] | None:
    """What stands on a thumbnail: the worst open finding, else what the page is."""
    if page.verdict is not None and page.verdict.verdict == "return":
        return {"kind": "error", "text": "↩ " + words("console.badge.returned")}
    flag = worst(findings)
    if flag:
        first = next(one for one in findings if one["level"] == flag and not one["decided"])
        return {"kind": flag, "text": f"{first['mark']} {short_name(first['check'], first['name'])}"}
    if page.sheet_state == "separator":
        return {"kind": "plain", "text": "⁋ " + words("console.badge.separator")}
    if page.blank:
        return {"kind": "plain", "text": "□ " + words("console.badge.blank")}
    if page.spread is not None:
        return {"kind": "plain", "text": "◫ " + words("console.spread.badge")}
    return None


def short_name(check: str, name: str) -> str:
    """What fits on a thumbnail: "mờ nét"."""
    key = f"console.short.{check}"
    return words(key) if has_words(key) else name


def caption(page: Any, findings: list[dict[str, Any]]) -> str:
    """Tờ 46 · mặt trước · thẳng 0,1° · không có cảnh báo."""
    parts = [title(page)]
    if not page.ready:
        return " · ".join([*parts, words("console.page.working")])
    if page.skew is not None:
        parts.append(words("console.page.straight", degrees=abs(page.skew)))
    if page.blank:
        parts.append(words("console.page.blank_by_person" if page.blank_by_person else "console.page.blank"))
    elif not worst(findings):
        parts.append(words("console.page.clean"))
    return " · ".join(parts)


def batch_finding(finding: Any) -> dict[str, Any]:
    """A finding of the batch as a whole, with the pages it speaks of and, from a slip, the document. ``finding``: a row of
    the records."""
    about = finding.pages or {}
    return {
        "id": finding.id,
        "mark": MARKS.get(finding.level, "·") if finding.state == "open" else "✓",
        "level": finding.level,
        "check": finding.check_id,
        "name": finding_words(finding.check_id, finding.hint, "title") or finding.check_id,
        "line": finding_words(
            finding.check_id, finding.hint, "sentence", value=finding.value or 0, limit=finding.limit_value or 0
        ),
        "document": about.get("document"),
        "pages": list(about.get("pages", ())),
    }
