"""The words of signing in and of whose figures are shown, by key; `i18n` adds them to the others."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

SIGN_IN_MESSAGES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "si_bank": ("Loan portfolio structure and targets", "信贷结构与指标看板"),
        "si_needed": (
            (
                "These pages show a bank's figures to the people of that bank. Sign in with your usual "
                "account; you will see the branches that you are responsible for."
            ),
            "本看板仅供本行人员使用。请使用您的办公账号登录，登录后可查看您所负责机构的数据。",
        ),
        "si_ended": (
            "You signed in more than {hours} hours ago. Sign in again to go on.",
            "您的登录已超过 {hours} 小时，请重新登录。",
        ),
        "si_button": ("Sign in", "登录"),
        "si_again": ("Sign in as somebody else", "更换账号登录"),
        "si_out": ("Sign out", "退出登录"),
        "si_turned_away": ("You are signed in, and have no access", "您已登录，但没有访问权限"),
        "si_who": ("Signed in as {who}.", "当前登录账号：{who}。"),
        "si_no_name": (
            (
                "Your account does not say who you are: the bank's provider sends no name that counts here. "
                "Tell those who look after sign-in."
            ),
            "您的账号未提供可识别的身份信息，请联系登录系统的管理员。",
        ),
        "si_unverified": (
            (
                "The bank's provider has not verified your mail address, so that it may be anybody's. Verify "
                "it there, and sign in again."
            ),
            "您的邮箱尚未经身份认证系统验证，无法确认为本人。请先完成验证，再重新登录。",
        ),
        "si_looks_like": (
            (
                "Your name looks like that of another reader, and is not the same. Tell those who look after "
                "the readers of this dashboard."
            ),
            "您的账号名与另一位用户的账号名极为相似但并不相同，请联系看板管理员核实。",
        ),
        "si_odd_name": (
            "Your name is written in letters that cannot be told from others. Have it written in one script.",
            "您的账号名混用了外形相近的字母，无法准确识别。请改用同一种文字书写。",
        ),
        "si_no_role": (
            (
                "Nobody has given you a role here yet, so there is nothing that you may see. Ask those who "
                "look after the readers of this dashboard to add you."
            ),
            "您尚未被授予任何角色，暂无可查看的内容。请联系看板管理员为您开通权限。",
        ),
        "si_two_roles": (
            "Your account has more than one role here ({detail}). Ask for all but one to be taken away.",
            "您的账号同时拥有多个角色（{detail}），请联系管理员仅保留其中一个。",
        ),
        "si_no_units": (
            (
                "Your role was given to you without the branches it is for, or with branches it does "
                "not take. Ask those who look after the readers of this dashboard to mend it."
            ),
            "您的角色与所辖机构设置不一致，请联系看板管理员更正。",
        ),
        "si_table_broken": (
            (
                "The bank's table of readers cannot be read, so nobody can be let in by it. Those who run "
                "this dashboard find out why with `branchmark readers check`."
            ),
            "本行的用户权限表无法读取，暂时不能登录。请管理员运行 `branchmark readers check` 查明原因。",
        ),
        "si_not_logged": (
            (
                "Your coming in could not be written into the access log, so nothing is shown. Tell those "
                "who run this dashboard: {why}"
            ),
            "您的访问未能写入访问日志，因此暂不显示任何内容。请联系看板管理员：{why}",
        ),
        "si_no_secrets": (
            (
                "This bank asks people to sign in, and this server was started without what it takes. Start "
                "it with `branchmark dashboard`."
            ),
            "本行要求登录后访问，但服务启动时未提供登录配置。请使用 `branchmark dashboard` 启动。",
        ),
        "si_not_here": (
            (
                "Nobody signs in here, so these pages are for the machine they run on, and for no other. "
                "Open them on that machine, or set up sign-in: [sign_in] in branchmark.toml, and "
                "`branchmark dashboard --address`."
            ),
            (
                "本看板未启用登录，只能在运行它的计算机上打开。如需从其他计算机访问，请先启用登录：在 "
                "branchmark.toml 中设置 [sign_in]，再以 `branchmark dashboard --address` 启动。"
            ),
        ),
        "si_no_units_seen": (
            (
                "None of the units given to you ({units}) was part of the bank on {day}. Choose another "
                "month, or ask those who look after the readers of this dashboard."
            ),
            "授予您的机构（{units}）在 {day} 均不存在。请选择其他月份，或联系看板管理员。",
        ),
        "si_unknown_units": (
            "Given to you, and not known in the newest month: {units}.",
            "授予您但最新月份中不存在的机构：{units}。",
        ),
        "role_head_office": ("head office", "总行"),
        "role_region": ("region", "区域"),
        "role_branch": ("branch", "分支行"),
        "role_auditor": ("auditor", "审计"),
        "role_administrator": ("administrator", "系统管理员"),
        "si_whole_bank": ("the whole bank", "全行"),
        "si_role_units": ("{role}, {units}", "{role}，{units}"),
        "va_title": ("View as another reader", "以其他用户视角查看"),
        "va_reader": ("Reader", "用户"),
        "va_described": ("By role and units", "按角色和机构指定"),
        "va_role": ("Role", "角色"),
        "va_units": ("Units, with spaces between", "机构编号（空格分隔）"),
        "va_begin": ("View as this reader", "切换视角"),
        "va_end": ("Back to my own view", "返回本人视角"),
        "va_hint": (
            (
                "You see what that reader sees, and no more. It is written into the access log. Nothing can "
                "be entered meanwhile."
            ),
            "您将只看到该用户可见的内容；切换会记入访问日志，期间不能录入任何数据。",
        ),
        "va_banner": (
            "You see these pages as {who} ({what}). Nothing can be entered.",
            "您正以 {who}（{what}）的视角查看，期间不能录入数据。",
        ),
        "va_no_entry": (
            "Nothing is entered while you see the pages as another reader.",
            "以其他用户视角查看期间不能录入数据。",
        ),
        "si_no_entry": (
            "An auditor reads and enters nothing.",
            "审计角色仅可查看，不能录入。",
        ),
        "si_entered_as": ("Entered as {who}", "录入人：{who}"),
    }
)
