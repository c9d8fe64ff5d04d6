# %% add
convolutif = keras.Sequential()
convolutif.add(layers.Conv2D(64, 3, activation="relu", input_shape=(28, 28, 1)))
convolutif.add(layers.MaxPool2D())
convolutif.add(layers.Conv2D(64, kernel_size=3, activation="relu", padding="valid"))
convolutif.add(layers.MaxPool2D(2, 2))
convolutif.add(layers.Flatten())
convolutif.add(layers.Dense(128, activation=keras.activations.relu))
convolutif.add(layers.Dense(10, activation="softmax"))
convolutif.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
historique = convolutif.fit(x_entrainement, y_train, epochs=1)

# %% functional, ReLU as layers
e = keras.Input(shape=(28, 28, 1), name="image")
x = layers.ReLU()(layers.Conv2D(64, (3, 3), strides=1)(e))
x = layers.MaxPooling2D(pool_size=(2, 2))(x)
x = layers.ReLU()(layers.Conv2D(64, (3, 3))(x))
x = layers.MaxPooling2D(pool_size=(2, 2))(x)
x = layers.Flatten()(x)
x = layers.Dense(128, "relu")(x)
s = layers.Dense(10, "softmax")(x)
convolutif = keras.Model(inputs=e, outputs=s)
convolutif.compile(optimizer=keras.optimizers.Adam(0.001), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
historique = convolutif.fit(x=x_entrainement, y=y_train, verbose=0)

# %% a loop, named layers, a larger batch
couches = [keras.Input((28, 28, 1))]
for n in (1, 2):
    couches += [layers.Conv2D(64, (3, 3), activation="relu", name=f"conv{n}"), layers.MaxPooling2D((2, 2), name=f"pool{n}")]
convolutif = keras.Sequential(couches + [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")], name="mon_reseau")
convolutif.summary()
convolutif.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=False), optimizer="adam", metrics=["accuracy"])
historique = convolutif.fit(x_entrainement, y_train, epochs=1, batch_size=64, validation_split=0.1, verbose=0)
