def test_tokens(relying_party, make_user):
    user = make_user()
    t = relying_party.password(user).json
    r = relying_party.refresh(t["refresh_token"])
    assert r.status_code == 200
    assert relying_party.introspect(r.json["access_token"]).json["active"]
