"""A browser without scripts."""

from flask import Flask
from flask.testing import FlaskClient
from scene import PASSWORD
from werkzeug.test import TestResponse


class Client:
    """Logs in, sends forms with their token."""

    def __init__(self, app: Flask) -> None:
        self.http: FlaskClient = app.test_client()

    def token(self) -> str:
        page = self.http.get("/login", follow_redirects=True).get_data(as_text=True)
        return page.split('name="csrf" content="')[1].split('"')[0]

    def log_in(self, login: str, password: str = PASSWORD) -> "Client":
        self.post("/login", login=login, password=password)
        return self

    def post(self, path: str, *, json: bool = False, **fields: object) -> TestResponse:
        headers = {"Accept": "application/json"} if json else {"Accept": "text/html"}
        form = {name: "" if value is None else str(value) for name, value in fields.items()}
        return self.http.post(path, data={"csrf_token": self.token(), **form}, headers=headers)

    def get(self, path: str) -> TestResponse:
        return self.http.get(path)
