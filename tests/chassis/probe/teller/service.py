import os
import signal
import time
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from marshmallow import fields
from sqlalchemy import event, func, select

from chassis import outbox
from chassis.bus import Service, command, query, rpc
from chassis.errors import Conflict
from chassis.events import Event
from chassis.ids import new_id
from chassis.shapes import Id, Shape
from tests.chassis.probe.teller.models import Run, Word


@dataclass(frozen=True, kw_only=True)
class WordTold(Event):
    """A word was told."""

    wire: ClassVar[str] = "teller.word_told"
    word_id: UUID
    word: str


class Tell(Shape):
    word_id = Id(required=True)
    word = fields.String(required=True, validate=lambda text: len(text) < 1000)


class Slow(Shape):
    key = fields.String(required=True)
    seconds = fields.Float(required=True)


class Nothing(Shape):
    pass


class Answer(Shape):
    pid = fields.Integer()
    count = fields.Integer()


class TellerService(Service):
    name = "teller"

    @command(Tell, Answer)
    def tell(self, session, caller, request):
        session.add(Word(word_id=str(request["word_id"]), word=request["word"]))
        outbox.stage(session, WordTold(**request))
        return {"pid": os.getpid()}

    @command(Tell, Answer)
    def tell_and_die(self, session, caller, request):
        session.add(Word(word_id=str(request["word_id"]), word=request["word"]))
        outbox.stage(session, WordTold(**request))

        @event.listens_for(session, "after_commit")
        def die(_):
            os.kill(os.getpid(), signal.SIGKILL)

    @command(Tell)
    def refuse(self, session, caller, request):
        session.add(Word(word_id=str(request["word_id"]), word=request["word"]))
        raise Conflict("no_more_words", "There are words enough.", {"/word": ["is too much"]})

    @command(Tell)
    def break_down(self, session, caller, request):
        raise RuntimeError("a secret inside")

    @command(Slow, Answer)
    def slow(self, session, caller, request):
        session.add(Run(run_id=str(new_id()), key=request["key"]))
        session.flush()
        time.sleep(request["seconds"])
        return {"pid": os.getpid()}

    @query(Slow, Answer)
    def runs(self, session, caller, request):
        count = select(func.count()).select_from(Run).where(Run.key == request["key"])
        return {"count": session.execute(count).scalar_one()}

    @query(Nothing, Answer)
    def words(self, session, caller, request):
        return {"count": session.execute(select(func.count()).select_from(Word)).scalar_one()}

    @rpc(Nothing, Answer)
    def ping(self, caller, request):
        return {"pid": os.getpid()}

    @rpc(Nothing, Answer, roles={"operator"})
    def operators_only(self, caller, request):
        return {"pid": os.getpid()}
