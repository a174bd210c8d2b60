"""A home for years: rebuilt, compared, pruned, backed up, restored, moved."""

from __future__ import annotations

import shutil
import tarfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from liandao import steps
from liandao.cli import app
from liandao.settings import Settings, read_settings
from liandao.upkeep.project_archive import kept_files, project_digest
from liandao.upkeep.trail import all_receipts
from schemas import project
from schemas.errors import DamagedFile, LiandaoError, UsageError
from tests.liandao.test_landing import bring, in_sources, in_warehouse, night, read, settings, two_nights, unify
from tests.liandao.test_taking_back import call, content
from tests.projects import PLATFORM
from warehouse import places
from warehouse.audit import audit

__all__ = ["settings", "two_nights"]
ROOMS = ("published", "conformed", "quality", "attempts")


def persons(home: Path) -> list[Any]:
    """Rows of vault and warehouse, straight from the files, by an engine of its own."""
    found = []
    folder = home / "published" / (home / "published" / "current").readlink().name
    for file in ("vault", "warehouse"):
        with duckdb.connect(str(folder / f"{file}.duckdb"), read_only=True) as con:
            for (name,) in con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall():
                if name.startswith(("core_", "link_person", "fact_", "mart_")) and "event" not in name:
                    rows = con.execute(f'SELECT * FROM "{name}"').to_arrow_table().to_pylist()
                    found.append((name, sorted(map(repr, rows))))
    return found


def test_a_lost_generation_is_rebuilt_from_landing_as_it_was(settings: Settings) -> None:
    home, before, rows = settings.home, content(settings.home), persons(settings.home)
    for room in ROOMS:
        shutil.rmtree(home / room)
    done = call(settings, "rebuild", shape="rebuild")
    assert (done["is_same"], done["is_published"], done["generations"], done["differing_tables"]) == (True, True, 2, [])
    assert (content(home), persons(home)) == (before, rows)
    assert audit(home) == []
    assert not (home / "rebuild").exists()
    night(settings, 2)
    assert in_warehouse(home) == in_sources(home)
    again = call(settings, "rebuild", shape="rebuild")
    assert (again["is_same"], again["generations"]) == (True, 3)


def test_a_rebuilt_generation_still_says_with_which_project_each_batch_was_conformed(settings: Settings) -> None:
    """What was conformed before the project changed and loaded after it."""
    root, home = settings.project, settings.home
    assert root is not None
    bring(settings, 2)
    assert read(settings) == []
    text = (root / "liandao.yml").read_text(encoding="utf-8")
    (root / "liandao.yml").write_text(text + "survey: {high_use: 54}\n", encoding="utf-8")
    project.reload(project.Project(root.resolve()))  # as another process finds it
    unify(settings)
    made = all_receipts(home)[max(all_receipts(home))]
    assert made.project not in made.batches.values()
    assert call(settings, "rebuild", shape="rebuild")["is_published"]
    assert all_receipts(home)[max(all_receipts(home))].batches == made.batches


def test_an_earlier_day_is_rebuilt_with_the_project_of_that_time(settings: Settings, tmp_path: Path) -> None:
    home, root = settings.home, settings.project
    assert root is not None
    receipts = sorted(all_receipts(home).values(), key=lambda r: r.generation)
    first, day = receipts[0], receipts[-1].started_at[:10]
    text = (root / "liandao.yml").read_text(encoding="utf-8")
    (root / "liandao.yml").write_text(text + "survey: {high_use: 54}\n", encoding="utf-8")
    night(read_settings(project=root), 2)
    assert call(settings, "rebuild", "--into", str(tmp_path / "now"), shape="rebuild")["is_same"]
    (home / "generations" / f"{max(all_receipts(home))}.json").rename(tmp_path / "youngest.json")
    done = call(settings, "rebuild", "--as-of", day, "--into", str(tmp_path / "then"), shape="rebuild")
    assert (done["is_same"], done["of_generation"]) == (True, 2)
    then = kept_files(home, receipts[1].project)
    assert b"survey" not in then["liandao.yml"] != (root / "liandao.yml").read_bytes()
    assert first.project == receipts[1].project != project_digest(root)
    assert in_warehouse(tmp_path / "then") != in_sources(home)
    assert audit(tmp_path / "then") == []


