"""The language a page is written in: picks texts, and puts them together as that language does."""

from collections.abc import Iterable
from dataclasses import dataclass

from dashboards.definitions.words import chinese
from dashboards.i18n import Language
from transforms.catalogue.model import Label, Source


@dataclass(frozen=True)
class Voice:
    """Says things in one language."""

    language: Language

    def say(self, en: str, zh: str) -> str:
        """The one of two texts that is in this language."""
        return self.language.pick(en, zh)

    def label(self, label: Label) -> str:
        """A label in this language."""
        return self.say(label.en, label.zh)

    def own(self, text: str) -> str:
        """A text declared in English only; as declared, where its Chinese is missing."""
        return self.say(text, chinese().get(text, text))

    def listed(self, texts: Iterable[str]) -> str:
        """Several things in a row."""
        return self.say(", ", "、").join(texts)

    def beside(self, text: str) -> str:
        """A remark in brackets behind something; nothing for no remark."""
        return self.say(f" ({text})", f"（{text}）") if text else ""

    def told(self, name: str, text: str) -> str:
        """A point of a list: its name and what there is to say."""
        return self.say(f"- {name}: {text}", f"- {name}：{text}")

    def sentence(self, *parts: str) -> str:
        """Parts of one statement, with a full stop behind each."""
        stop = self.say(".", "。")
        return self.say(" ", "").join(f"{part}{stop}" for part in parts if part)

    def source(self, source: Source) -> str:
        """The document a definition rests on, and what is to be known about it."""
        marks = []
        if source.own:
            marks.append(self.say("**this product's own definition**", "**本产品自定义**"))
        if not source.verified:
            marks.append(self.say("**not verified**", "**未核实**"))
        remarks = self.say("; ", "；").join(marks)
        return f"{self.own(source.document)}{self.beside(remarks)}"
