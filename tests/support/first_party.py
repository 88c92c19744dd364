"""The REST API as the server's own front end sees it: each method is one request."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tests.factories.users import TestUser
from tests.support.relying_party import Http, bearer


@dataclass(frozen=True)
class FirstParty:
    """Signs people in and out at ``/api/auth/*``."""

    http: Http

    def log_in(self, user: TestUser, password: str | None = None) -> Any:
        return self.post("login", {"email": user.email, "password": password or user.password})

    def refresh(self, token: str) -> Any:
        return self.post("refresh", {"refreshToken": token})

    def log_out(self, access_token: str, path: str = "logout") -> Any:
        return self.http.open(f"/api/auth/{path}", method="POST", headers=bearer(access_token))

    def change_password(self, user_id: UUID, current: str, new: str, access_token: str) -> Any:
        return self.http.open(
            f"/api/users/{user_id}/password",
            method="PUT",
            json={"current_password": current, "new_password": new},
            headers=bearer(access_token),
        )

    def post(self, path: str, body: dict[str, Any]) -> Any:
        return self.http.open(f"/api/auth/{path}", method="POST", json=body)
