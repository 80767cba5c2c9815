"""The form in Prefect's UI: a person who has read no code starts a run and reads what came of it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from recpipe.run.stages import STAGES
from tests.serving import RunningUp

pytestmark = pytest.mark.slow


def open_form(page: Page, up: RunningUp) -> None:
    page.goto(f"{up.ui}/deployments/deployment/{up.api.deployment()['id']}/run")
    page.get_by_text("Where the events come from and how they are read.").wait_for()


def field(page: Page, name: str) -> Locator:
    """The input of a parameter by the label that the form shows."""
    label = page.get_by_text(f"{name} (Optional)", exact=True)
    return page.locator(".p-label", has=label).last.locator("input").first


def test_the_ui_opens_and_lists_a_deployment_for_the_pipeline_and_one_for_each_stage(
    page: Page, up: RunningUp
) -> None:
    page.goto(f"{up.ui}/deployments")
    for name in ("pipeline", *STAGES):
        expect(page.get_by_role("link", name=name, exact=True).first).to_be_visible()


def test_the_form_shows_the_parameters_of_each_stage_in_order_with_their_meaning(
    page: Page, up: RunningUp
) -> None:
    open_form(page, up)
    shown = page.inner_text("body")
    cards = [
        "Where the events come from and how they are read.",
        "How the snapshot is made and split.",
        "The model and how it learns.",
        "How models are measured and when one is promoted.",
        "What the lists hold.",
    ]
    places = [shown.index(card) for card in cards]
    assert places == sorted(places)
    assert "Days after which an event counts half in a user's interests." in shown
    assert field(page, "Simulated Events").input_value() == "1500", "what `recpipe up` was given"


def test_a_value_out_of_bounds_is_refused_by_the_form(page: Page, up: RunningUp) -> None:
    open_form(page, up)
    before = len(up.api.runs())
    field(page, "Simulated Events").fill("10")
    page.get_by_role("button", name="Submit").last.click()
    expect(page.get_by_text("10 is less than the minimum of 1000").first).to_be_visible()
    assert page.url.endswith("/run")
    assert len(up.api.runs()) == before


def test_a_run_started_from_the_form_with_a_changed_value_ends_in_a_report_that_shows_it(
    page: Page, up: RunningUp
) -> None:
    open_form(page, up)
    before = {run["id"] for run in up.api.runs()}
    field(page, "Simulated Events").fill("1600")
    page.get_by_role("button", name="Submit").last.click()
    page.wait_for_url(re.compile(r"/deployments/deployment/[^/]+(\?.*)?$"))
    (run,) = {each["id"] for each in up.api.runs()} - before
    up.api.wait_for(run, "Completed", seconds=900)

    page.goto(f"{up.ui}/artifacts/artifact/{up.api.artifacts(run)['run-report']['id']}")
    row = page.get_by_role("row").filter(has_text="collect.simulated_events")
    expect(row).to_contain_text("1600")
    expect(page.get_by_role("table").filter(has_text="popularity").first).to_be_visible()
    picture = page.locator("article img").first
    picture.scroll_into_view_if_needed()
    assert picture.evaluate("image => image.complete && image.naturalWidth") > 100
    link = page.get_by_role("link").filter(has_text="train: executed notebook").first.get_attribute("href")
    assert link
    assert link.startswith(f"http://127.0.0.1:{up.reports_port}/runs/")
    page.goto(link)
    expect(page.locator("body")).to_contain_text("a model that turns a history into a list")
