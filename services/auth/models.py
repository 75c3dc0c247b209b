"""auth's tables. What the constraints say holds, whatever the code does."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    and_,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.plumbing import service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map: ClassVar = {datetime: DateTime(timezone=True), str: Text}


class Site(Base):
    """The main shop or a licensed one; addresses are unique within it."""

    __tablename__ = "site"

    site_id: Mapped[UUID] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]


class Account(Base):
    """Who is billed; it has users."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("account_id", "site_id"),)

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"), index=True)
    created_at: Mapped[datetime]


class User(Base):
    """A person who can log in. (The table is not called "user" because SQL reserves that word.)

    `password_version` counts the passwords the user has had, so that a login proves the present
    one; a new hash of the same password leaves it as it is.
    """

    __tablename__ = "site_user"
    __table_args__ = (
        ForeignKeyConstraint(["account_id", "site_id"], ["account.account_id", "account.site_id"]),
        Index("uq_site_user_site_id_email_canonical", "site_id", "email_canonical", unique=True),
        Index("ix_site_user_account_id", "account_id"),
        CheckConstraint("position('@' IN email_canonical) > 1", name="email_canonical"),
        CheckConstraint("name <> ''", name="name"),
        CheckConstraint("left(password_hash, 10) = '$argon2id$'", name="password_hash"),
        CheckConstraint("NOT is_operator OR confirmed_at IS NOT NULL", name="operator_confirmed"),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    account_id: Mapped[UUID]
    email: Mapped[str]
    email_canonical: Mapped[str]
    name: Mapped[str]
    time_zone: Mapped[str]
    password_hash: Mapped[str]
    password_version: Mapped[int] = mapped_column(server_default=text("1"))
    is_operator: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))


class SignUpReceipt(Base):
    """A sign-up that was answered, whether or not it made a user: its repetition does nothing."""

    __tablename__ = "sign_up_receipt"
    __table_args__ = (
        CheckConstraint("octet_length(fingerprint) = 32", name="fingerprint"),
        Index("ix_sign_up_receipt_received_at", "received_at"),
    )

    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    fingerprint: Mapped[bytes]
    received_at: Mapped[datetime]


class MailedToken(Base):
    """A link and code that were mailed; a token that confirms has the password chosen with it."""

    __tablename__ = "mailed_token"
    __table_args__ = (
        CheckConstraint("purpose IN ('confirm', 'reset')", name="purpose"),
        CheckConstraint("octet_length(token_hash) = 32", name="token_hash"),
        CheckConstraint("(purpose = 'confirm') = (password_hash IS NOT NULL)", name="password"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
        CheckConstraint("used_at IS NULL OR voided_at IS NULL", name="used_or_voided"),
        Index(
            "ix_mailed_token_live",
            "user_id",
            "purpose",
            postgresql_where=text("used_at IS NULL AND voided_at IS NULL"),
        ),
        Index("ix_mailed_token_expires_at", "expires_at"),
    )

    token_id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("site_user.user_id"))
    purpose: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    password_hash: Mapped[str | None]
    code_tries: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    voided_at: Mapped[datetime | None]

    @classmethod
    def is_live(cls, real: datetime) -> ColumnElement[bool]:
        """The condition under which a token can still be used."""
        return and_(cls.used_at.is_(None), cls.voided_at.is_(None), cls.expires_at > real)


class UserSession(Base):
    """A browser or program that logged in, known by the SHA-256 (hex) of its secret."""

    __tablename__ = "user_session"
    __table_args__ = (
        CheckConstraint("session_hash ~ '^[0-9a-f]{64}$'", name="session_hash"),
        Index("ix_user_session_live", "user_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_user_session_authenticated_at", "authenticated_at"),
    )

    session_id: Mapped[UUID] = mapped_column(primary_key=True)
    session_hash: Mapped[str] = mapped_column(unique=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("site_user.user_id"))
    user_agent: Mapped[str]
    ip: Mapped[str]
    authenticated_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class TryCount(Base):
    """How often something was tried for one subject since the window began.

    The subject is a SHA-256: what people type as a login is now and then their password.
    """

    __tablename__ = "try_count"
    __table_args__ = (
        CheckConstraint("action IN ('log_in', 'mail')", name="action"),
        CheckConstraint("octet_length(subject_hash) = 32", name="subject_hash"),
        Index("ix_try_count_since", "since"),
    )

    site_id: Mapped[UUID] = mapped_column(ForeignKey("site.site_id"), primary_key=True)
    action: Mapped[str] = mapped_column(primary_key=True)
    subject_hash: Mapped[bytes] = mapped_column(primary_key=True)
    tries: Mapped[int]
    since: Mapped[datetime]
