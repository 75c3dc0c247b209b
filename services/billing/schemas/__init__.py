"""Every shape that crosses billing's door."""

from services.billing.schemas.asking import Nothing
from services.billing.schemas.checkout import (
    CatalogLoaded,
    Checkout,
    CheckoutState,
    PlanView,
    Pricing,
    StartCheckout,
)
from services.billing.schemas.heard import UserConfirmed, UserSignedUp
from services.billing.schemas.invoices import (
    InvoiceDetail,
    InvoiceDocument,
    InvoicePage,
    InvoicePrint,
    InvoiceView,
    ListInvoices,
    StoreInvoiceDocument,
    WhichInvoice,
)
from services.billing.schemas.membership import Membership, Revenue
from services.billing.schemas.messages import (
    ListMessages,
    MessageDetail,
    MessagePage,
    MessageView,
    Received,
    ReceiveIpn,
    WhichMessage,
)

__all__ = [
    "CatalogLoaded",
    "Checkout",
    "CheckoutState",
    "InvoiceDetail",
    "InvoiceDocument",
    "InvoicePage",
    "InvoicePrint",
    "InvoiceView",
    "ListInvoices",
    "ListMessages",
    "Membership",
    "MessageDetail",
    "MessagePage",
    "MessageView",
    "Nothing",
    "PlanView",
    "Pricing",
    "ReceiveIpn",
    "Received",
    "Revenue",
    "StartCheckout",
    "StoreInvoiceDocument",
    "UserConfirmed",
    "UserSignedUp",
    "WhichInvoice",
    "WhichMessage",
]
