"""What the chassis promises, on real processes, a real broker and a real database."""

import contextlib
import signal
import threading
import time
from pathlib import Path

import pytest
from amqp import Message
from kombu.connection import Connection

from chassis.context import Caller
from chassis.errors import Conflict, Denied, Failure, Invalid, Unavailable
from chassis.ids import new_id
from tests.processes import until

VISITOR = Caller(principal="gateway", request_id="test")
OPERATOR = Caller(principal="gateway", request_id="test", roles=frozenset({"operator"}))


@pytest.fixture
def probes(probe_world):
    """A teller and a hearer, started and ready."""
    with probe_world.running("teller"), probe_world.running("hearer"):
        yield probe_world


def tell(world, word, **how):
    return world.client.call(
        "teller", "tell", caller=VISITOR, word_id=new_id(), word=word, deadline=10.0, **how
    )


def heard(world, word):
    return world.client.call("hearer", "heard", caller=VISITOR, word=word, deadline=10.0)


def told_once(world, word):
    until(lambda: heard(world, word)["times"] >= 1, 15, f"{word!r} is heard")
    return heard(world, word)["times"] == 1


def test_a_committed_event_has_its_effect_in_the_other_service(probes):
    tell(probes, "hello")

    assert told_once(probes, "hello")


def test_failures_come_back_as_the_kinds_they_were(probes):
    with pytest.raises(Conflict) as refused:
        probes.client.call("teller", "refuse", caller=VISITOR, word_id=new_id(), word="x")
    assert refused.value.code == "no_more_words"
    assert refused.value.fields == {"/word": ["is too much"]}
    with pytest.raises(Invalid) as wrong:
        probes.client.call("teller", "tell", caller=VISITOR, word_id="no", word=5)
    assert set(wrong.value.fields) == {"/word_id", "/word"}
    with pytest.raises(Denied):
        probes.client.call("teller", "operators_only", caller=VISITOR)
    assert probes.client.call("teller", "operators_only", caller=OPERATOR)["pid"]


def test_a_defect_is_told_without_its_inside(probes):
    with pytest.raises(Unavailable) as broken:
        probes.client.call("teller", "break_down", caller=VISITOR, word_id=new_id(), word="x")

    assert broken.value.code == "internal_error"
    assert "secret" not in str(broken.value)


def test_a_call_id_is_answered_once_and_for_one_content_only(probes):
    call_id, word_id = new_id(), new_id()
    same = {"caller": VISITOR, "word_id": word_id, "call_id": call_id}
    first = probes.client.call("teller", "tell", word="once", **same)

    assert probes.client.call("teller", "tell", word="once", **same) == first
    with pytest.raises(Conflict, match="call_id_reused"):
        probes.client.call("teller", "tell", word="other", **same)
    assert told_once(probes, "once")


def test_a_call_to_a_service_that_is_not_there_ends_at_its_deadline(probes):
    began = time.monotonic()

    with pytest.raises(Unavailable, match="nobody_away"):
        probes.client.call("nobody", "ping", caller=VISITOR, deadline=1.0)

    assert 0.9 < time.monotonic() - began < 2.0


def test_kill_between_commit_and_publish_loses_nothing(probes):
    with contextlib.suppress(Unavailable):
        probes.client.call(
            "teller", "tell_and_die", caller=VISITOR, word_id=new_id(), word="last", deadline=1.0
        )
    until(lambda: not probes.processes["teller"].is_alive, 5, "the teller dies")

    with probes.running("teller"):
        assert told_once(probes, "last")


def test_kill_of_a_consumer_amid_its_handler_loses_nothing_and_repeats_nothing(probes):
    tell(probes, "die here")
    until(lambda: not probes.processes["hearer"].is_alive, 10, "the hearer dies")

    with probes.running("hearer"):
        assert told_once(probes, "die here")
        assert heard(probes, "die here")["tries"] == 2


def test_sigterm_lets_long_work_finish_and_redelivers_nothing(probes):
    tell(probes, "slow:8")
    long_call = probes.client.begin(
        "teller", "slow", caller=VISITOR, key="drain", seconds=8.0, deadline=40.0
    )
    until(lambda: heard(probes, "slow:8")["tries"] == 1, 5, "the handler starts")
    teller, hearer = probes.processes["teller"], probes.processes["hearer"]
    teller.send(signal.SIGTERM)
    hearer.send(signal.SIGTERM)

    assert (teller.wait(20), hearer.wait(20)) == (0, 0)
    assert long_call.result()["pid"] == teller.pid
    with probes.running("teller"), probes.running("hearer"):
        time.sleep(1.0)  # a redelivery would come at once
        assert (heard(probes, "slow:8")["times"], heard(probes, "slow:8")["tries"]) == (1, 1)
        runs = probes.client.call("teller", "runs", caller=VISITOR, key="drain", seconds=0)
        assert runs["count"] == 1


