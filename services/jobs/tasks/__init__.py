"""The kinds that come with Memberhall: plain Python, without a database, as every service's tasks.

| kind | does |
| --- | --- |
| `jobs.call_command` | calls a service's command, in batches with progress |
| `jobs.http_request` | sends a partner's webhook, or asks any public address |
| `jobs.make_report` | writes a service's list as CSV or PDF |
| `jobs.fetch_page` | fetches a web page as politely as its host wishes |
"""

from services.jobs.tasks.calls import call_command
from services.jobs.tasks.pages import fetch_page
from services.jobs.tasks.reports import make_report
from services.jobs.tasks.webhooks import http_request

__all__ = ["call_command", "fetch_page", "http_request", "make_report"]
