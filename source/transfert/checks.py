"""Checks of « Transfert : d'un réseau à l'autre »."""

import numpy as np

from autograder import call, instance, itself, method, model, named, question, variable
from autograder.asserts import (
    assert_close,
    assert_compiled,
    assert_dtype,
    assert_equal,
    assert_frozen,
    assert_params,
    assert_same_network,
    assert_trainable_params,
)

HASARD = np.random.default_rng(1989)

# --- 1. Se tromper de peu ---------------------------------------------------------------------------------------------

PROBABILITES = HASARD.dirichlet(np.ones(20), 50)
VRAIES = HASARD.integers(0, 20, 50)
RANGS = (PROBABILITES[np.arange(50), VRAIES][:, None] < PROBABILITES).sum(axis=1)  # combien de classes passent devant

parmi_cinq = call("parmi_les_k", PROBABILITES, VRAIES)
parmi_trois = call("parmi_les_k", PROBABILITES, VRAIES, k=3)
premiere = call("parmi_les_k", PROBABILITES, VRAIES, k=1)
en_colonne = call("parmi_les_k", PROBABILITES, VRAIES[:, None], k=8)


@question("top5", weight=2)
def test_top_cinq(parmi_cinq):
    """Sans autre demande, la vraie classe est cherchée parmi les cinq plus probables."""
    assert_close(parmi_cinq, np.mean(RANGS < 5))


@question("top5")
def test_top_k(parmi_trois, premiere):
    """Le nombre de classes regardées se choisit ; avec une seule, c'est l'exactitude."""
    assert_close(parmi_trois, np.mean(RANGS < 3))
    assert_close(premiere, np.mean(RANGS < 1))


@question("top5")
def test_top_colonne(en_colonne):
    """Les étiquettes peuvent être en colonne, de forme (N, 1)."""
    assert_close(en_colonne, np.mean(RANGS < 8))


# --- 2. Deux tâches dans un même jeu ----------------------------------------------------------------------------------

CLASSES = HASARD.permutation(np.tile(np.arange(10), 6)).astype(np.uint8)
VUES = (np.arange(60, dtype=np.float32)[:, None, None, None] / 60) * np.ones((1, 3, 3, 1), dtype=np.float32)

taches = call("separe", VUES, CLASSES)


@question("taches")
def test_tache_a(taches):
    """La tâche A a les images des huit premières classes, avec leurs étiquettes."""
    (images, etiquettes), _ = taches
    assert_equal(images, VUES[CLASSES < 8])
    assert_equal(etiquettes, CLASSES[CLASSES < 8])


@question("taches")
def test_tache_b(taches):
    """La tâche B a les sacs et les bottines : 0 pour un sac, 1 pour une bottine."""
    _, (images, etiquettes) = taches
    assert_equal(images, VUES[CLASSES >= 8])
    assert_equal(np.ravel(etiquettes), CLASSES[CLASSES >= 8] == 9)


@question("taches")
def test_tache_b_type(taches):
    """Les étiquettes de la tâche B sont de type float32."""
    assert_dtype(taches[1][1], "float32")


# --- 3. Le premier réseau ---------------------------------------------------------------------------------------------

modele_a = model("modele_a", input_shape=(28, 28, 1))


@question("modele-a")
def test_modele_a_parametres(modele_a):
    """Le premier réseau compte 1 880 072 paramètres."""
    assert_params(modele_a, 1_880_072)


@question("modele-a", weight=2)
def test_modele_a_couches(modele_a):
    """Le premier réseau a les couches demandées, dans l'ordre, et toutes s'entraînent."""
    assert_same_network(modele_a, trainable=True)


@question("modele-a")
def test_modele_a_compile(modele_a):
    """Le premier réseau est compilé pour des étiquettes entières."""
    assert_compiled(modele_a, optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])


# --- 4. Le transfert, à la main ---------------------------------------------------------------------------------------

OUI_OU_NON = {"loss": "binary_crossentropy", "metrics": ["accuracy"]}

temoin = variable("temoin", then=[method("get_weights")])
transfere = instance("transfere", named("temoin"), then=[itself(), method("get_weights")])
intact = call("reste_intact")
libere = call("libere", named("gele"), 0.0003)


