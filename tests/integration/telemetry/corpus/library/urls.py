"""Pages about books."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.template import Context, Template
from django.urls import path

from library.models import Author, Book

LISTING = Template("{% for book in books %}{{ book.title }}: {{ book.author.name }}\n{% endfor %}")


def detail(_request, number):
    return HttpResponse(get_object_or_404(Book, pk=number).title)


def listing(_request):
    return HttpResponse(LISTING.render(Context({"books": Book.objects.all()})))


def joined(_request):
    return HttpResponse(LISTING.render(Context({"books": Book.objects.select_related("author")})))


def mine(request):
    return HttpResponse(request.user.username)


def pages(request):
    size = 3
    books = Book.objects.filter(pk__gt=request.GET.get("after", 0)).order_by("pk")[:size]
    return HttpResponse(" ".join(book.title for book in books))


def search(request):
    names = request.GET.getlist("name")
    return HttpResponse(sum(Author.objects.filter(name=name).exists() for name in names))


urlpatterns = [
    path("books/<int:number>", detail),
    path("listing", listing),
    path("joined", joined),
    path("mine", mine),
    path("pages", pages),
    path("search", search),
]
