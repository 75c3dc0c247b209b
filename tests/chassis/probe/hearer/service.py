import os
import signal
import time
from pathlib import Path

from marshmallow import fields
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from chassis.bus import Service, every, handles, query
from chassis.shapes import Heard as HeardShape
from chassis.shapes import Shape
from tests.chassis.probe.hearer.models import Heard, Tick, Try

# Each start of their handling is noted; others are handled as in any service, in one transaction.
WITNESSED = ("die", "slow")


class WordTold(HeardShape):
    word = fields.String(required=True)


class Which(Shape):
    word = fields.String(load_default=None, allow_none=True)


class Told(Shape):
    times = fields.Integer()
    tries = fields.Integer()
    words = fields.Integer()
    pids = fields.List(fields.Integer())


class HearerService(Service):
    name = "hearer"

    @handles("teller.word_told", WordTold)
    def on_word_told(self, session, message, event):
        word = event["word"]
        tries = self.db.transact(_note_try, word) if word.startswith(WITNESSED) else 0
        if word.startswith("die") and tries == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        if word.startswith("poison") and not Path(os.environ["PROBE_CURE"]).exists():
            raise RuntimeError(f"cannot swallow {word}")
        count = insert(Heard).values(word=word, times=1, pid=os.getpid())
        session.execute(
            count.on_conflict_do_update(index_elements=["word"], set_={"times": Heard.times + 1})
        )
        if word.startswith("slow"):
            time.sleep(float(word.split(":")[1]))

    @query(Which, Told)
    def heard(self, session, caller, request):
        word = request["word"]
        rows = session.execute(select(Heard).where((Heard.word == word) | (word is None))).scalars()
        heard = list(rows)
        tries = select(func.count()).select_from(Try).where(Try.word == word)
        return {
            "times": sum(row.times for row in heard),
            "words": len(heard),
            "tries": session.execute(tries).scalar_one(),
            "pids": sorted({row.pid for row in heard}),
        }

    @query(Which, Told)
    def ticks(self, session, caller, request):
        pids = session.execute(select(Tick.pid).order_by(Tick.tick_id)).scalars().all()
        return {"times": len(pids), "pids": pids}

    @every(0.3)
    def tick(self):
        self.db.transact(lambda session: session.add(Tick(pid=os.getpid())))


def _note_try(session, word):
    session.add(Try(word=word))
    session.flush()
    return session.execute(
        select(func.count()).select_from(Try).where(Try.word == word)
    ).scalar_one()
