"""Passwords that may not be chosen, and passwords that others would change."""

import unicodedata

import pytest
from zxcvbn.matching import RANKED_DICTIONARIES

from tests.attacks.rows import attack
from tests.support.relying_party import bearer

GOOD = "another good one 47"
_LONG_ENOUGH = [word for word in RANKED_DICTIONARIES["passwords"] if len(word) >= 8]


@pytest.fixture
def register(client):
    def register(email: str = "ada@example.com", password: str = GOOD, **more: str):
        body = {"email": email, "password": password} | more
        return client.post("/api/auth/register", json=body)

    return register


@pytest.fixture
def login(client):
    def login(email: str, password: str):
        return client.post("/api/auth/login", json={"email": email, "password": password})

    return login


@attack("PW-13")
@pytest.mark.parametrize("password", ["", "a", "Tr0ub4!", "x" * 129, "ab cd ef " * 112])
def test_a_password_that_is_too_short_or_too_long_is_refused(register, password):
    """ASVS 6.2.1, 6.2.9: 8 to 128 characters."""
    answer = register(password=password)

    assert (answer.status_code, answer.json["code"]) == (400, "weak_password")


@attack("PW-13")
@pytest.mark.parametrize("password", _LONG_ENOUGH[:3000:150])
def test_a_common_password_is_refused_in_any_case(register, password):
    """ASVS 6.2.4: a sample of the 3,000 most common ones that are long enough."""
    for spelling in (password, password.upper(), password.title()):
        answer = register(password=spelling)

        assert (answer.status_code, answer.json["code"]) == (400, "weak_password")


@attack("PW-13")
@pytest.mark.parametrize(
    "password",
    ["ada@example.com", "AdaLovelace", "lovelace1", "Authserver1", "ada.example"],
)
def test_a_password_of_words_that_everybody_knows_of_somebody_is_refused(register, password):
    """ASVS 6.2.11: the address, the name, the name of this service."""
    answer = register(password=password, full_name="Ada Lovelace")

    assert (answer.status_code, answer.json["code"]) == (400, "weak_password")


@attack("PW-13")
@pytest.mark.parametrize(
    "password",
    [
        "qmzkvfhw",
        "correct horse battery staple",
        "   leading and trailing   ",
        "пароль который никто не знает",
        "密码密码密码密码很长很长",
        "🦆🐎🔋📎 duck horse",
        "w9" * 32,
        "z7" * 64,
    ],
)
def test_a_long_or_foreign_password_is_accepted_whole(register, login, password):
    """ASVS 6.2.5 to 6.2.8: no rule of composition, nothing cut off, nothing trimmed."""
    assert register(password=password).status_code == 201

    assert login("ada@example.com", password).status_code == 200
    assert login("ada@example.com", password[:-1]).status_code == 401
    assert login("ada@example.com", password + " ").status_code == 401


@attack("PW-13")
def test_a_password_is_told_from_another_case(register, login):
    """ASVS 6.2.8."""
    register(password="Another Good One 47")

    assert login("ada@example.com", "another good one 47").status_code == 401


@attack("PW-14")
@pytest.mark.parametrize("ending", ["\0", "\0x", "\ud800", "\n", "\x7f"])
def test_a_control_character_ends_no_password(register, login, ending):
    """ASVS 6.2.8: bcrypt and C would stop at NUL; here it can be neither set nor verified."""
    register()

    assert register("eve@example.com", GOOD + ending).status_code == 400
    assert login("ada@example.com", GOOD + ending).status_code == 401
    assert login("ada@example.com", GOOD).status_code == 200


@attack("PW-15")
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_password_is_the_same_on_every_keyboard(register, login, form):
    """RFC 8265, section 4.2.2: set in one form, typed in the other."""
    password = "crème brûlée für Zoë"
    register(password=unicodedata.normalize(form, password))

    for typed in ("NFC", "NFD"):
        answer = login("ada@example.com", unicodedata.normalize(typed, password))

        assert answer.status_code == 200


@attack("PW-15")
def test_letters_that_only_look_alike_stay_apart(register, login):
    """RFC 8265 chose NFC: what NFKC would fold is another password."""
    register(password="ﬁnd me a ﬂat ①")

    assert login("ada@example.com", "find me a flat 1").status_code == 401


@attack("PW-17")
def test_a_password_changes_only_for_who_knows_the_present_one(client, make_user, sign_in):
    """ASVS 6.2.3."""
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))
    path = f"/api/users/{user.id}/password"

    without = client.put(path, headers=headers, json={"new_password": GOOD})
    wrong = client.put(
        path, headers=headers, json={"current_password": "wrong", "new_password": GOOD}
    )

    assert (without.status_code, wrong.status_code) == (400, 400)
    assert wrong.json["code"] == "wrong_password"
    assert sign_in(user.email, user.password)


@attack("PW-17")
def test_guessing_the_present_password_by_a_stolen_token_ends(
    make_app, new_client, make_user, sign_in
):
    """Invariant 3: the change of a password passes the same gate as a sign-in."""
    user = make_user()
    headers = bearer(sign_in(user.email, user.password))
    app, _ = make_app(lockout_threshold=3)
    http, path = new_client(app), f"/api/users/{user.id}/password"
    for _ in range(3):
        http.put(path, headers=headers, json={"current_password": "wrong", "new_password": GOOD})

    right = {"current_password": user.password, "new_password": GOOD}

    assert http.put(path, headers=headers, json=right).status_code == 429


@attack("PW-17")
def test_a_new_password_ends_all_sessions_but_the_one_it_came_from(client, make_user, login):
    """ASVS 7.4.3: refresh tokens and access tokens alike, at once."""
    user = make_user()
    mine, other = (login(user.email, user.password).json for _ in range(2))
    path = f"/api/users/{user.id}"
    change = {"current_password": user.password, "new_password": GOOD}

    client.put(f"{path}/password", headers=bearer(mine["accessToken"]), json=change)

    refresh = client.post("/api/auth/refresh", json={"refreshToken": other["refreshToken"]})
    assert refresh.status_code == 401
    assert client.get(path, headers=bearer(other["accessToken"])).status_code == 401
    assert client.get(path, headers=bearer(mine["accessToken"])).status_code == 200
    assert login(user.email, user.password).status_code == 401
    assert login(user.email, GOOD).status_code == 200


@attack("PW-17")
def test_nobody_changes_the_password_of_somebody_else(client, make_user, admin_token):
    """Not even an administrator by this way: it asks for the present password."""
    user = make_user()
    change = {"current_password": user.password, "new_password": GOOD}

    answer = client.put(f"/api/users/{user.id}/password", headers=bearer(admin_token), json=change)

    assert answer.status_code == 403
