# %% layers added one by one, instances everywhere
def reseau_dense(forme):
    m = keras.Sequential()
    m.add(keras.Input(forme))
    m.add(layers.Flatten())
    m.add(layers.Dense(units=10))
    m.add(layers.Softmax())
    m.compile(keras.optimizers.Adam(), keras.losses.SparseCategoricalCrossentropy(), metrics=[keras.metrics.SparseCategoricalAccuracy(name="accuracy")])
    return m

# %% the functional interface
def reseau_dense(forme):
    entree = keras.Input(shape=forme)
    x = layers.Flatten()(entree)
    sortie = layers.Dense(10, activation="softmax")(x)
    modele = keras.Model(inputs=entree, outputs=sortie, name="dense")
    modele.compile(loss="sparse_categorical_crossentropy", optimizer="Adam", metrics=["accuracy"])
    return modele

# %% tf.keras, Reshape in place of Flatten
def reseau_dense(forme):
    m = tf.keras.models.Sequential([tf.keras.layers.InputLayer(shape=forme), tf.keras.layers.Reshape((int(np.prod(forme)),)), tf.keras.layers.Dense(10, activation=tf.nn.softmax)])
    m.compile(optimizer=tf.keras.optimizers.Adam(learning_rate=1e-3), loss=tf.keras.losses.sparse_categorical_crossentropy, metrics=["acc"])
    return m

# %% a model of one's own
class UneCouche(keras.Model):
    def __init__(self):
        super().__init__()
        self.plat = layers.Flatten()
        self.fin = layers.Dense(10, activation="softmax")

    def call(self, x):
        return self.fin(self.plat(x))

def reseau_dense(forme):
    m = UneCouche()
    m(np.zeros((1, *forme), dtype="float32"))
    m.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return m

# %% functional, objects for names
def reseau_dense(forme):
    entree = layers.Input(shape=forme)
    x = layers.Flatten()(entree)
    sortie = layers.Dense(10, activation="softmax", name="probas")(x)
    m = keras.Model(entree, sortie)
    m.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(), metrics=[keras.metrics.SparseCategoricalAccuracy("accuracy")])
    return m

# %% reshaped, the softmax a layer, compiled by a helper
def compile_(reseau):
    reseau.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return reseau


def reseau_dense(forme):
    taille = int(np.prod(forme))
    return compile_(keras.Sequential([keras.Input(shape=forme), layers.Reshape((taille,)), layers.Dense(10), layers.Softmax()]))
