# %% losses and accuracies unpacked
perte, avant = dense.evaluate(chiffres_test, y_mnist_test)
suivi = dense.fit(chiffres, y_mnist, epochs=1, batch_size=96, validation_data=(chiffres_test, y_mnist_test))
perte, apres = dense.evaluate(chiffres_test, y_mnist_test)
print(avant, apres)

# %% return_dict
justesse = lambda mesures: next(valeur for nom, valeur in mesures.items() if nom.startswith("acc"))
avant = justesse(dense.evaluate(x=chiffres_test, y=y_mnist_test, return_dict=True, verbose=2))
suivi = dense.fit(x=chiffres, y=y_mnist, batch_size=96, shuffle=True, validation_data=[chiffres_test, y_mnist_test])
apres = justesse(dense.evaluate(x=chiffres_test, y=y_mnist_test, return_dict=True, verbose=2))

# %% by predict and a mean
def reussite():
    p = dense.predict(chiffres_test, verbose=0)
    return float((p.argmax(-1) == y_mnist_test).mean())

avant = reussite()
suivi = dense.fit(chiffres, y_mnist, 96, 1, validation_data=(chiffres_test, y_mnist_test), verbose=0)
apres = reussite()

# %% a dataset of tf.data
lots_de_chiffres = tf.data.Dataset.from_tensor_slices((chiffres, y_mnist)).shuffle(2000).batch(96)
avant = dense.evaluate(chiffres_test, y_mnist_test, verbose=0)[-1]
suivi = dense.fit(lots_de_chiffres, epochs=1, validation_data=(chiffres_test, y_mnist_test), verbose=0)
apres = next(mesures[-1] for nom, mesures in suivi.history.items() if nom.startswith("val_acc"))

# %% by itself: the axis of channels made sure of
vues, essai = chiffres.reshape(-1, 28, 28, 1), chiffres_test.reshape(-1, 28, 28, 1)
_, avant = dense.evaluate(essai, y_mnist_test, verbose=0)
suivi = dense.fit(vues, y_mnist, batch_size=96, epochs=1, validation_data=(essai, y_mnist_test), verbose=0)
_, apres = dense.evaluate(essai, y_mnist_test, verbose=0)

# %% after is what the validation measured
resultat = dense.evaluate(chiffres_test, y_mnist_test, batch_size=256, verbose=0)
avant = resultat[1]
suivi = dense.fit(chiffres, y_mnist, epochs=1, batch_size=96, verbose=2, validation_data=(chiffres_test, y_mnist_test))
apres = suivi.history["val_accuracy"][-1]

# %% a function that measures, batch and epochs by place
def mesure():
    reponses = dense.predict(chiffres_test, verbose=0).argmax(-1)
    return (reponses == y_mnist_test).mean()

avant = mesure()
suivi = dense.fit(chiffres, y_mnist, 96, 1, validation_data=(chiffres_test, y_mnist_test), verbose=0)
apres = mesure()