def test_a_rebuild_that_is_not_the_same_is_not_published(settings: Settings) -> None:
    home = settings.home
    receipt = home / "generations" / f"{max(all_receipts(home))}.json"
    text = receipt.read_text(encoding="utf-8")
    receipt.write_text(text.replace('"checksum": "', '"checksum": "f'), encoding="utf-8")
    before = places.current_generation(home)
    assert not call(settings, "rebuild", shape="rebuild", exit_code=1)["is_published"]
    assert places.current_generation(home) == before


def test_what_moved_between_two_generations_is_told(settings: Settings) -> None:
    root = settings.project
    assert root is not None
    text = (root / "liandao.yml").read_text(encoding="utf-8")
    (root / "liandao.yml").write_text(text + "survey: {high_use: 54}\n", encoding="utf-8")
    night(read_settings(project=root), 2)
    told = call(settings, "diff", "2", "3", shape="diff")
    rows = {t["table"]: (t["gone"], t["new"]) for t in told["tables"]}
    assert rows["fact_usage"] == (0, 4)
    assert told["files"] == ["~ liandao.yml"]
    assert [b[0] for b in told["batches"]] == ["+", "+"]
    assert any("survey_high_use" in reason for reason in told["reasons"])
    back = call(settings, "diff", "3", "2", shape="diff")
    assert {t["table"]: (t["new"], t["gone"]) for t in back["tables"]} == rows
    same = call(settings, "diff", "3", "3", shape="diff")
    assert (same["tables"], same["figures"], same["reasons"]) == ([], [], [])


def test_what_is_pruned_leaves_receipts_that_the_audit_accepts(settings: Settings, tmp_path: Path) -> None:
    home = settings.home
    for receipt in (home / "landing").glob("*/*/landed.json"):
        text = receipt.read_text(encoding="utf-8")
        ended = text.index('"ended_at": "') + len('"ended_at": "')
        if receipt.parent.name < max(p.name for p in receipt.parent.parent.iterdir()):
            receipt.write_text(text[:ended] + "2020" + text[ended + 4 :], encoding="utf-8")
    trial = call(settings, "prune", "--keep", "landing=90d", "--dry-run", shape="prune")
    assert [len(r["entries"]) for r in trial["rooms"]] == [2]
    assert audit(home) == []
    done = call(settings, "prune", "--keep", "landing=90d", "--keep", "generations=1", shape="prune")
    assert (done["is_done"], [len(r["entries"]) for r in done["rooms"]]) == (True, [2, 1])
    files = sorted((home / "landing").glob("*/*/*.parquet"))
    assert len(files) == 2
    assert len(list((home / "landing").glob("*/*/landed.json"))) == 4, "receipts stay"
    assert audit(home) == []
    night(settings, 2)
    assert in_warehouse(home) == in_sources(home)
    assert call(settings, "prune", "--keep", "landing=90d", shape="prune")["rooms"][0]["entries"] == []
    (expired, *_) = sorted((home / "retention").glob("*/*.json"))
    expired.rename(tmp_path / "receipt.json")
    assert {f.law for f in audit(home)} == {"file", "made up"}, "nothing but the receipt excuses"
    (tmp_path / "receipt.json").rename(expired)
    told = call(settings, "rebuild", "--into", str(tmp_path / "again"), shape="rebuild", exit_code=1)
    assert len(told["expired"]) == 2


