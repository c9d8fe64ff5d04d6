# %% add
reseau = keras.Sequential()
reseau.add(layers.Dense(784, activation="relu", input_shape=(784,), name="C1"))
reseau.add(layers.Dense(10, activation="softmax", name="C2"))
reseau.summary()

# %% functional
entree = keras.Input(shape=(784,))
C1 = layers.Dense(units=784, activation="relu", name="C1")(entree)
C2 = layers.Dense(units=10, activation="softmax", name="C2")(C1)
reseau = keras.Model(inputs=entree, outputs=C2)

# %% a subclass
class Reseau(keras.Model):
    def __init__(self):
        super().__init__()
        self.c1 = layers.Dense(784, activation="relu", name="C1")
        self.c2 = layers.Dense(10, activation="softmax", name="C2")

    def call(self, x):
        return self.c2(self.c1(x))

reseau = Reseau()
reseau.build((None, 784))

# %% activations as layers
reseau = keras.models.Sequential([
    layers.InputLayer(shape=(784,)),
    layers.Dense(784, name="C1"), layers.ReLU(),
    layers.Dense(10, name="C2"), layers.Softmax(),
])

# %% functional, operations
x = keras.Input((784,))
reseau = keras.Model(x, keras.ops.softmax(layers.Dense(10, name="C2")(keras.ops.relu(layers.Dense(784, name="C1")(x)))))
assert reseau.count_params() == 623_290
