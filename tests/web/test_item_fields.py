"""What of the machine's proposals reaches the form of a document."""

import pytest

from web.item_fields import proposed


@pytest.mark.parametrize(
    ("confidence", "shown"), [(0.97, ("15/CV-UBND", 0.97)), (0.25, ("15/CV-UBND", 0.25)), (0.14, ("", None)), (0.0, ("", None))]
)
def test_a_guess_that_is_mostly_wrong_is_not_offered(confidence: float, shown: tuple[str, float | None]) -> None:
    proposals = {"codeNumber": {"value": "15/CV-UBND", "confidence": confidence, "sure": False}}
    assert proposed(proposals, "codeNumber") == shown
    assert proposed(proposals, "subject") == ("", None)
