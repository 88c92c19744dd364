"""What applications notice of a sign-out, in their pages (Session Management, Front-Channel)."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Scene
from tests.support.application import VERIFIER
from tests.support.people import allow, sign_in
from tests.support.relying_party import RelyingParty

_ASK = """
async ([frame, question]) => {
  const iframe = document.createElement("iframe");
  iframe.src = frame;
  document.body.append(iframe);
  await new Promise((loaded) => iframe.addEventListener("load", loaded));
  const answered = new Promise((resolve) =>
    window.addEventListener("message", (event) => {
      if (event.source === iframe.contentWindow) resolve([event.origin, event.data]);
    })
  );
  iframe.contentWindow.postMessage(question, frame);
  const answer = await answered;
  iframe.remove();
  return answer;
}
"""


def arrive(page: Page, scene: Scene) -> dict[str, str]:
    """Sign in to the application; its answer."""
    page.goto(scene.request(scope="openid"))
    sign_in(page, scene.user)
    allow(page)
    expect(page.locator("h1")).to_have_text("Arrived")
    return scene.application.arrivals[-1]


def ask(page: Page, scene: Scene, question: str) -> str:
    """What the frame answers to a page of the application."""
    origin, answer = page.evaluate(_ASK, [f"{scene.server.base}/oauth2/check_session", question])
    assert origin == scene.server.base
    return str(answer)


def sign_out(page: Page, scene: Scene, address: str = "/sign-out") -> None:
    page.goto(scene.server.base + address)
    page.locator("#logout-confirm").click()


def redeem(scene: Scene, code: str) -> None:
    """The application takes part from here on."""
    answer = RelyingParty(scene.server.client(), scene.client).token(
        grant_type="authorization_code",
        code=code,
        redirect_uri=scene.application.redirect_uri,
        code_verifier=VERIFIER,
    )
    assert answer.status_code == 200, answer.text


def test_nothing_has_changed_as_long_as_nobody_does_anything(page: Page, scene: Scene):
    answer = arrive(page, scene)
    question = f"{scene.client.client_id} {answer['session_state']}"

    assert [ask(page, scene, question) for _ in range(2)] == ["unchanged", "unchanged"]


def test_a_sign_out_is_a_change(page: Page, scene: Scene):
    answer = arrive(page, scene)
    question = f"{scene.client.client_id} {answer['session_state']}"
    sign_out(page, scene)

    page.goto(scene.application.base)

    assert ask(page, scene, question) == "changed"


def test_another_account_is_a_change(page: Page, scene: Scene):
    answer = arrive(page, scene)
    question = f"{scene.client.client_id} {answer['session_state']}"
    page.goto(f"{scene.server.base}/sign-in")
    sign_in(page, scene.make_user())

    page.goto(scene.application.base)

    assert ask(page, scene, question) == "changed"


def test_the_state_of_another_client_is_a_change(page: Page, scene: Scene):
    answer = arrive(page, scene)

    assert ask(page, scene, f"another {answer['session_state']}") == "changed"


def test_what_is_no_question_is_an_error(page: Page, scene: Scene):
    arrive(page, scene)

    assert [ask(page, scene, text) for text in ("", "one-word", "a b c")] == ["error"] * 3


def test_the_application_signs_out_in_a_frame_and_the_person_goes_on(page: Page, scene: Scene):
    """Front-Channel Logout 1.0; then RP-Initiated Logout 1.0, section 3."""
    application = scene.application
    scene = scene.with_client(
        frontchannel_logout_uri=f"{application.redirect_uri}?in=frame",
        frontchannel_logout_session_required=True,
        post_logout_redirect_uris=[f"{application.redirect_uri}?at=end"],
    )
    redeem(scene, arrive(page, scene)["code"])
    asked = f"{scene.server.base}/oauth2/end_session?client_id={scene.client.client_id}"
    page.goto(f"{asked}&post_logout_redirect_uri={application.redirect_uri}?at=end&state=s")

    page.locator("#logout-confirm").click()
    expect(page.locator("h1")).to_have_text("Arrived")

    _, frame, end = application.arrivals
    assert (frame["in"], frame["iss"]) == ("frame", scene.server.base)
    assert end == {"at": "end", "state": "s"}
