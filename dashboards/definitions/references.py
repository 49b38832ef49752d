"""Reference tables as readers call them: what each holds, where it comes from, what its columns are.

The tables themselves, and the long account of each, stand in `transforms.reference`. Cells that are given in
English only have their Chinese in `chinese.yaml`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import polars as pl

from dashboards.definitions.voice import Voice
from dashboards.i18n import Language
from transforms.catalogue.model import Label


@dataclass(frozen=True)
class ReferenceTable:
    """A reference table: what it is called, what it holds and decides, and how sure it is."""

    title: Label
    holds: Label
    provenance: Label


REFERENCES: Final[Mapping[str, ReferenceTable]] = MappingProxyType(
    {
        "admin_divisions": ReferenceTable(
            Label("Administrative divisions", "行政区划"),
            Label(
                "Provinces and prefectures, and the innovation clusters they belong to.",
                "省级、地级行政区划及所属科创中心集群。",
            ),
            Label(
                "Codes in the form of GB/T 2260, from two public lists that agree (editions up to 2023).",
                "GB/T 2260 格式代码，取自两份一致的公开清单（截至2023年版）。",
            ),
        ),
        "enterprise_size_standard": ReferenceTable(
            Label("Enterprise sizes", "企业划型标准"),
            Label(
                "Least staff, revenue and assets of large, medium and small enterprises, by sector.",
                "各行业大、中、小型企业的人员、营业收入和资产下限。",
            ),
            Label(
                "工信部联企业〔2011〕300号, read from public copies; the scope of sectors is not verified.",
                "工信部联企业〔2011〕300号，取自公开文本；行业范围未核实。",
            ),
        ),
        "gbt4754_2017": ReferenceTable(
            Label("Industry classification GB/T 4754-2017", "国民经济行业分类"),
            Label(
                "Sections, divisions, groups and classes of industries; every industry view rests on it.",
                "行业门类、大类、中类、小类；所有行业口径均以此为准。",
            ),
            Label(
                (
                    "GB/T 4754-2017 with the 2019 amendment, compared row by row with a second list; "
                    "English names are not official."
                ),
                "GB/T 4754-2017（含2019年修改单），与另一份清单逐行比对；英文名称非官方译名。",
            ),
        ),
        "green_catalogue": ReferenceTable(
            Label("Green catalogues", "绿色产业目录"),
            Label(
                "Items of the green catalogues by edition and the day they take effect.",
                "各版绿色产业（项目）目录的条目及施行日期。",
            ),
            Label(
                "The documents are named in each row; level 1 of 2019, 2024 and 2025 is verified.",
                "依据文件逐行列示；2019、2024、2025年版一级目录已核实。",
            ),
        ),
        "green_editions": ReferenceTable(
            Label("Editions of the green catalogue", "绿色目录适用版本"),
            Label(
                "Which edition a loan's tag may come from, by its date of approval.",
                "按审批日期确定贷款绿色标识可采用的目录版本。",
            ),
            Label("The source is named in each row.", "来源逐行列示。"),
        ),
        "high_tech_industry": ReferenceTable(
            Label("High-technology industries", "高技术产业分类"),
            Label(
                "Classes of high-technology manufacturing (2017) and services (2018).",
                "高技术制造业（2017）与高技术服务业（2018）小类。",
            ),
            Label(
                "National Bureau of Statistics; manufacturing agrees with a second list.",
                "国家统计局；制造业部分与另一份清单一致。",
            ),
        ),
        "holidays": ReferenceTable(
            Label("Working days", "工作日历"),
            Label(
                "Days off and weekends worked for them; deadlines and run rates count by it.",
                "法定节假日及调休上班日；报送期限与进度推算以此为准。",
            ),
            Label(
                "Notices of the State Council's General Office as a public package keeps them; not compared.",
                "国务院办公厅放假安排通知，取自公开软件包；未逐日比对。",
            ),
        ),
        "ip_patent_intensive_industry": ReferenceTable(
            Label("Patent-intensive industries", "知识产权（专利）密集型产业"),
            Label(
                "Classes of the 2019 list, which technology loans include.",
                "2019年分类所列小类，计入科技贷款。",
            ),
            Label(
                "National Bureau of Statistics, a public extract; the count equals the published one.",
                "国家统计局，公开摘录；类目总数与公布数一致。",
            ),
        ),
        "naics_sectors": ReferenceTable(
            Label("Sectors of NAICS 2007", "北美行业分类（NAICS 2007）"),
            Label(
                "Industry sections of books that are coded in NAICS.",
                "以 NAICS 编码的台账所用行业门类。",
            ),
            Label(
                "US Census Bureau; the Chinese names are this product's own.",
                "美国普查局；中文名称为本产品自译。",
            ),
        ),
        "npl_tolerance_rules": ReferenceTable(
            Label("Rules of the NPL tolerance", "不良容忍度规则"),
            Label(
                "Dated rules: of which loans, over which base, by how many percentage points.",
                "按日期生效的容忍度规则：适用贷款、基准及百分点。",
            ),
            Label(
                "Basis and confidence are stated row by row. A bank adds rows of its own.",
                "依据与可信度逐行列示；银行可增补自己的规则。",
            ),
        ),
        "pboc_tech_loan_items": ReferenceTable(
            Label("Items of technology loans", "科技贷款统计项目"),
            Label(
                "Lists and industries that make a loan a technology loan, item by item.",
                "科技贷款统计的各个项目及判定方法。",
            ),
            Label(
                "As seen in a public implementation, not an official text.",
                "取自公开实现，非官方文本。",
            ),
        ),
        "restricted_industries": ReferenceTable(
            Label("Industries to retreat from", "压降类行业名单"),
            Label(
                "Dated lists: overcapacity, two-high, energy-intensive.",
                "按日期生效的产能过剩、“两高”、高耗能行业名单。",
            ),
            Label(
                "The documents are named in each row; which classes they mean is this product's reading.",
                "依据文件逐行列示；对应行业小类由本产品判定。",
            ),
        ),
        "sei_2018_by_class": ReferenceTable(
            Label("Strategic emerging industries (2018)", "战略性新兴产业分类（2018）"),
            Label(
                "Which classes belong to strategic industries, whole or in part, and to which field.",
                "属于战略性新兴产业的行业小类（整类或部分）及所属领域。",
            ),
            Label(
                (
                    "国家统计局令第23号（2018）, read from a public extract; about 16 classes are missing, "
                    "unverified rows are off."
                ),
                "国家统计局令第23号（2018），取自公开摘录；约缺16个小类，未核实的行默认不启用。",
            ),
        ),
        "thresholds": ReferenceTable(
            Label("Thresholds", "阈值参数"),
            Label(
                "Dated numbers that conditions of definitions name.",
                "定义条款引用的数值，按日期生效。",
            ),
            Label("Source and confidence are stated row by row.", "来源与可信度逐行列示。"),
        ),
    }
)
"""By the name of the table."""

_HEADINGS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "assets_large_min_10k_cny": ("Assets, large from (10k CNY)", "资产：大型下限（万元）"),
        "assets_medium_min_10k_cny": ("Assets, medium from (10k CNY)", "资产：中型下限（万元）"),
        "assets_small_min_10k_cny": ("Assets, small from (10k CNY)", "资产：小型下限（万元）"),
        "base": ("Base", "基准"),
        "basis": ("Basis", "依据"),
        "catalogue": ("List", "目录"),
        "check": ("Compared", "比对情况"),
        "class": ("Class", "小类"),
        "code": ("Code", "代码"),
        "confidence": ("Confidence", "可信度"),
        "day": ("Day", "日期"),
        "default_from": ("Assumed for approvals from", "审批日起默认采用"),
        "default_treatment": ("Treatment", "默认处理"),
        "delta_pp": ("Plus (pp)", "加（百分点）"),
        "division": ("Division", "大类"),
        "document": ("Document", "文件"),
        "edition": ("Edition", "版本"),
        "effect": ("Effect", "效力"),
        "effective": ("In force from", "施行日期"),
        "employees_large_min": ("Staff, large from", "人员：大型下限"),
        "employees_medium_min": ("Staff, medium from", "人员：中型下限"),
        "employees_small_min": ("Staff, small from", "人员：小型下限"),
        "family": ("Family", "类别"),
        "from_date": ("From", "起"),
        "gbt_class": ("Class", "行业小类"),
        "gbt_code": ("Code", "行业代码"),
        "gbt_name_zh": ("Chinese name", "行业名称"),
        "gbt_scope": ("Industries", "行业范围"),
        "group": ("Group", "中类"),
        "in_bth": ("Beijing-Tianjin-Hebei", "京津冀"),
        "in_gba": ("Greater Bay Area", "粤港澳大湾区"),
        "in_yrd": ("Yangtze delta", "长三角"),
        "in_yrd_core27": ("Yangtze delta, core 27", "长三角中心区27城"),
        "inclusive": ("Inclusive loans", "普惠贷款"),
        "innovation_centre_cluster": ("Innovation cluster", "科创中心集群"),
        "item": ("Item", "项目"),
        "kind": ("Kind", "类型"),
        "l1_en": ("Category", "一级类（英文）"),
        "l1_zh": ("Category, Chinese", "一级类"),
        "l2_zh": ("Subcategory, Chinese", "二级类"),
        "last_approval": ("Last approval", "审批日截止"),
        "level": ("Level", "层级"),
        "list_id": ("List", "名单"),
        "list_name_zh": ("List, Chinese", "名单名称"),
        "name": ("Name", "名称"),
        "name_en": ("English name", "英文名称"),
        "name_zh": ("Chinese name", "名称"),
        "name_zh_variant": ("Other spelling", "另一写法"),
        "note": ("Note", "说明"),
        "n_sei_categories": ("Categories", "类目数"),
        "pinyin": ("Pinyin", "拼音"),
        "portfolio": ("Portfolio", "适用贷款"),
        "prefix": ("Prefix", "代码前缀"),
        "province_code": ("Province", "省级代码"),
        "revenue_large_min_10k_cny": ("Revenue, large from (10k CNY)", "营收：大型下限（万元）"),
        "revenue_medium_min_10k_cny": ("Revenue, medium from (10k CNY)", "营收：中型下限（万元）"),
        "revenue_small_min_10k_cny": ("Revenue, small from (10k CNY)", "营收：小型下限（万元）"),
        "row_source": ("Source", "来源"),
        "rule_id": ("Rule", "规则"),
        "scope": ("Scope", "适用范围"),
        "scope_note_zh": ("Scope, Chinese", "范围说明"),
        "section": ("Section", "门类"),
        "sector_en": ("Sector", "行业（英文）"),
        "sector_id": ("No.", "序号"),
        "sector_zh": ("Sector, Chinese", "行业"),
        "sei_l1_codes": ("SEI fields", "战新领域"),
        "sei_l2_codes": ("SEI items", "战新二级类目"),
        "separately_planned_city": ("Separately planned city", "计划单列市"),
        "source": ("Source", "来源"),
        "starred": ("In part only", "是否部分计入"),
        "stat_code": ("Statistical code", "统计代码"),
        "test": ("Test", "判定方法"),
        "to_date": ("To", "止"),
        "unit": ("Unit", "单位"),
        "valid_from": ("From", "起"),
        "valid_to": ("To", "止"),
        "value": ("Value", "数值"),
        "view": ("By", "判定角度"),
    }
)
"""Headings of columns, by their name; a column that a bank adds is called as it calls it."""

_ENGLISH_ONLY: Final = frozenset({"name_en", "l1_en", "sector_en", "pinyin"})
"""Columns that a Chinese reader does not need: the same stands beside them in Chinese."""


def title(name: str, language: Language) -> str:
    """What a table is called; a table that is not known here, by its name."""
    known = REFERENCES.get(name)
    return language.pick(known.title.en, known.title.zh) if known else name


def heading(column: str, language: Language) -> str:
    """What a column is called."""
    return language.pick(*_HEADINGS.get(column, (column, column)))


def columns(table: pl.DataFrame, language: Language) -> tuple[str, ...]:
    """The columns that a reader of that language is shown."""
    return tuple(
        column for column in table.columns if language is Language.EN or column not in _ENGLISH_ONLY
    )


def cells(row: Mapping[str, str | None], shown: Sequence[str], voice: Voice) -> list[str]:
    """The cells of a row, those that are given in English only in the reader's language."""
    return [voice.own(row[column] or "") for column in shown]
