"""The style sheet of the pages' own tables, for light and dark ground."""

from dashboards.markup import Style
from dashboards.palette import MARKS
from transforms.scorecards import Status


def sheet(style: Style) -> str:
    """The style sheet of the tables."""
    ground = style.ground
    colours = "".join(
        f".bm-{status.name.lower()}{{color:{mark.colour(dark=style.dark)}}}"
        for status, mark in MARKS.items()
    )
    return f"""<style>
[data-testid="stMainBlockContainer"]{{padding-left:2.2rem;padding-right:2.2rem}}
.bm{{color:{ground.ink};font-size:14px;line-height:1.3;font-variant-numeric:tabular-nums}}
.bm a{{color:inherit;text-decoration:none;border-bottom:1px solid {ground.rule}}}
.bm a:hover,.bm a:focus-visible{{border-bottom-color:currentColor}}
.bm small,.bm-quiet{{color:{ground.quiet};font-size:12px;font-weight:400}}
.bm-strip{{overflow:hidden;color:{ground.quiet};font-size:12.5px}}
.bm-strip>div{{display:flex;flex-wrap:wrap;gap:3px 0;margin-left:-13px}}
.bm-strip span.bm-item{{padding:0 12px;border-left:1px solid {ground.rule};white-space:nowrap}}
.bm-strip b{{color:{ground.ink};font-weight:600}}
.bm-message{{font-size:16px;line-height:1.45;margin:0;max-width:110ch}}
.bm-wide{{overflow-x:auto}}
.bm table{{border-collapse:collapse;width:100%}}
.bm th,.bm td{{padding:4px 8px;text-align:left;vertical-align:middle;
border-bottom:1px solid {ground.rule};border-top:0;border-left:0;border-right:0}}
.bm thead th{{color:{ground.quiet};font-size:12px;font-weight:400;vertical-align:bottom;
border-bottom:1px solid {ground.quiet};line-height:1.2}}
.bm tbody th{{font-weight:600}}
.bm th:first-child,.bm td:first-child{{padding-left:0}}
.bm .bm-number{{text-align:right;white-space:nowrap}}
.bm-card{{table-layout:fixed;min-width:960px}}
.bm-card tbody tr{{height:44px}}
.bm-card tbody th,.bm-card td{{overflow:hidden;text-overflow:ellipsis}}
.bm-card small{{display:block;line-height:1.25;white-space:nowrap;overflow:hidden;
text-overflow:ellipsis}}
.bm-card img{{display:block;max-width:100%}}
.bm-card .bm-value{{font-weight:600;font-size:15px}}
.bm small .bm-origin{{border:1px solid {ground.rule};border-radius:3px;padding:0 4px;
margin-right:5px;font-size:11px}}
.bm-card td.bm-note{{font-size:12.5px;color:{ground.quiet};line-height:1.3}}
.bm-card td.bm-note span{{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;
overflow:hidden}}
.bm-reasons td,.bm-reasons th{{vertical-align:top}}
.bm-reasons tbody th{{font-weight:400;width:38%}}
.bm-card td.bm-change{{font-size:13px;white-space:normal}}
.bm-mark{{white-space:nowrap}}
.bm-mark.bm-not_comparable,.bm-mark.bm-not_applicable{{white-space:normal;font-size:12.5px}}
.bm-mark b{{font-weight:600}}
.bm-no_target b,.bm-not_comparable b,.bm-not_applicable b{{font-weight:400}}
.bm-grid{{min-width:960px;font-size:13px}}
.bm-grid th:first-child{{position:sticky;left:0;z-index:1;background:{ground.page}}}
.bm-grid thead th{{min-width:52px}}
.bm-grid td.bm-number,.bm-grid th.bm-number{{padding-left:6px;padding-right:2px}}
.bm-grid tbody tr:hover td,.bm-grid tbody tr:hover th{{background:{ground.bands[2]}}}
.bm-grid tr.bm-group th,.bm-grid tr.bm-group td{{border-bottom-color:{ground.quiet};
padding-top:12px;font-weight:600}}
.bm-grid tr.bm-whole th,.bm-grid tr.bm-whole td{{padding-top:6px;font-weight:600}}
.bm-grid tbody th{{white-space:nowrap;font-weight:400}}
.bm-grid tr.bm-branch th{{padding-left:14px}}
.bm-grid .bm-glyph{{display:inline-block;width:1.15em;text-align:right}}
.bm ul.bm-list{{list-style:none;margin:0;padding:0}}
.bm ul.bm-list li{{padding:5px 0;border-bottom:1px solid {ground.rule};margin:0;font-size:14px}}
.bm-list small{{display:block}}
.bm-card td:last-child{{padding-right:0}}
.bm small.bm-doubt{{display:block;font-size:11.5px;line-height:1.2;white-space:normal}}
.bm-grid small.bm-doubt{{white-space:nowrap}}
.bm-plain{{font-size:13px}}
.bm-plain tbody th{{font-weight:400}}
.bm-plain td,.bm-plain tbody th{{vertical-align:top}}
.bm-plain td.bm-cell,.bm-plain th.bm-cell{{white-space:nowrap}}
.bm-plain tr.bm-whole th,.bm-plain tr.bm-whole td{{font-weight:600;border-bottom-color:{ground.quiet}}}
.bm-plain tbody tr:hover td,.bm-plain tbody tr:hover th{{background:{ground.bands[2]}}}
.bm-good{{color:{MARKS[Status.MET].colour(dark=style.dark)}}}
.bm-watch{{color:{MARKS[Status.NEAR].colour(dark=style.dark)}}}
.bm-bad{{color:{MARKS[Status.MISSED].colour(dark=style.dark)}}}
.bm-open{{color:{ground.quiet}}}
.bm-strip .bm-state b{{color:inherit}}
.bm-state{{white-space:nowrap}}
.bm-wrap .bm-state{{white-space:normal}}
.bm-state b{{font-weight:600}}
.bm-good b,.bm-open b{{font-weight:400;color:{ground.quiet}}}
.bm details>summary{{cursor:pointer}}
.bm-record{{margin:4px 0 0;display:grid;grid-template-columns:max-content 1fr;gap:0 10px;font-size:12.5px}}
.bm-record dt{{color:{ground.quiet}}}
.bm-record dd{{margin:0;overflow-wrap:anywhere}}
{colours}
</style>"""
