"""A reader: a tab of a browser with a page in it."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.async_api import Locator, Page, expect

PATIENCE_MS = 30_000.0


@dataclass
class Runner:
    """One ``<code-runner>``, as its reader meets it."""

    element: Locator

    @property
    def code(self) -> Locator:
        return self.element.locator(".editor textarea")

    @property
    def run(self) -> Locator:
        """Run and Stop are one button."""
        return self.element.locator("button.run")

    @property
    def status(self) -> Locator:
        return self.element.get_by_role("status")

    @property
    def output(self) -> Locator:
        return self.element.get_by_role("log")

    @property
    def input(self) -> Locator:
        """The line that the program reads."""
        return self.output.get_by_role("textbox")

    @property
    def terminal(self) -> Locator:
        return self.element.locator(".screen")

    @property
    def notes(self) -> Locator:
        return self.element.locator(".notes")

    @property
    def marks(self) -> Locator:
        return self.element.locator(".mark")

    def button(self, name: str) -> Locator:
        return self.element.get_by_role("button", name=name)

    async def has_ended(self, words: str) -> None:
        """Returns when the program has ended, and that is said of it."""
        await expect(self.element).not_to_have_attribute("state", "running", timeout=PATIENCE_MS)
        await expect(self.status).to_contain_text(words)

    async def runs(self, words: str = "Done") -> str:
        """Presses Run; what was printed until the end, of which ``words`` are said, without the last line feed."""
        await self.run.click()
        await self.has_ended(words)
        return await self.printed()

    async def printed(self) -> str:
        """What is shown of what was printed, without the last line feed."""
        shown = await self.output.text_content() if await self.output.is_visible() else ""
        return (shown or "").removesuffix("\n")


@dataclass
class Reader:
    page: Page
    complaints: list[str] = field(default_factory=list)
    """Errors of scripts, and what a policy forbade."""

    def __post_init__(self) -> None:
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    async def opens(self, address: str) -> Runner:
        """The first runner of the page."""
        await self.page.goto(address)
        await expect(self.page.locator("code-runner, codapi-snippet").first).to_have_attribute("state", "unknown")
        return self.runner()

    def runner(self, number: int = 0) -> Runner:
        return Runner(self.page.locator("code-runner, codapi-snippet").nth(number))
