# %% the short name
def copie(modele, chemin):
    keras.saving.save_model(modele, chemin)
    return keras.saving.load_model(chemin)

# %% in two lines, without compile
def copie(modele, chemin):
    modele.save(filepath=chemin, overwrite=True)
    nouveau = keras.models.load_model(chemin, compile=False)
    nouveau.summary()
    return nouveau
