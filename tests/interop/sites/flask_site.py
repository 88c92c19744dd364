"""A Flask application on Authlib's client, as its documentation shows it."""

from typing import Any

from authlib.integrations.flask_client import OAuth
from flask import Flask, jsonify, redirect, session, url_for


def flask_site(discovery: str, client_id: str, secret: str | None, **more: Any) -> Flask:
    """``/`` says who is signed in; ``more`` goes to Authlib's ``register``."""
    app = Flask(__name__)
    app.secret_key = "a secret of a test"
    oauth = OAuth(app)
    options = {"scope": "openid profile email", "code_challenge_method": "S256"}
    oauth.register(
        "provider",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=discovery,
        client_kwargs=options,
        **more,
    )

    @app.get("/")
    def home() -> Any:
        return jsonify(session.get("person"))

    @app.get("/login")
    def login() -> Any:
        return oauth.provider.authorize_redirect(url_for("callback", _external=True))

    @app.get("/callback")
    def callback() -> Any:
        """Authlib verifies the ID token: signature, issuer, audience, nonce."""
        token = oauth.provider.authorize_access_token()
        session["person"] = dict(token["userinfo"])
        session["told"] = dict(oauth.provider.userinfo(token=token))
        session["token"] = {name: token.get(name) for name in ("access_token", "refresh_token")}
        return redirect("/")

    @app.get("/told")
    def told() -> Any:
        return jsonify(session["told"])

    @app.get("/refreshed")
    def refreshed() -> Any:
        metadata = oauth.provider.load_server_metadata()
        with oauth.provider._get_oauth_client(**metadata) as client:
            return jsonify(
                client.refresh_token(
                    metadata["token_endpoint"], refresh_token=session["token"]["refresh_token"]
                )
            )

    return app