def test_a_poison_message_ends_in_the_dead_letters_and_works_after_its_replay(probes):
    tell(probes, "poison apple")
    letters = until(
        lambda: probes.client.call("hearer", "dead_letters", caller=OPERATOR)["items"],
        15,
        "the dead letter",
    )
    assert letters[0]["wire"] == "teller.word_told"
    assert letters[0]["attempt"] == 3
    assert "cannot swallow" in letters[0]["error"]
    assert letters[0]["body"]["word"] == "poison apple"
    assert letters[0]["request_id"] == "test"

    Path(probes.environment["PROBE_CURE"]).touch()
    assert probes.replay_dead_letters("hearer").returncode == 0

    assert told_once(probes, "poison apple")
    assert probes.client.call("hearer", "dead_letters", caller=OPERATOR)["items"] == []


def test_a_message_that_nobody_of_ours_wrote_harms_no_one_and_is_seen(probes):
    """No headers, no signature, no JSON: straight to the dead letters, and the service hears on."""
    with Connection(probes.broker.url) as connection:
        connection.channel().basic_publish(
            Message(b"no json", type="teller.word_told", message_id="stray"),
            exchange="memberhall.hearer",
            routing_key="inbox",
        )
    letters = until(
        lambda: probes.client.call("hearer", "dead_letters", caller=OPERATOR)["items"],
        15,
        "the dead letter",
    )

    assert [letter["message_id"] for letter in letters] == ["stray"]
    assert "not signed" in letters[0]["error"]
    probes.client.call("hearer", "drop_dead_letter", caller=OPERATOR, message_id="stray")
    tell(probes, "still there")
    assert told_once(probes, "still there")


class Load:
    """Six threads that tell words until they are stopped; remembers which were acknowledged."""

    def __init__(self, world):
        self.world = world
        self.told = []
        self.failures = []
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(n,)) for n in range(6)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _run(self, n):
        count = 0
        while not self._stopping.wait(0.02):
            count += 1
            word = f"load {n} {count} {id(self)}"
            try:
                tell(self.world, word)
                self.told.append(word)
            except Failure as failure:
                self.failures.append(failure.code)


def everything_came_once(world, words):
    until(lambda: world.times_heard(words)[0] == len(words), 30, "every word is heard")
    return world.times_heard(words) == (len(words), len(words))


def test_the_broker_away_for_15_seconds_and_back_under_load(probes):
    pids = {name: process.pid for name, process in probes.processes.items()}
    with Load(probes) as load:
        time.sleep(1)
        running = probes.client.begin(
            "teller", "slow", caller=VISITOR, key="away", seconds=3.0, deadline=60.0
        )
        time.sleep(0.5)
        probes.broker.stop_app()
        time.sleep(15)
        probes.broker.start_app()
        before = len(load.told)
        until(lambda: len(load.told) > before + 20, 30, "work goes on")

    assert running.result()["pid"] == pids["teller"]
    runs = probes.client.call("teller", "runs", caller=VISITOR, key="away", seconds=0)
    assert runs["count"] == 1
    assert everything_came_once(probes, load.told)
    assert set(load.failures) <= {"broker_away", "teller_away"}
    assert {name: process.pid for name, process in probes.processes.items()} == pids
    assert all(process.is_alive for process in probes.processes.values())


def test_a_restart_of_postgresql_under_load(probes):
    with Load(probes) as load:
        time.sleep(1)
        probes.postgres.restart()
        before = len(load.told)
        until(lambda: len(load.told) > before + 20, 30, "work goes on")

    assert everything_came_once(probes, load.told)
    assert set(load.failures) <= {"database_away"}
    assert all(process.is_alive for process in probes.processes.values())


def test_two_replicas_share_calls_events_and_leave_ticks_to_one(probes):
    with probes.running("teller", "teller 2"), probes.running("hearer", "hearer 2"):
        with Load(probes) as load:
            until(lambda: len(load.told) >= 100, 30, "100 words are told")
        assert everything_came_once(probes, load.told)
        assert len(probes.hearers_of(load.told)) == 2
        pings = {probes.client.call("teller", "ping", caller=VISITOR)["pid"] for _ in range(20)}
        assert len(pings) == 2
        before = probes.client.call("hearer", "ticks", caller=VISITOR)["times"]
        until(
            lambda: probes.client.call("hearer", "ticks", caller=VISITOR)["times"] > before + 5,
            10,
            "it ticks on",
        )
        pids = probes.client.call("hearer", "ticks", caller=VISITOR)["pids"][before:]
        assert len(set(pids)) == 1
