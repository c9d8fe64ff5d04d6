# %% add, objects
base = keras.Sequential()
base.add(layers.Flatten(input_shape=(28, 28, 1)))
base.add(layers.Dense(128, activation="relu"))
base.add(layers.Dense(10, activation="softmax"))
base.compile(optimizer=keras.optimizers.Adam(), loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"])
historique_base = base.fit(x_entrainement, y_train, epochs=1)

# %% functional, a metric of its own name, one epoch by default
entree = layers.Input((28, 28, 1))
x = layers.Flatten()(entree)
x = layers.Dense(128)(x)
x = layers.Activation("relu")(x)
base = keras.Model(entree, layers.Softmax()(layers.Dense(10)(x)))
base.compile("adam", "sparse_categorical_crossentropy", metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")])
historique_base = base.fit(x_entrainement, y_train, batch_size=32, verbose=2)

# %% validation too, a Reshape
base = keras.models.Sequential([
    keras.Input((28, 28, 1)), layers.Reshape((784,)), layers.Dense(128, "relu"), layers.Dense(10, "softmax"),
])
base.compile(optimizer="Adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
historique_base = base.fit(x_entrainement, y_train, epochs=1, validation_data=(x_essai, y_test), verbose=0)
plt.plot(historique_base.history["loss"])
plt.show()

# %% a subclass
class Base(keras.Model):
    def __init__(self):
        super().__init__()
        self.plat = layers.Flatten()
        self.cachee = layers.Dense(128, activation="relu")
        self.sortie = layers.Dense(10, activation="softmax")
    def call(self, x):
        return self.sortie(self.cachee(self.plat(x)))
base = Base()
base.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
historique_base = base.fit(x_entrainement, y_train, epochs=1, verbose=0)
