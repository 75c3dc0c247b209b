from sqlalchemy import Integer, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.plumbing import service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata()


class Heard(Base):
    """The effect: how often a word's handling was committed."""

    __tablename__ = "heard"
    word: Mapped[str] = mapped_column(Text, primary_key=True)
    times: Mapped[int] = mapped_column(Integer)
    pid: Mapped[int] = mapped_column(Integer)


class Try(Base):
    """The witness: each start of a handler, committed on its own."""

    __tablename__ = "try"
    try_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    word: Mapped[str] = mapped_column(Text)


class Tick(Base):
    __tablename__ = "tick"
    tick_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    pid: Mapped[int] = mapped_column(Integer)
