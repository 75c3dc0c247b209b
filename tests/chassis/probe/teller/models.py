from sqlalchemy import Text, Uuid
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.plumbing import service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata()


class Word(Base):
    __tablename__ = "word"
    word_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    word: Mapped[str] = mapped_column(Text)


class Run(Base):
    """One row each time a slow call really ran."""

    __tablename__ = "run"
    run_id: Mapped[str] = mapped_column(Uuid(as_uuid=False), primary_key=True)
    key: Mapped[str] = mapped_column(Text)
