"""What users complain of: limits that leak, and limits that cost what they should save."""

from tests.jobs.core import Core, after

LIMITED = {"name": "tests.limited", "concurrency_key": ["account"], "concurrency_limit": 1}


def holders(core: Core) -> int:
    """How many hold a key now."""
    return int(
        core.value("SELECT count(*) FROM live WHERE state = 2 AND concurrency_key IS NOT NULL")
    )


def test_c23_a_zombie_gives_back_only_what_it_holds(core: Core) -> None:
    """Its limit of one stays one, however often a paused node wakes up and finishes late."""
    core.declare(**LIMITED)
    jobs = [{"kind": "tests.limited", "args": {"account": 7}} for _ in range(12)]
    core.enqueue(*jobs)
    late = []
    for round_no in range(5):
        now = after(100 * round_no)
        session = core.join(f"node-{round_no}", kinds=[LIMITED], now=now)
        core.unblock(now)
        runs = core.claim(session, kinds=["tests.limited"], now=now)
        assert len(runs) == 1
        for zombie, old in late:
            assert core.complete(zombie, old, now=now) == []
            assert core.fail(zombie, old, now=now) == {}
            assert core.release(zombie, old) == []
        assert holders(core) == 1
        other = core.join(f"other-{round_no}", kinds=[LIMITED], now=now)
        assert core.claim(other, kinds=["tests.limited"], now=now) == []
        late.append((session, runs))
        core.expire(after(100 * round_no + 50))
        core.rescue(after(100 * round_no + 50))
        assert holders(core) == 0


def test_c22_a_limit_that_does_not_bind_holds_nothing_back(core: Core) -> None:
    core.declare(**{**LIMITED, "concurrency_limit": 100})
    core.enqueue(*({"kind": "tests.limited", "args": {"account": n % 7}} for n in range(300)))
    session = core.join(kinds=[LIMITED])
    taken = 0
    while runs := core.claim(session, room=50, kinds=["tests.limited"]):
        assert len(runs) == 50
        assert holders(core) == 50
        taken += len(core.complete(session, runs))
    assert taken == 300
    assert holders(core) == 0
