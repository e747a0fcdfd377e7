# SPDX-License-Identifier: MIT
"""The folder of keys, trust and settings: private, and never misread when it is damaged."""
import os
import pathlib
import shutil
import stat

import pytest

from steps import AUTO, both_open, couple, meet, start, until_key_questions

KINDS = {
    "a folder in its place": lambda path: (path.unlink(), path.mkdir()),
    "garbage": lambda path: path.write_bytes(bytes(range(256)) * 4),
    "nothing": lambda path: path.write_bytes(b""),
    "half of it": lambda path: path.write_bytes(path.read_bytes()[:path.stat().st_size // 2]),
}


@pytest.fixture
def used(world, tmp_path):
    """A state folder of Romeo's that knows Juliet, and hers."""
    states = tmp_path / "romeo", tmp_path / "juliet"
    romeo = world.host("romeo", *AUTO, state=states[0])
    juliet = world.host("juliet", *AUTO, state=states[1])
    meet(romeo, juliet)
    start(romeo, juliet)
    both_open(romeo, juliet)
    romeo.e2e("mode mercutio@localhost require"), romeo.e2e("set require.wait 7")
    romeo.quit(), juliet.quit()
    return states


def test_the_folder_and_what_is_in_it_are_private(used):
    folder = used[0]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert all(stat.S_IMODE(path.stat().st_mode) & 0o077 == 0 for path in files)


def test_the_folder_holds_no_message_and_no_password(world, tmp_path):
    romeo, _ = couple(world)
    romeo.msg("juliet@localhost", "keep-this-nowhere")
    romeo.quit()
    for path in pathlib.Path(romeo.state).rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"keep-this-nowhere" not in content and b"romeo-secret" not in content


def test_a_file_in_place_of_the_folder_is_an_error_at_the_start(world, tmp_path):
    path = tmp_path / "state"
    path.write_text("I am a file")

    romeo = world.host("romeo", state=path, online=False)

    romeo.ends(20, status=1)
    assert len(romeo.seen("error")) == 1
    assert path.read_text() == "I am a file"


def test_a_folder_that_cannot_be_made_is_an_error_at_the_start(world, tmp_path):
    (tmp_path / "file").write_text("")

    romeo = world.host("romeo", state=tmp_path / "file" / "state", online=False)

    romeo.ends(20, status=1)
    assert len(romeo.seen("error")) == 1


@pytest.mark.skipif(not os.path.isdir("/proc/self"),
                    reason="needs a folder that root can't write to")
def test_a_folder_that_cannot_be_written_is_an_error_at_the_start(world):
    romeo = world.host("romeo", state="/proc/self/balcony", online=False)

    romeo.ends(20, status=1)
    assert len(romeo.seen("error")) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_damage_to_any_file_is_said_and_never_taken_for_trust(world, used, tmp_path, kind):
    names = sorted(path.relative_to(used[0]) for path in used[0].rglob("*") if path.is_file())
    for name in names:
        damaged = tmp_path / "damaged"
        shutil.rmtree(damaged, ignore_errors=True)
        shutil.copytree(used[0], damaged)
        KINDS[kind](damaged / name)
        judge(world, damaged, used[1], name)


def judge(world, folder, of_juliet, name):
    """It says what is wrong and ends, or goes on as one that trusts nobody by mistake."""
    romeo = world.host("romeo", "mode=auto", state=folder, online=False)
    if not went_online(romeo):
        romeo.ends(20, status=1)
        assert len(romeo.seen("error")) == 1, name
        return
    juliet = world.host("juliet", *AUTO, state=of_juliet)
    juliet.wait_for("presence", 20, type="available", **{"from": romeo.jid})
    romeo.msg("mercutio@localhost", "never-in-clear")
    if romeo.e2e(f"start {juliet.jid}")["ok"]:
        for stream in decided(romeo, juliet):
            assert stream["trust"] == "pinned", (name, stream)
    assert not world.server.saw("never-in-clear"), name
    romeo.quit(), juliet.quit()


def went_online(who):
    try:
        who.wait_for("online", 20)
        return True
    except AssertionError:
        return False


def decided(romeo, juliet):
    """Waits until the stream is open, ended, or its key asked about; returns it if it is open."""
    for _ in range(200):
        if romeo.seen("stream", state="open"):
            return romeo.seen("stream", state="open")
        if romeo.seen("ask", kind="key") or romeo.seen("stream", state="closed"):
            return []
        juliet.process.poll()
        try:
            romeo.wait_for("stream", 0.2, state="no such state")
        except AssertionError:
            pass
    raise AssertionError(romeo.tell())


def test_a_lost_trust_file_makes_the_contact_unknown_again(world, used):
    romeo_state, juliet_state = used
    for path in list(romeo_state.rglob("*")):
        if path.is_file() and "juliet@localhost" in path.read_text(errors="replace"):
            path.unlink()

    romeo = world.host("romeo", "mode=auto", state=romeo_state)
    juliet = world.host("juliet", *AUTO, state=juliet_state)
    meet(romeo, juliet)
    start(romeo, juliet)

    assert romeo.wait_for("ask", 40, kind="key")["known"] == []


def test_a_lost_own_key_is_another_device_to_contacts_who_pinned_the_old_one(world, used):
    romeo_state, juliet_state = used
    shutil.rmtree(romeo_state)

    romeo = world.host("romeo", *AUTO, state=romeo_state)
    juliet = world.host("juliet", "mode=auto", state=juliet_state)
    meet(romeo, juliet)
    start(romeo, juliet)

    question = juliet.wait_for("ask", 40, kind="key")
    assert len(question["known"]) == 1 and question["fingerprint"] not in question["known"]
    assert not juliet.seen("stream", state="open") and not romeo.seen("stream", state="open")


def test_two_programs_on_one_state_folder_do_not_damage_it(world, tmp_path):
    romeo = world.host("romeo", state=tmp_path)
    second = world.host("romeo", state=tmp_path, resource="second", online=False)
    if went_online(second):
        second.e2e("mode juliet@localhost auto")
    romeo.e2e("mode mercutio@localhost require")
    second.stop(), romeo.quit()

    romeo = world.host("romeo", "trust=ask", state=tmp_path)
    romeo.msg("mercutio@localhost", "never-in-clear")
    romeo.wait_for("sent", via="e2e")


def test_a_key_question_left_open_at_the_end_is_no_trust(world, tmp_path):
    romeo = world.host("romeo", state=tmp_path / "romeo")
    juliet = world.host("juliet", state=tmp_path / "juliet")
    meet(romeo, juliet)
    until_key_questions(romeo, juliet)
    romeo.quit(), juliet.quit()

    romeo = world.host("romeo", state=tmp_path / "romeo")
    juliet = world.host("juliet", state=tmp_path / "juliet")
    meet(romeo, juliet)
    for question in until_key_questions(romeo, juliet):
        assert question.get("known", []) == []
