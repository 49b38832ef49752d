"""Names of the demo bank's borrowers: invented, made from the borrower's number, in both scripts.

Nothing is drawn for them, so that no figure of the bank depends on there being names. Who the borrowers are
belongs in `borrowers`, what is known of them in `firms`.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

_STEMS: Final = (
    *(("青禾", "Qinghe"), ("林岳", "Linyue"), ("恒舟", "Hengzhou"), ("博远", "Boyuan")),
    *(("澄江", "Chengjiang"), ("启明", "Qiming"), ("瑞川", "Ruichuan"), ("云石", "Yunshi")),
    *(("兴垣", "Xingyuan"), ("嘉木", "Jiamu"), ("东曜", "Dongyao"), ("盛陵", "Shengling")),
    *(("海融", "Hairong"), ("天枢", "Tianshu"), ("华棠", "Huatang"), ("明翰", "Minghan")),
    *(("泰禾", "Taihe"), ("安沐", "Anmu"), ("宏砚", "Hongyan"), ("金岚", "Jinlan")),
    *(("同泽", "Tongze"), ("长垣", "Changyuan"), ("新辰", "Xinchen")),
)
_SECONDS: Final = (
    *(("", ""), ("达", "da"), ("源", "yuan"), ("信", "xin"), ("德", "de"), ("通", "tong")),
    *(("晟", "sheng"), ("成", "cheng"), ("利", "li"), ("科", "ke"), ("隆", "long"), ("和", "he")),
    ("景", "jing"),
)
_TRADES: Final = {
    "0": (("农业", "Agriculture"), ("生态农牧", "Farming"), ("矿业", "Mining")),
    "1": (("食品", "Foods"), ("纺织", "Textiles"), ("服饰", "Apparel")),
    "2": (("化工", "Chemicals"), ("新材料", "Advanced Materials"), ("医药", "Pharmaceuticals")),
    "3": (("精密机械", "Precision Machinery"), ("装备", "Equipment"), ("电子", "Electronics")),
    "4": (("建筑工程", "Construction"), ("电力", "Power"), ("仪器", "Instruments")),
    "5": (("商贸", "Trading"), ("物流", "Logistics"), ("供应链", "Supply Chain")),
    "6": (("信息技术", "Information Technology"), ("软件", "Software"), ("餐饮", "Catering")),
    "7": (("租赁", "Leasing"), ("科技服务", "Technology Services"), ("工程设计", "Engineering")),
    "8": (("环保", "Environmental"), ("文化传媒", "Media"), ("健康", "Health")),
    "9": (
        ("公共服务", "Public Services"),
        ("社会服务", "Social Services"),
        ("会展", "Exhibitions"),
    ),
}
"""What an enterprise does, by the first figure of its industry."""
_SURNAMES: Final = (
    *(("周", "Zhou"), ("沈", "Shen"), ("陆", "Lu"), ("顾", "Gu"), ("韩", "Han"), ("唐", "Tang")),
    *(("许", "Xu"), ("罗", "Luo"), ("梁", "Liang"), ("宋", "Song"), ("郑", "Zheng"), ("谢", "Xie")),
    *(("邓", "Deng"), ("曹", "Cao"), ("彭", "Peng"), ("曾", "Zeng"), ("萧", "Xiao")),
)
_GIVEN: Final = (
    *(("岚", "Lan"), ("文博", "Wenbo"), ("思远", "Siyuan"), ("若溪", "Ruoxi"), ("建安", "Jian'an")),
    *(
        ("宁", "Ning"),
        ("子衡", "Ziheng"),
        ("雨桐", "Yutong"),
        ("海峰", "Haifeng"),
        ("静怡", "Jingyi"),
    ),
    *(("志诚", "Zhicheng"), ("佳音", "Jiayin"), ("明哲", "Mingzhe")),
)
_PUBLIC: Final = (
    *(("公共事务中心", "Public Affairs Centre"), ("市政养护中心", "Municipal Works Centre")),
    ("社会事业中心", "Social Works Centre"),
)


def names() -> pl.Expr:
    """The name of a borrower, from its `borrower_id`, `borrower_type` and `industry_code`."""
    number = pl.col("borrower_id").str.extract(r"(\d+)$").cast(pl.Int64)
    person = _one(number, _SURNAMES, 0) + _one(number // 17, _GIVEN, 0) + pl.lit(" ")
    person += _one(number, _SURNAMES, 1) + pl.lit(" ") + _one(number // 17, _GIVEN, 1)
    stems = [_one(number, _STEMS, at) + _one(number // 23, _SECONDS, at) for at in (0, 1)]
    trades = [_trade(number // 299, at) for at in (0, 1)]
    offices = [_one(number // 299, _PUBLIC, at) for at in (0, 1)]
    firm = pl.format("{}{}有限公司 {} {} Co., Ltd.", stems[0], trades[0], stems[1], trades[1])
    office = pl.format("{}{} {} {}", stems[0], offices[0], stems[1], offices[1])
    kind = pl.col("borrower_type")
    return (
        pl.when(kind == "public")
        .then(office)
        .when(kind == "enterprise")
        .then(firm)
        .otherwise(person)
        .alias("borrower_name")
    )


def _one(number: pl.Expr, known: Sequence[tuple[str, str]], script: int) -> pl.Expr:
    """The word whose turn it is, in Chinese or in Latin letters."""
    texts = [pair[script] for pair in known]
    return (number % len(texts)).replace_strict(dict(enumerate(texts)), return_dtype=pl.String)


def _trade(number: pl.Expr, script: int) -> pl.Expr:
    first = pl.col("industry_code").str.extract(r"^[A-Z]?(\d)")
    return pl.coalesce(
        *(
            pl.when(first == figure).then(_one(number, known, script))
            for figure, known in _TRADES.items()
        ),
        _one(number, _TRADES["5"], script),
    )
