"""PayPal Standard as Memberhall meets it: buttons, the buyer's page, IPNs and their postback."""
