"""SQLAlchemy: relations loaded one by one or at once, synchronously and not."""

from __future__ import annotations

import asyncio

import pytest

pytest.importorskip("sqlalchemy")
from sqlalchemy import Column, ForeignKey, Table, create_engine, func, insert, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession, create_async_engine
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    contains_eager,
    joinedload,
    mapped_column,
    relationship,
    selectinload,
    subqueryload,
)
from sqlalchemy.pool import StaticPool


class Base(AsyncAttrs, DeclarativeBase):
    pass


links = Table(
    "links",
    Base.metadata,
    Column("book_id", ForeignKey("book.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bio: Mapped[str] = mapped_column(default="-", deferred=True)
    books: Mapped[list[Book]] = relationship(back_populates="author")


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    tags: Mapped[list[Tag]] = relationship(secondary=links)


class Job(Base):
    __tablename__ = "job"
    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(default="new")


def rows():
    authors = [Author(id=number, name=f"a{number}") for number in range(1, 7)]
    tags = [Tag(id=number, name=f"t{number}") for number in range(1, 5)]
    books = [
        Book(id=number, title=f"b{number}", author=authors[number % 6], tags=[tags[number % 4], tags[(number + 1) % 4]])
        for number in range(1, 19)
    ]
    return [*books, Job(id=1)]


@pytest.fixture
def session():
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows())
        session.commit()
        yield session
    engine.dispose()


def run(case):
    """Run an asynchronous case."""
    pytest.importorskip("aiosqlite")

    async def whole():
        engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            session.add_all(rows())
            await session.commit()
            await case(session)
        await engine.dispose()

    asyncio.run(whole())


def flagged_parent(session):
    assert [book.author.name for book in session.scalars(select(Book))]


def flagged_children(session):
    assert [len(author.books) for author in session.scalars(select(Author))]


def flagged_many_to_many(session):
    for book in session.scalars(select(Book)):
        assert len(book.tags) == 2


def flagged_session_get(session):
    assert [session.get(Author, number).name for number in range(1, 5)]


def flagged_statement_in_a_loop(session):
    for number in range(1, 5):
        assert session.scalars(select(Book).where(Book.author_id == number)).all()


def flagged_text_in_a_loop(session):
    statement = text("SELECT title FROM book WHERE id = :number")
    assert [session.execute(statement, {"number": number}).scalar() for number in range(1, 5)]


def flagged_count_in_a_loop(session):
    for author in session.scalars(select(Author)).all():
        assert session.scalar(select(func.count()).where(Book.author_id == author.id)) == 3


def flagged_deferred_column(session):
    assert [author.bio for author in session.scalars(select(Author)).all()]


def flagged_refresh(session):
    for author in session.scalars(select(Author)).all():
        session.refresh(author)
        assert author.name


def flagged_expired_by_commit(session):
    authors = session.scalars(select(Author)).all()
    session.commit()
    assert [author.name for author in authors]


def flagged_core_connection(session):
    connection = session.connection()
    table = Author.__table__
    for number in range(1, 5):
        assert connection.execute(select(table.c.name).where(table.c.id == number)).scalar_one()


def flagged_limit_beside_a_key_that_changes(session):
    for number in range(1, 5):
        newest = select(Book).where(Book.author_id == number).order_by(Book.id.desc()).limit(1)
        assert session.scalars(newest).one()


def flagged_asynchronous_get():
    async def case(session):
        session.expunge_all()
        for number in range(1, 5):
            author = await session.get(Author, number)
            assert author.name

    run(case)


def flagged_asynchronous_attributes():
    async def case(session):
        session.expunge_all()
        for author in (await session.scalars(select(Author))).all():
            assert await author.awaitable_attrs.books

    run(case)


def clean_joinedload(session):
    session.expunge_all()
    for author in session.scalars(select(Author).options(joinedload(Author.books))).unique():
        assert len(author.books) == 3


def clean_selectinload(session):
    session.expunge_all()
    deep = selectinload(Author.books).selectinload(Book.tags)
    assert [len(book.tags) for author in session.scalars(select(Author).options(deep)) for book in author.books]


def clean_subqueryload(session):
    session.expunge_all()
    assert [len(author.books) for author in session.scalars(select(Author).options(subqueryload(Author.books)))]


def clean_contains_eager(session):
    session.expunge_all()
    statement = select(Book).join(Book.author).options(contains_eager(Book.author))
    assert [book.author.name for book in session.scalars(statement)]


def clean_identity_map(session):
    authors = session.scalars(select(Author)).all()
    assert [session.get(Author, author.id) is author for author in authors]


def clean_pages_by_offset(session):
    for start in range(0, 18, 6):
        assert len(session.scalars(select(Book).order_by(Book.id).limit(6).offset(start)).all()) == 6


def clean_pages_by_key(session):
    last = 0
    while page := session.scalars(select(Book).where(Book.id > last).order_by(Book.id).limit(4)).all():
        last = page[-1].id
    assert last == 18


def clean_pages_by_two_keys(session):
    last = (0, 0)
    key = tuple_(Book.author_id, Book.id)
    while page := session.scalars(select(Book).where(key > last).order_by(Book.author_id, Book.id).limit(4)).all():
        last = (page[-1].author_id, page[-1].id)
    assert last == (6, 17)


def clean_batches_of_keys(session):
    for start in range(1, 19, 6):
        assert len(session.scalars(select(Book).where(Book.id.in_(range(start, start + 6)))).all()) == 6


def clean_add_one_by_one(session):
    for number in range(10, 15):
        session.add(Tag(name=f"n{number}"))
        session.flush()
    assert session.scalar(select(func.count(Tag.id))) == 9


def clean_insert_of_many(session):
    session.execute(insert(Tag), [{"name": f"n{number}"} for number in range(500)])
    assert session.scalar(select(func.count(Tag.id))) == 504


def clean_polling(session):
    for _ in range(5):
        assert session.scalar(select(Job.state).where(Job.id == 1)) == "new"


def clean_savepoints(session):
    for number in range(5):
        with session.begin_nested():
            session.add(Tag(name=f"n{number}"))
    assert session.scalar(select(func.count(Tag.id))) == 9


def clean_tables_asked_for_in_the_catalogue(session):
    from sqlalchemy import inspect

    found = inspect(session.connection())
    assert [found.get_columns(name) for name in found.get_table_names()]


def clean_asynchronous_selectinload():
    async def case(session):
        session.expunge_all()
        authors = await session.scalars(select(Author).options(selectinload(Author.books)))
        assert [len(author.books) for author in authors]

    run(case)