def test_a_lost_file_holds_publishing_up_until_its_loss_is_accepted(settings: Settings) -> None:
    home = settings.home
    lost = min((home / "landing" / PLATFORM).glob("*/*.parquet"))
    lost.unlink()
    bring(settings, 2)
    assert read(settings) == []
    with pytest.raises(LiandaoError, match="LD-3001"):
        unify(settings)
    done = call(settings, "batch", "accept-loss", lost.parent.name, "--reason", "磁盘坏道", shape="batch accept-loss")
    assert (done["files"], done["is_published"]) == ([str(lost.relative_to(home))], True)
    unify(settings)
    assert in_warehouse(home) == in_sources(home)
    assert audit(home) == []


def test_a_lost_file_that_was_not_published_is_read_again(settings: Settings) -> None:
    home = settings.home
    bring(settings, 2)
    assert read(settings) == []
    lost = max((home / "landing" / PLATFORM).glob("*/*.parquet"))
    lost.chmod(0o600)
    lost.write_bytes(b"nothing")
    call(settings, "batch", "accept-loss", lost.parent.name, "--reason", "磁盘坏道", shape="batch accept-loss")
    assert read(settings) == []
    unify(settings)
    assert in_warehouse(home) == in_sources(home)
    assert audit(home) == []


def test_a_backup_is_verified_and_restored_byte_for_byte(settings: Settings, tmp_path: Path) -> None:
    home, file, copy = settings.home, tmp_path / "备份 1.tar", tmp_path / "恢复 home"
    made = call(settings, "backup", str(file), shape="backup")
    assert (made["generation"], made["checksum"]) == (2, content(home))
    verified = call(settings, "restore", str(file), "--verify", shape="restore", named=False)
    assert (verified["home"], verified["files"]) == ("", made["files"])
    restored = call(settings, "restore", str(file), "--home", str(copy), shape="restore", named=False)
    assert restored["next"].startswith("liandao balance")
    assert content(copy) == content(home)
    for path in (p for p in copy.rglob("*") if p.is_file() and not p.is_symlink()):
        original = home / path.relative_to(copy)
        assert (path.read_bytes(), path.stat().st_mode) == (original.read_bytes(), original.stat().st_mode), path
    shutil.rmtree(home)
    shutil.copytree(copy, home, symlinks=True)
    assert audit(home) == []


