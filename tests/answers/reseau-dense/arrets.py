# %% the direction left to Keras
from keras.callbacks import EarlyStopping
arret_justesse = EarlyStopping(monitor="val_accuracy", patience=2, restore_best_weights=True)
arret_perte = EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)

# %% a loop, said
arrets = {
    nom: keras.callbacks.EarlyStopping(monitor=nom, mode=sens, patience=2, verbose=1, restore_best_weights=True)
    for nom, sens in (("val_accuracy", "max"), ("val_loss", "min"))
}
arret_justesse, arret_perte = arrets["val_accuracy"], arrets["val_loss"]

# %% the default measure
communs = dict(patience=2, restore_best_weights=True)
arret_perte = keras.callbacks.EarlyStopping(**communs)
arret_justesse = keras.callbacks.EarlyStopping("val_accuracy", mode="max", **communs)
