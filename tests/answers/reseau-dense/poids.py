# %% keywords
def transmet(modele, autre, chemin):
    modele.save_weights(filepath=chemin, overwrite=True)
    autre.load_weights(filepath=chemin)
    poids = autre.get_weights()
    return poids

# %% a list of arrays
def transmet(modele, autre, chemin):
    modele.save_weights(str(chemin))
    autre.load_weights(str(chemin))
    return [w.numpy() for w in autre.weights]
