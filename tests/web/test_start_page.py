"""The start page, for who comes without an application."""


def test_it_says_what_this_is(client):
    page = client.get("/")

    assert page.status_code == 200
    assert "One sign-in for your applications" in page.text


def test_it_says_who_is_signed_in(flow):
    page = flow.go("/")

    assert "You are signed in" in page.text
    assert flow.user.email in page.text


def test_it_opens_applications_that_the_person_has_agreed_to(authorizations):
    """OpenID Connect Core 1.0, section 4: the application is told who sends somebody to it."""
    flow = authorizations(
        client_name="Photos & more", initiate_login_uri="https://app.example/sign-in"
    )

    page = flow.go("/")

    assert "Photos &amp; more" in page.text
    assert 'href="https://app.example/sign-in?iss=http%3A%2F%2Flocalhost%3A8000"' in page.text


def test_it_opens_no_application_of_others(authorizations):
    flow = authorizations(consented=False, initiate_login_uri="https://app.example/sign-in")

    assert "Your applications" not in flow.go("/").text