@pytest.mark.parametrize("damage", ["cut", "flipped", "no manifest", "rotten before"])
def test_a_damaged_backup_is_never_laid_down(settings: Settings, tmp_path: Path, damage: str) -> None:
    from liandao.upkeep.backup import back_up, restore

    file, whole = tmp_path / "b.tar", 0
    if damage == "rotten before":
        rotten = next((settings.home / "landing").glob("*/*/*.parquet"))
        rotten.chmod(0o600)
        rotten.write_bytes(rotten.read_bytes()[:-1] + b"?")
    back_up(settings.home, file)
    whole = file.stat().st_size
    if damage == "cut":
        with file.open("r+b") as handle:
            handle.truncate(whole // 2)
    elif damage == "flipped":
        with file.open("r+b") as handle:
            with tarfile.open(file) as archive:
                member = next(m for m in archive if m.name.endswith(".parquet"))
            handle.seek(member.offset_data + member.size // 2)
            handle.write(b"\0\1\2\3")
    elif damage == "no manifest":
        with tarfile.open(file) as archive:
            last = archive.getmember("backup.json")
        with file.open("r+b") as handle:
            handle.truncate(last.offset)
    with pytest.raises(DamagedFile):
        restore(file, None)
    with pytest.raises(DamagedFile):
        restore(file, tmp_path / "home")
    assert sorted(p.name for p in tmp_path.iterdir() if "home" in p.name) == []


def test_a_backup_without_published_and_keys_says_how_to_go_on(settings: Settings, tmp_path: Path) -> None:
    home, file, copy = settings.home, tmp_path / "b.tar", tmp_path / "copy"
    call(settings, "backup", str(file), "--without-keys", "--without-published", shape="backup")
    restored = call(settings, "restore", str(file), "--home", str(copy), shape="restore", named=False)
    assert not (copy / "keys").exists()
    assert "keys/hmac.key" in restored["next"]
    assert "liandao rebuild" in restored["next"]
    shutil.copytree(home / "keys", copy / "keys")
    before = content(home)
    shutil.move(home, tmp_path / "gone")
    shutil.copytree(copy, home, symlinks=True)
    assert call(settings, "rebuild", shape="rebuild")["is_same"]
    assert content(home) == before


def test_a_home_moves_and_goes_on(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, target = content(settings.home), tmp_path / "新 盘" / "home"
    moved = call(settings, "move", str(target), shape="move")
    assert moved["next"] == [f"liandao.yml: settings: {{home: {target}}}", "liandao doctor"]
    assert not settings.home.exists()
    assert content(target) == before
    monkeypatch.setenv("LIANDAO_HOME", str(target))
    there = read_settings(project=settings.project)
    assert there.home == target
    night(there, 2)
    assert in_warehouse(target) == in_sources(target)


def test_a_home_moves_to_another_disk(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, rename = content(settings.home), __import__("os").rename

    def other_disk(source: Path, target: Path) -> None:
        if Path(source) == settings.home:
            raise OSError(18, "Invalid cross-device link")
        rename(source, target)

    monkeypatch.setattr("os.rename", other_disk)
    call(settings, "move", str(tmp_path / "disk"), shape="move")
    assert not settings.home.exists()
    assert content(tmp_path / "disk") == before
    assert audit(tmp_path / "disk") == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("prune", "--keep", "landing=3"), "this does not say what is kept"),
        (("prune", "--keep", "vault=3d"), "this does not say what is kept"),
        (("diff", "1", "9"), "no such generation"),
        (("rebuild", "--as-of", "2020-01-01"), "no receipt says what to rebuild"),
        (("batch", "accept-loss", "b1", "--reason", "x"), "no receipt of such a batch"),
    ],
)
def test_what_can_not_be_done_is_refused(settings: Settings, words: tuple[str, ...], message: str) -> None:
    ran = CliRunner().invoke(app, [*words, "--project", str(settings.project)])
    assert isinstance(ran.exception, UsageError)
    assert message in str(ran.exception)


def test_a_home_from_before_there_were_receipts_goes_on_and_says_what_it_lacks(settings: Settings) -> None:
    home = settings.home
    shutil.rmtree(home / "generations")
    for made in home.glob("published/g*/made.json"):
        made.unlink()
    night(settings, 2)
    assert in_warehouse(home) == in_sources(home)
    assert [receipt.generation for receipt in all_receipts(home).values()] == [3]
    ran = CliRunner().invoke(app, ["rebuild", "--project", str(settings.project)])
    assert "before the first receipt" in str(ran.exception)
    told = call(settings, "diff", "2", "3", shape="diff")
    assert any("no receipt" in reason or "无回执" in reason for reason in told["reasons"])


LEFT_BEHIND = {
    "published/g000002/register": "",
    "projects": "",
    "generations": "",
    "locks": "",
    "logs": "",
    "home.json": "liandao migrate --home",
    "keys": "restore the key",
    "published/current": "ln -sfn",
}
"""What a restore may leave behind, apart from what landing heals -> what the next run says to do; nothing where it
heals it."""


def test_whatever_a_restore_leaves_behind_heals_or_says_what_to_run(settings: Settings, tmp_path: Path) -> None:
    home = settings.home
    for name, told in LEFT_BEHIND.items():
        kept = tmp_path / name.replace("/", "-")
        (home / name).rename(kept)
        if told:
            with pytest.raises(LiandaoError) as caught:
                steps.load(settings, "r1")
            assert told in caught.value.next_step, name
            if name == "home.json":
                words = ["migrate", "--home", str(home), "--project", str(settings.project)]
                assert CliRunner().invoke(app, words).exit_code == 0
            else:
                kept.rename(home / name)
    unify(settings)
    assert read(settings) == []
    assert in_warehouse(home) == in_sources(home)
    assert audit(home) == []
