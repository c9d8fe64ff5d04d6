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
