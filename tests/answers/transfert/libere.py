# %% a loop, the rate first
def libere(modele, taux):
    opt = keras.optimizers.Adam(taux)
    for i in range(len(modele.layers)):
        modele.layers[i].trainable = True
    modele.compile(loss="binary_crossentropy", optimizer=opt, metrics=["accuracy"])
    return modele

# %% shut and opened again
def libere(modele, taux):
    modele.trainable = False
    modele.trainable = True
    modele.compile(keras.optimizers.Adam(learning_rate=taux), "binary_crossentropy", metrics=["accuracy"])
    return modele

# %% the rate is set afterwards
def libere(modele, taux):
    for couche in modele.layers:
        couche.trainable = True
    modele.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    modele.optimizer.learning_rate = taux
    return modele

# %% a comprehension, objects for names
def libere(modele, taux):
    [setattr(couche, "trainable", True) for couche in modele.layers]
    modele.compile(
        optimizer=keras.optimizers.Adam(learning_rate=taux),
        loss=keras.losses.BinaryCrossentropy(),
        metrics=[keras.metrics.BinaryAccuracy(name="accuracy")],
    )
    return modele

# %% the optimizer's rate before it is given
def libere(modele, taux):
    adam = keras.optimizers.Adam()
    adam.learning_rate = taux
    for couche in modele.layers:
        if not couche.trainable:
            couche.trainable = True
    modele.compile(loss="binary_crossentropy", optimizer=adam, metrics=["accuracy"])
    return modele

# %% the flag of all first, the rate assigned
def libere(modele, taux):
    modele.trainable = True
    for c in modele.layers:
        c.trainable = True
    modele.compile(optimizer="adam", loss="binary_crossentropy", metrics=["acc"])
    modele.optimizer.learning_rate.assign(taux)
    return modele
