"""Every page with data as the services answer it, for the template tests and for screenshots.

The shapes are those of the services' schemas; the values are the awkward ones of real life: long
names, several currencies, nothing at all, many rows.
"""

from tests.gateway.sample_pages.jobs import job_pages
from tests.gateway.sample_pages.member import member_pages
from tests.gateway.sample_pages.operator import operator_pages
from tests.gateway.sample_pages.page import Page, for_every_page, render
from tests.gateway.sample_pages.public import public_pages

PAGES = [*public_pages(), *member_pages(), *operator_pages(), *job_pages()]

__all__ = ["PAGES", "Page", "for_every_page", "render"]