@question("transfert", weight=2)
def test_transfere_couches(transfere):
    """Toutes les couches sont reprises sauf la dernière, qu'un neurone avec sigmoïde remplace."""
    assert_same_network(transfere["itself"])


@question("transfert", weight=2)
def test_transfere_gele(transfere):
    """Les couches reprises sont gelées, la nouvelle s'entraîne."""
    assert_trainable_params(transfere["itself"], 4)
    assert_same_network(transfere["itself"], trainable=True)


@question("transfert", weight=2)
def test_transfere_poids(transfere, temoin):
    """Les couches reprises ont gardé leurs poids."""
    repris, donnes = transfere["get_weights"][:4], temoin["get_weights"][:4]
    assert_equal([np.shape(poids) for poids in repris], [(5, 4), (4,), (4, 3), (3,)])
    memes = all(np.array_equal(un, autre) for un, autre in zip(repris, donnes, strict=True))
    assert memes, "les poids ne sont pas ceux du réseau donné"


@question("transfert")
def test_transfere_compile(transfere):
    """Le nouveau réseau est compilé pour une réponse par oui ou non."""
    assert_compiled(transfere["itself"], optimizer="adam", **OUI_OU_NON)


@question("transfert")
def test_transfere_intact(intact):
    """Le réseau donné reste comme il était."""
    assert intact, "le réseau donné a changé : ses couches sont partagées avec le nouveau"


@question("libere", weight=2)
def test_libere_couches(libere):
    """Toutes les couches s'entraînent, et le réseau est toujours le même."""
    assert_same_network(libere, trainable=True)


@question("libere")
def test_libere_compile(libere):
    """Le réseau est compilé à nouveau, avec le taux d'apprentissage donné."""
    assert_compiled(libere, optimizer="adam", learning_rate=0.0003, **OUI_OU_NON)


# --- 5. Le transfert avec VGG16 ---------------------------------------------------------------------------------------

sur_vgg = call("sur_vgg")
depuis_trois = call("libere_depuis", named("etages"), "trois")
depuis_un = call("libere_depuis", named("autres_etages"), "un")
affine = model("affine", input_shape=(32, 32, 3))


@question("vgg-fige")
def test_vgg_parametres(sur_vgg):
    """Le réseau compte 14 880 202 paramètres, dont 165 514 s'entraînent."""
    assert_params(sur_vgg, 14_880_202)
    assert_trainable_params(sur_vgg, 165_514)


@question("vgg-fige", weight=2)
def test_vgg_couches(sur_vgg):
    """VGG16 est gelé, et suivi des trois couches denses demandées."""
    assert_same_network(sur_vgg, trainable=True)


@question("vgg-degele")
def test_libere_depuis(depuis_trois):
    """Les couches d'avant sont gelées ; celle qui est nommée et les suivantes s'entraînent."""
    assert_frozen(depuis_trois, until="deux")


@question("vgg-degele")
def test_libere_depuis_la_premiere(depuis_un):
    """Depuis la première couche, toutes s'entraînent."""
    assert_trainable_params(depuis_un, 6 * 5 + 5 + 5 * 4 + 4 + 4 * 3 + 3 + 3 * 2 + 2)


@question("vgg-degele", weight=2)
def test_affine(affine):
    """Dans le réseau affiné, VGG16 s'entraîne depuis `block5_conv1` : 7 244 938 paramètres en tout."""
    base, dense = [], []  # de quelles couches est faite la partie dense, l'exercice 5.1 l'a dit
    for couche in affine.layers:
        if couche.weights:
            (base if couche.name.startswith("block") else dense).append(couche)
    assert_equal(len(base), 13, hint="les treize convolutions de VGG16 sont la base du réseau affiné.")
    libres = [couche.name for couche in base if all(poids.trainable for poids in couche.weights)]
    assert_equal(libres, ["block5_conv1", "block5_conv2", "block5_conv3"])
    assert all(poids.trainable for couche in dense for poids in couche.weights), "la partie dense ne s'entraîne plus"
