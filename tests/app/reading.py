"""What a page shows, as a reader sees it."""

import re
from html import unescape
from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "dashboards" / "app.py"


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def words(app: AppTest) -> str:
    """The page's HTML as a reader sees it."""
    return unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", html(app), flags=re.DOTALL))


def cells(app: AppTest, name: str) -> list[str]:
    """The cells of the scorecard row of that short name."""
    table = html(app).split('class="bm-card"')[1].split("</table>")[0]
    row = next(r for r in table.split("<tr>") if f">{name}</a>" in r)
    return [
        " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
        for cell in re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL)
    ]


def lines(app: AppTest, caption: str) -> list[list[str]]:
    """The lines of the plain table of that caption, each as the texts of its cells."""
    table = html(app).split(f'aria-label="{caption}"')[1].split("</table>")[0]
    body = table.split("<tbody>")[1]
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[hd].*?</t[hd]>", row, flags=re.DOTALL)
        ]
        for row in body.split("</tr>")[:-1]
    ]
