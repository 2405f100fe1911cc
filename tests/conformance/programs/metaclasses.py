"""Metaclasses: __prepare__, __new__, __init__, __call__, __instancecheck__, __set_name__, __class_getitem__."""


class Meta(type):
    @classmethod
    def __prepare__(mcs, name, bases, **kwargs):
        return {"prepared": name}

    def __new__(mcs, name, bases, namespace, **kwargs):
        return super().__new__(mcs, name, bases, dict(namespace))

    def __init__(cls, name, bases, namespace, **kwargs):
        super().__init__(name, bases, namespace)

    def __call__(cls, *args):
        return super().__call__(*args)

    def __instancecheck__(cls, instance):
        return hasattr(instance, "prepared")

    def __len__(cls):
        return len(cls.prepared)


class Named:
    def __set_name__(self, owner, name):
        self.name = name


def build():
    class Model(metaclass=Meta, option=True):
        field = Named()

        def __init__(self, value):
            self.value = value

        def __class_getitem__(cls, item):
            return (cls, item)

    class Child(Model):
        pass

    return Model, Child


def main():
    model, child = build()
    assert model(1).value == 1
    assert isinstance(child(2), model)
    assert len(child) == 5
    assert model.field.name == "field"
    assert model[int] == (model, int)
    assert len(Meta("Dynamic", (child,), {})) == 5
