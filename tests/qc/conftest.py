"""Pages to judge: typeset once a session, and the shared real scans where they are present."""

import pytest

from bench.geometry_scenes import Page, real_pages, typeset


@pytest.fixture(scope="session")
def white_page() -> Page:
    return typeset("print", "white", 7001)


@pytest.fixture(scope="session")
def yellow_page() -> Page:
    return typeset("print", "yellow", 7002)


@pytest.fixture(scope="session")
def real() -> dict[str, Page]:
    """Real scans by name (``chi-thi-11 4``)."""
    pages = {page.name: page for page in real_pages(text_only=False)}
    if not pages:
        pytest.skip("the shared data folder with real scans is not there")
    return pages
