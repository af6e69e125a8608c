"""Configuration: every mistake at once, with its place and the likely meaning; the environment on top; no secret shown."""

from pathlib import Path

import pytest

from station.config import CHECKOUT, Settings, load
from station.config_problems import ConfigError


def problems(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml")
    assert caught.value.status == 2
    return caught.value.lines()


def good(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "config.yaml").write_text(text, "utf-8")
    return load(tmp_path / "config.yaml")


def test_the_shipped_file_says_the_defaults() -> None:
    shipped = load(CHECKOUT / "config.yaml")
    assert shipped == Settings(station={"data_dir": CHECKOUT / "var"})  # type: ignore[arg-type]
    assert shipped.database_url == f"sqlite:///{CHECKOUT}/var/sohoa.db"


def test_every_key_in_the_shipped_comments_exists() -> None:
    """A commented default that nobody reads any more would mislead the administrator."""
    section, named = "", []
    for line in (CHECKOUT / "config.yaml").read_text("utf-8").splitlines():
        if line and not line.startswith((" ", "#")):
            section = line.split(":")[0]
        elif line.startswith("  ") and ":" in line:
            named.append((section, line.strip().lstrip("# ").split(":")[0]))
    sections = {name: type(getattr(load(None), name)).model_fields for name in Settings.model_fields}
    known = {(name, field.alias or key) for name, fields in sections.items() for key, field in fields.items()}
    assert set(named) == known


def test_every_mistake_is_reported_at_once_with_its_line_and_a_hint(tmp_path: Path) -> None:
    text = "station:\n  langage: vi\nserver:\n  prot: 1\n  port: 84x\n  threads: 3\nscaning: {}\n"
    assert problems(tmp_path, text) == [
        'config.yaml:2: station.langage: không có khóa này; có phải "language"?',
        'config.yaml:4: server.prot: không có khóa này; có phải "port"?',
        'config.yaml:5: server.port: phải là số nguyên (đang là "84x")',
        'config.yaml:6: server.threads: phải từ 4 trở lên (đang là "3")',
        'config.yaml:7: scaning: không có khóa này; có phải "scanning"?',
    ]


def test_the_traps_of_yaml_are_refused_together(tmp_path: Path) -> None:
    found = problems(tmp_path, "scanning:\n  virtual_scanner: no\n  feed_seconds: 7:30\nserver:\n  port: 010\n  port: 8477\n")
    assert [line.split(": ")[0] for line in found] == [f"config.yaml:{line}" for line in (2, 3, 5, 6)]
    assert "true hoặc false" in found[0] and "viết 10" in found[2] and "lặp lại (lần đầu ở dòng 5)" in found[3]


BROKEN = ("server: [", "\t- x", "a: 'b", "server: {port: 1}}", "- a\n", "5", "\x00", "&a [*a]", "a: !!python/object:os.sys x")


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_configuration_is_one_clear_line(tmp_path: Path, text: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1 and found[0].startswith("config.yaml:")


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_bytes(b"station:\n  name: Tr\xe1m\n")
    with pytest.raises(ConfigError, match=r"config\.yaml:2: .*UTF-8"):
        load(tmp_path / "config.yaml")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("station: {name: ''}", "không được để trống"),
        ("station: {name: ' x'}", "dấu cách"),
        ("station: {language: fr}", "chỉ nhận 'vi', 'en'"),
        ("scanning: {virtual_scanner: 1}", "phải là true hoặc false"),
        ("scanning: {virtual_scanner: 'no'}", "phải là true hoặc false"),
        ("scanning: {open_seconds: 3601}", "không được quá 3.600"),
        ("scanning: {open_seconds: .nan}", "số"),
        ("scanning: {open_seconds: 0}", "phải lớn hơn 0"),
        ("processing: {access_jpeg_quality: 101}", "không được quá 100"),
        ("processing: {ocr_language: ../x}", "không đúng dạng"),
        ("server: {tls_key: a}", "phải có cả hai"),
        ("jobs: {cluster: 'tls://a:1'}", "cần cả tls_ca"),
        ("jobs: {cluster: 'http://a'}", "không đúng dạng"),
        ("qc: {limits: {blur_warn: x}}", "phải là số"),
        ("qc: {limits: {blur_warm: 4}}", 'qc.limits.blur_warm: không có giới hạn này; có phải "blur_warn"?'),
        ("qc: {limits: {blur_warn: -1}}", "phải từ 0 trở lên"),
        ("processing: 5", "phải là một nhóm"),
    ],
)
def test_each_kind_of_wrong_value_is_said_in_vietnamese(tmp_path: Path, text: str, said: str) -> None:
    found = problems(tmp_path, text)
    assert len(found) == 1 and said in found[0] and "giá trị không hợp lệ" not in found[0]


def test_the_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOHOA_SERVER__PORT", "9000")
    monkeypatch.setenv("SOHOA_SCANNING__VIRTUAL_SCANNER", "false")
    monkeypatch.setenv("SOHOA_LANGUAGE", "en")
    settings = good(tmp_path, "server: {port: 8000, threads: 8}\n")
    assert (settings.server.port, settings.server.threads, settings.scanning.virtual_scanner) == (9000, 8, False)
    assert settings.station.language == "en"


def test_a_wrong_variable_is_named_and_corrected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOHOA_SERVER__PORT", "x")
    assert problems(tmp_path, "server: {port: 80}") == ['SOHOA_SERVER__PORT: server.port: phải là số nguyên (đang là "x")']
    monkeypatch.setenv("SOHOA_SERVR__PORT", "1")
    assert problems(tmp_path, "") == ['SOHOA_SERVR__PORT: không có biến cấu hình này; có phải "SOHOA_SERVER"?']
    monkeypatch.delenv("SOHOA_SERVR__PORT")
    monkeypatch.setenv("SOHOA_SERVER", "{half")
    assert "phải là JSON" in problems(tmp_path, "")[0]


def test_a_secret_is_never_echoed(tmp_path: Path) -> None:
    secret = "postgresql://sohoa:hunter2@server/sohoa"
    for text in ("database: '{}'", "database: {{urll: '{}'}}", "database: {{url: ['{}']}}", "server: {{port: '{}'}}"):
        assert "hunter2" not in "\n".join(problems(tmp_path, text.format(secret)))
    settings = good(tmp_path, f"database: {{url: '{secret}'}}")
    assert "hunter2" not in repr(settings) + str(settings.model_dump_json())
    assert settings.database_url == secret


def test_relative_paths_start_at_the_file_and_an_empty_section_is_fine(tmp_path: Path) -> None:
    settings = good(tmp_path, "station: {data_dir: data}\nserver:\nscanning: {practice_pages: ~/x}\n")
    assert settings.station.data_dir == tmp_path / "data"
    assert settings.scanning.practice_pages == Path.home() / "x"


def test_outside_a_checkout_the_users_data_folder_is_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert good(tmp_path, "").station.data_dir == tmp_path / "xdg" / "sohoa"


def test_settings_are_frozen(tmp_path: Path) -> None:
    settings = good(tmp_path, "")
    with pytest.raises(ValueError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]


def test_a_named_file_that_is_absent_is_an_error_not_a_default(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: không đọc được tệp cấu hình"):
        load(tmp_path / "none.yaml")
