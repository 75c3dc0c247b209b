"""Every screen there is: who looks, at which address, and what is done there before looking."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.job_screens import job_screens
from tests.browser.screen import LONG_NAME, NOBODY, Address, Screen, pressing, sending
from tests.browser.world import World


def choosing_mars(page: Page) -> None:
    """A time zone that no list offers, as a forged form would send it."""
    page.locator("#time_zone option").first.evaluate("each => { each.value = 'Mars/Olympus'; }")
    page.locator("#time_zone").evaluate("list => { list.selectedIndex = 0; }")
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()


def ordering(page: Page) -> None:
    pressing("Order and go on to PayPal")(page)


def at_paypal(page: Page) -> None:
    ordering(page)
    page.get_by_role("button", name="Pay with PayPal").click()
    page.get_by_role("button", name="Agree and subscribe").wait_for()


def poisoned(world: World) -> str:
    world.with_a_dead_letter()
    return "/operator/dead-letters"


def cured(world: World) -> str:
    world.without_dead_letters()
    return "/operator/dead-letters"


def public_screens() -> list[Screen]:
    wrong_code = sending(email="ada@example.com", code="WRONG")
    bad_sign_up = sending(name=LONG_NAME * 2, email="ada@", password="short")
    return [
        Screen("front-page", "public.home", "/"),
        Screen("pricing", "public.pricing", "/pricing"),
        Screen("sign-up", "public.sign_up", "/sign-up"),
        Screen("sign-up-wrong", "public.sign_up", "/sign-up", act=bad_sign_up),
        Screen("sign-up-blank", "public.sign_up", "/sign-up", act=sending()),
        Screen("sign-up-done", "public.sign_up_done", "/sign-up/done"),
        Screen("sign-up-done-wrong", "public.sign_up_done", "/sign-up/done", act=wrong_code),
        Screen("confirm-link", "public.confirm", lambda world: world.confirmation),
        Screen("confirm-code", "public.confirm", "/confirm"),
        Screen("confirm-wrong", "public.confirm", "/confirm", act=wrong_code),
        Screen(
            "confirm-stale",
            "public.confirm",
            "/confirm?token=stale",
            act=pressing("Confirm"),
        ),
        Screen("log-in", "public.log_in", "/log-in"),
        Screen(
            "log-in-wrong", "public.log_in", "/log-in", act=sending(login="demo", password="no")
        ),
        Screen("log-in-blank", "public.log_in", "/log-in", act=sending()),
        Screen("recover", "public.recover", "/recover"),
        Screen("recover-wrong", "public.recover", "/recover", act=sending(email="ada@")),
        Screen("recover-sent", "public.recover", "/recover", act=sending(email="ada@example.com")),
        Screen("reset", "public.reset", "/reset?token=stale"),
        Screen("reset-wrong", "public.reset", "/reset?token=stale", act=sending(password="short")),
        Screen("reset-incomplete", "public.reset", "/reset"),
    ]


def member_screens() -> list[Screen]:
    def screen(name: str, endpoint: str, address: Address, **more: Any) -> Screen:
        return Screen(name, f"member.{endpoint}", address, **{"reader": "member", **more})

    def checkout(world: World) -> str:
        return f"/checkout/{world.plan}"

    def invoice(world: World) -> str:
        return f"/invoices/{world.member.invoice_id}"

    return [
        screen("dashboard", "dashboard", "/dashboard"),
        screen("dashboard-new", "dashboard", "/dashboard", reader="newcomer"),
        screen("pricing-member", "dashboard", "/pricing"),
        screen("checkout", "checkout", checkout),
        screen("checkout-pay", "checkout", checkout, reader="buyer", act=ordering),
        screen(
            "waiting",
            "waiting",
            lambda world: f"/checkout/{world.open_invoice}/waiting",
            reader="buyer",
        ),
        screen("invoices", "invoices", "/invoices"),
        screen("invoices-none", "invoices", "/invoices", reader="newcomer"),
        screen("invoice", "invoice", invoice),
        screen(
            "invoice-open",
            "invoice",
            lambda world: f"/invoices/{world.open_invoice}",
            reader="buyer",
        ),
        screen(
            "invoice-refunded",
            "invoice",
            lambda world: f"/invoices/{world.refunded.invoice_id}",
            reader="refunded",
        ),
        screen("settings", "settings", "/settings"),
        screen("settings-saved", "settings", "/settings", act=pressing("Save")),
        screen("settings-wrong", "settings", "/settings", act=choosing_mars),
        Screen("affiliate", "affiliate.affiliate", "/affiliate", "operator"),
        Screen("affiliate-none", "affiliate.affiliate", "/affiliate", "newcomer"),
        Screen(
            "affiliate-joined",
            "affiliate.affiliate",
            "/affiliate",
            "refunded",
            act=pressing("Become an affiliate"),
        ),
    ]


def operator_screens() -> list[Screen]:
    def screen(name: str, endpoint: str, address: Address, **more: Any) -> Screen:
        return Screen(name, f"operator.{endpoint}", address, "operator", **more)

    def delivery(state: str, rule: str) -> Callable[[World], str]:
        return lambda world: f"/operator/deliveries/{world.delivery(state, rule)}"

    def payment(state: str) -> Callable[[World], str]:
        return lambda world: f"/operator/payments/{world.payment_message(state)}"

    return [
        screen("operator", "overview", "/operator"),
        screen("deliveries", "deliveries", "/operator/deliveries"),
        screen("deliveries-none", "deliveries", "/operator/deliveries?state=unknown"),
        screen("delivery", "delivery", delivery("sent", "receipt")),
        screen("delivery-secret", "delivery", delivery("sent", "confirm_address")),
        screen("delivery-failed", "delivery", delivery("failed", "confirm_address")),
        screen(
            "delivery-retry",
            "delivery",
            delivery("failed", "confirm_address"),
            act=pressing("Send again"),
        ),
        screen(
            "delivery-preview",
            "preview",
            lambda world: delivery("sent", "receipt")(world) + "/preview",
            is_mail=True,
        ),
        screen("payments", "payments", "/operator/payments"),
        screen("payments-none", "payments", "/operator/payments?state=waiting"),
        screen("payment-applied", "payment", payment("applied")),
        screen("payment-forged", "payment", payment("invalid")),
        screen("payment-unmatched", "payment", payment("unmatched")),
        screen("payment-replay", "payment", payment("unmatched"), act=pressing("Replay")),
        screen("dead-letters", "given_up", poisoned),
        screen("dead-letters-drop", "given_up", poisoned, act=pressing("Drop")),
        screen("dead-letters-none", "given_up", cured),
    ]


def error_screens() -> list[Screen]:
    return [
        Screen("error-404", None, "/nothing/here", status=404),
        Screen("error-404-member", None, f"/invoices/{NOBODY}", "member", status=404),
        Screen("error-403", None, "/operator", "member", status=403),
        Screen("error-405", None, "/log-out", status=405),
        Screen("error-503", None, "/invoices", "member", status=503, without="billing"),
        Screen("dashboard-away", None, "/dashboard", "member", without="billing"),
        Screen("pricing-away", None, "/pricing", without="billing"),
        Screen("operator-away", None, "/operator", "operator", without="billing"),
        Screen("jobs-away", None, "/operator/jobs", "operator", without="jobs"),
    ]


def sandbox_screens() -> list[Screen]:
    def screen(name: str, address: Address, **more: Any) -> Screen:
        return Screen(f"sandbox-{name}", None, address, on_sandbox=True, **more)

    def buyer(world: World) -> str:
        return f"/checkout/{world.plan}"

    return [
        Screen("sandbox-paypal", None, buyer, "buyer", act=at_paypal),
        screen("paypal-wrong", "/cgi-bin/webscr?cmd=_xclick", status=400),
        screen("desk", "/"),
        screen("mailbox", "/mailbox"),
        screen("mailbox-none", "/mailbox?to=nobody"),
        screen("letter", lambda world: f"/mailbox/{world.letter}"),
        screen("error-404", "/mailbox/none", status=404),
    ]


SCREENS = [
    *public_screens(),
    *member_screens(),
    *operator_screens(),
    *job_screens(),
    *error_screens(),
    *sandbox_screens(),
]
