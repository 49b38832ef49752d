"""The style sheet of the pages' own tables, for light and dark ground."""

from dashboards.i18n import Language
from dashboards.markup import Style
from dashboards.palette import MARKS
from transforms.scorecards import Status


def sheet(style: Style) -> str:
    """The style sheet of the tables."""
    ground = style.ground
    favourable = MARKS[Status.MET].colour(dark=style.dark)
    colours = "".join(
        f".bm-{status.name.lower()}{{color:{mark.colour(dark=style.dark)}}}"
        for status, mark in MARKS.items()
    )
    return f"""<style>
[data-testid="stMainBlockContainer"]{{padding-left:1.9rem;padding-right:1.9rem}}
[data-testid="stMainBlockContainer"]>[data-testid="stVerticalBlock"]{{gap:.7rem}}
[data-testid="stMainBlockContainer"] h1{{padding:0}}
[data-testid="stMainBlockContainer"] h2{{padding:.5rem 0 .6rem}}
[data-testid="stMainBlockContainer"] h3{{padding:.5rem 0 .3rem}}
a:focus-visible,[tabindex]:focus-visible,summary:focus-visible{{
outline:2px solid {favourable};outline-offset:2px;border-radius:2px}}
[data-testid="stCaptionContainer"]{{opacity:1}}
[data-testid="stCaptionContainer"] p{{color:{ground.quiet}}}
[data-testid="stBaseButton-primary"] p,[data-testid="stBaseButton-primaryFormSubmit"] p{{
color:{ground.page}}}
.bm{{color:{ground.ink};font-size:14px;line-height:1.3;font-variant-numeric:tabular-nums}}
.bm a{{color:inherit;text-decoration:underline;text-decoration-color:{ground.faint};
text-decoration-thickness:1px;text-underline-offset:3px}}
.bm a:hover,.bm a:focus-visible{{text-decoration-color:currentColor}}
.bm small,.bm-quiet{{color:{ground.quiet};font-size:12px;font-weight:400}}
.bm-unseen{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);
white-space:nowrap}}
.bm-crumbs ol{{list-style:none;margin:0;padding:0;display:flex;flex-wrap:wrap;gap:0}}
.bm-crumbs li{{margin:0;font-size:13px;line-height:24px}}
.bm-crumbs li+li::before{{content:"›";color:{ground.quiet};padding:0 7px}}
.bm-crumbs [aria-current]{{font-weight:600}}
.bm-strip{{overflow:hidden;color:{ground.quiet};font-size:12.5px}}
.bm-strip>div{{display:flex;flex-wrap:wrap;gap:0;margin-left:-13px}}
.bm-strip span.bm-item{{padding:0 12px;border-left:1px solid {ground.rule};line-height:24px}}
.bm-strip b{{color:{ground.ink};font-weight:600}}
.bm-message{{font-size:15px;line-height:1.45;margin:0;max-width:110ch}}
.bm-score{{font-size:14px;margin:0;white-space:nowrap}}
.bm-score b{{font-size:19px;font-weight:600}}
.bm-wide{{overflow-x:auto}}
.bm table{{border-collapse:collapse;width:100%}}
.bm th,.bm td{{padding:4px 8px;text-align:left;vertical-align:middle;
border-bottom:1px solid {ground.rule};border-top:0;border-left:0;border-right:0}}
.bm thead th{{color:{ground.quiet};font-size:12px;font-weight:400;vertical-align:bottom;
border-bottom:1px solid {ground.quiet};line-height:1.2}}
.bm tbody th{{font-weight:600}}
.bm th:first-child,.bm td:first-child{{padding-left:0}}
.bm .bm-number{{text-align:right;white-space:nowrap}}
.bm-card{{table-layout:fixed;min-width:980px}}
.bm-card tbody tr{{height:40px}}
.bm-card th,.bm-card td{{padding:3px 8px}}
.bm-card tbody tr:hover td,.bm-card tbody tr:hover th{{background:{ground.bands[2]}}}
.bm-card small{{display:block;line-height:1.25}}
.bm-card tbody th small{{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}}
.bm-card img{{display:block;max-width:100%}}
.bm-card .bm-value{{font-weight:600;font-size:15px}}
.bm sup.bm-origin{{font-size:12px;line-height:0;font-weight:400;color:{ground.quiet};
margin-left:3px;vertical-align:.35em;position:relative}}
.bm .bm-tag{{border:1px solid {ground.rule};border-radius:3px;padding:0 3px;
font-size:11px;font-weight:400;color:{ground.quiet};white-space:nowrap}}
.bm-card td.bm-note{{font-size:12.5px;color:{ground.quiet};line-height:1.3}}
.bm-card td.bm-note span{{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;
overflow:hidden}}
.bm-reasons td,.bm-reasons th{{vertical-align:top}}
.bm-reasons tbody th{{font-weight:400;width:38%}}
.bm-card td.bm-change{{font-size:13px}}
.bm .bm-go{{display:block;font-size:12px;line-height:1.25;min-height:24px;padding:4px 0 0;
white-space:nowrap}}
.bm .bm-go.bm-notes{{min-height:0;padding:0 0 3px}}
.bm-mark{{white-space:nowrap}}
.bm-mark.bm-not_comparable,.bm-mark.bm-not_applicable{{white-space:normal;font-size:12.5px}}
.bm-mark b{{font-weight:600}}
.bm-no_target b,.bm-not_comparable b,.bm-not_applicable b{{font-weight:400}}
.bm-grid{{min-width:960px;font-size:12.5px}}
.bm-grid th:first-child{{position:sticky;left:0;z-index:1;background:{ground.page}}}
.bm-grid thead th{{min-width:52px}}
.bm-grid th.bm-heading{{white-space:normal}}
.bm-grid td.bm-number,.bm-grid th.bm-number{{padding-left:5px;padding-right:1px}}
.bm-grid tbody td a{{display:inline-block;min-height:24px;line-height:24px;text-decoration:none}}
.bm-grid tbody td a:hover{{text-decoration:underline}}
.bm-grid tbody td,.bm-grid tbody th{{padding-top:1px;padding-bottom:1px}}
.bm-grid tbody th a{{display:inline-block;line-height:24px}}
.bm-grid tbody tr:hover td,.bm-grid tbody tr:hover th{{background:{ground.bands[2]}}}
.bm-grid tr.bm-group th,.bm-grid tr.bm-group td{{border-bottom-color:{ground.quiet};
padding-top:9px;font-weight:600}}
.bm-grid tr.bm-whole th,.bm-grid tr.bm-whole td{{font-weight:600}}
.bm-grid tbody th{{white-space:nowrap;font-weight:400}}
.bm-grid tr.bm-branch th{{padding-left:14px}}
.bm-grid tbody th a.bm-fold{{font-size:12px;color:{ground.quiet};padding:0 4px}}
.bm-grid .bm-glyph{{display:inline-block;width:1.15em;text-align:right}}
.bm ul.bm-list{{list-style:none;margin:0;padding:0}}
.bm ul.bm-list li{{padding:5px 0;border-bottom:1px solid {ground.rule};margin:0;font-size:14px}}
.bm-list small{{display:block}}
.bm-card th:last-child,.bm-card td:last-child{{padding-right:0}}
.bm small.bm-doubt{{display:block;font-size:11.5px;line-height:1.2;white-space:normal}}
.bm-card small.bm-doubt,.bm-grid small.bm-doubt{{white-space:nowrap}}
.bm-plain{{font-size:13px}}
.bm-plain tbody th{{font-weight:400}}
.bm-plain td,.bm-plain tbody th{{vertical-align:top}}
.bm-plain td.bm-cell,.bm-plain th.bm-cell{{white-space:nowrap}}
.bm-plain tr.bm-whole th,.bm-plain tr.bm-whole td{{font-weight:600;border-bottom-color:{ground.quiet}}}
.bm-plain tbody tr:hover td,.bm-plain tbody tr:hover th{{background:{ground.bands[2]}}}
.bm-good{{color:{favourable}}}
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
.bm dl.bm-points{{margin:0;padding:0;display:grid;gap:5px 14px;
grid-template-columns:minmax(7em,max-content) 1fr}}
.bm .bm-points dt{{color:{ground.quiet};margin:0;padding:0;font-size:13px}}
.bm .bm-points dd{{margin:0;padding:0;overflow-wrap:anywhere}}
.bm code{{font-size:.88em;color:inherit;background:none;padding:0;overflow-wrap:anywhere}}
.bm-figure{{font-size:22px;font-weight:600;margin:0}}
.bm-flag{{margin:6px 0 0}}
{colours}
{_SIDEBAR}
{_NARROW}
{_PRINT}
{_CHINESE if style.language is Language.ZH else ""}
</style>"""


