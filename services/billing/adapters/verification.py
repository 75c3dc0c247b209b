"""Asking PayPal whether a message is its own: the postback (IPN guide, reference 2.3)."""

import requests

from chassis.logs import log
from services.billing.domain.verifying import Verdict

# "20 s on the first attempt" is what PayPal gives us; we give it the same.
TIMEOUT = 20  # seconds
WORDS = {b"VERIFIED": Verdict.VERIFIED, b"INVALID": Verdict.INVALID}
HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    # PayPal answers 403 to who does not say who he is.
    "User-Agent": "Memberhall-IPN-Verification",
}


class Verifier:
    """Posts messages back to the one address that the settings name, never one from a message."""

    def __init__(self, verify_url: str) -> None:
        self._url = verify_url

    def verdict(self, raw: bytes) -> Verdict:
        """PayPal's word on exactly these bytes; UNKNOWN when it does not give one."""
        try:
            response = requests.post(
                self._url,
                data=b"cmd=_notify-validate&" + raw,
                headers=HEADERS,
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            log.warning("no word from the payment provider", reason=type(error).__name__)
            return Verdict.UNKNOWN
        if response.status_code != 200:
            log.warning("no word from the payment provider", status=response.status_code)
            return Verdict.UNKNOWN
        return WORDS.get(response.content.strip(), Verdict.UNKNOWN)
