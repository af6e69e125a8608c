"""A headless Chromium of its own, with the few gestures the browser tests use."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
_SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--lang=vi",
)


class Person:
    """Somebody at the console."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver, self.address = driver, address

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    def log_in(self, login: str, password: str) -> None:
        self.open("/login")
        self.fill("login", login)
        self.fill("password", password)
        self.find("form button.primary").click()
        self.wait(lambda: "/login" not in self.driver.current_url)

    def fill(self, name: str, text: str) -> None:
        field = self.find(f"[name='{name}']")
        field.clear()
        field.send_keys(text)

    def find(self, css: str) -> WebElement:
        return WebDriverWait(self.driver, 30).until(lambda driver: driver.find_element(By.CSS_SELECTOR, css))

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def text(self, css: str) -> str:
        """Read anew where the desk is just being drawn anew."""
        waiting = WebDriverWait(self.driver, 10, ignored_exceptions=(NoSuchElementException, StaleElementReferenceException))
        (text,) = waiting.until(lambda driver: (driver.find_element(By.CSS_SELECTOR, css).text,))
        return str(text)

    def wait(self, condition: object, seconds: float = 45) -> None:
        WebDriverWait(self.driver, seconds, 0.1, ignored_exceptions=(Exception,)).until(lambda _: condition())  # type: ignore[operator]

    def press(self, key: str) -> None:
        self.driver.switch_to.active_element.send_keys(key)

    def press_on_page(self, key: str) -> None:
        """A key with nothing focused, as when one has just looked at the page."""
        self.find("body").send_keys(key)

    def undo(self) -> None:
        self.find("body").send_keys(Keys.CONTROL, "z")

    def size(self, width: int, height: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride", {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        )

    def picture(self, path: Path) -> None:
        self.driver.save_screenshot(str(path))

    def complaints(self) -> list[str]:
        """What the browser's console holds against us: script errors and refused content. A refusal that the page itself
        shows to the person (409, 422) is none."""
        severe = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
        return [line for line in severe if "status of 422" not in line and "status of 409" not in line]


@contextmanager
def chromium(address: str) -> Iterator[Person]:
    with tempfile.TemporaryDirectory(prefix="sohoa-chromium-") as folder:
        options = webdriver.ChromeOptions()
        options.binary_location = str(CHROMIUM)
        for switch in (*_SWITCHES, f"--user-data-dir={folder}"):
            options.add_argument(switch)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(str(DRIVER)))
        try:
            person = Person(driver, address)
            person.size(1366, 768)
            yield person
        finally:
            driver.quit()
