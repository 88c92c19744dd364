"""The start page, for who comes without an application."""


def test_it_says_what_this_is(client):
    page = client.get("/")

    assert page.status_code == 200
    assert "One sign-in for your applications" in page.text


def test_it_says_who_is_signed_in(flow):
    page = flow.go("/")

    assert "You are signed in" in page.text
    assert flow.user.email in page.text