_CHINESE = """[data-testid="stFileUploaderDropzone"] button p{font-size:0}
[data-testid="stFileUploaderDropzone"] button p::after{content:"选择文件";font-size:14px}
[data-testid="stFileUploaderDropzoneInstructions"] *{font-size:0}
[data-testid="stFileUploaderDropzoneInstructions"]::after{content:"或将文件拖到此处";font-size:13px}"""
"""Words that the frame has in English only, where a style can say them."""


_SIDEBAR = """[data-testid="stSidebarHeader"]{height:2.6rem;margin:0;padding-top:.4rem;padding-bottom:0}
[data-testid="stSidebarNav"]{padding-top:0}
[data-testid="stSidebarNavLink"]{height:24px;min-height:24px;margin:1px 0}
[data-testid="stNavSectionHeader"]{margin-top:3px;margin-bottom:0}
[data-testid="stSidebarUserContent"]{padding-top:.6rem;padding-bottom:1rem}
[data-testid="stSidebarUserContent"] [data-testid="stVerticalBlock"]{gap:.45rem}
[data-testid="stSidebarUserContent"] label{min-height:0;margin-bottom:1px}
[data-testid="stSidebarUserContent"] label p{font-size:12.5px}
[data-testid="stSidebarUserContent"] [data-baseweb="select"]>div{min-height:30px}
[data-testid="stSidebarUserContent"] [data-baseweb="select"]>div>div{padding-top:2px;padding-bottom:2px}"""
"""Pages and controls together fit a bank desktop without scrolling."""

_NARROW = """@media (max-width:760px){
[data-testid="stMainBlockContainer"]{padding-left:1rem;padding-right:1rem}
[data-testid="stMainBlockContainer"] [data-testid="stColumn"]{min-width:100%}
.bm-score{white-space:normal}
}"""
"""A small screen, or a large one at 200 %: tables scroll within the page, everything else wraps."""

_PRINT = """@media print{
@page{size:A4 landscape;margin:12mm}
[data-testid="stSidebar"],[data-testid="stHeader"],[data-testid="stToolbar"],
[data-testid="stMainBlockContainer"] [data-testid="stSelectbox"],
[data-testid="stMainBlockContainer"] [data-testid="stPopover"],
[data-testid="stMainBlockContainer"] [data-testid="stButton"]{display:none}
[data-testid="stApp"],[data-testid="stAppViewContainer"],[data-testid="stMain"]{
position:static;overflow:visible;height:auto;display:block}
.bm-wide{overflow:visible}
.bm-card,.bm-grid{min-width:0}
.bm tr,.bm li{break-inside:avoid}
.bm thead{display:table-header-group}
.bm a{text-decoration:none}
.bm-go{display:none}
}"""
"""On paper: no controls, nothing cut off, headings repeated, rows kept whole."""
