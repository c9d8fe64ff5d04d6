"""Checks of « Réseaux convolutifs, de l'anatomie à VGG16 »."""

import numpy as np

from autograder import call, model, printed, question, source, symbolic, variable
from autograder.asserts import (
    assert_close,
    assert_contains,
    assert_dtype,
    assert_equal,
    assert_params,
    assert_same_network,
    assert_shape,
)

HASARD = np.random.default_rng(20)
PHOTO = HASARD.random((6, 9, 3))
GRISE = HASARD.random((7, 10)).astype(np.float32)
ETIQUETTES = np.array([[3], [0], [7], [3]])
NUMEROS = np.arange(50_000)

# --- 1. Une convolution sans apprentissage ----------------------------------------------------------------------------

gris_hasard = call("en_gris", PHOTO)
noyaux = variable("noyaux")
filtre_coin = call("filtre", GRISE, np.array([[0, 0, 0], [0, 0, 0], [0, 0, 1]], dtype=np.float32))


@question("gris", weight=2)
def test_gris_valeurs(gris_hasard):
    """Les trois couleurs sont pondérées par 0,2989, 0,5870 et 0,1140."""
    assert_close(gris_hasard, PHOTO @ [0.2989, 0.5870, 0.1140])


@question("gris")
def test_gris_type(gris_hasard):
    """L'image grise est de type float32."""
    assert_dtype(gris_hasard, "float32")


@question("noyaux")
def test_flou_moyen(noyaux):
    """Le flou moyen donne le même poids aux neuf pixels."""
    assert "flou_moyen" in noyaux, "le dictionnaire n'a pas de clé « flou_moyen »"
    assert_close(noyaux["flou_moyen"], np.full((3, 3), 1 / 9))


@question("noyaux")
def test_flou_gaussien(noyaux):
    """Le flou gaussien est le produit d'une colonne 1, 2, 1 par une ligne 1, 2, 1, et sa somme vaut 1."""
    assert "flou_gaussien" in noyaux, "le dictionnaire n'a pas de clé « flou_gaussien »"
    assert_close(noyaux["flou_gaussien"], np.outer([1, 2, 1], [1, 2, 1]) / 16)


@question("noyaux", weight=2)
def test_filtre(filtre_coin):
    """Le filtrage garde la taille de l'image et complète les bords par des zéros."""
    assert_shape(filtre_coin, GRISE.shape)
    assert_close(filtre_coin, np.pad(GRISE[1:, 1:], ((0, 1), (0, 1))))


# --- 2. Anatomie d'une couche convolutive -----------------------------------------------------------------------------

dimensions = variable("dimensions")
total = variable("total")
compte_autre = call("parametres_conv", 5, 7, 16, 24)


@question("anatomie")
def test_dimensions(dimensions):
    """Chaque nombre de la forme du noyau est nommé."""
    assert_equal(dimensions, {"hauteur": 3, "largeur": 3, "canaux": 3, "filtres": 8})


@question("anatomie", weight=2)
def test_parametres_conv(compte_autre):
    """La formule vaut pour toute couche convolutive, biais compris."""
    assert_equal(compte_autre, (5 * 7 * 16 + 1) * 24)


@question("anatomie")
def test_total(total):
    """Les deux couches ont ensemble 516 paramètres."""
    assert_equal(total, 516)


# --- 3. Le pooling ----------------------------------------------------------------------------------------------------

moyen_par_2 = call("pooling_moyen", GRISE, 2)
max_par_2 = call("pooling_max", GRISE, 2)
max_par_3 = call("pooling_max", GRISE, 3)
huit_reduit = variable("huit_reduit")
huit_affiche = printed("huit-reponse")

CARRES = GRISE[:6, :10].reshape(3, 2, 5, 2)


@question("pooling-moyen", weight=3)
def test_pooling_moyen(moyen_par_2):
    """Chaque carré de 2 × 2 devient sa moyenne."""
    assert_close(moyen_par_2, CARRES.mean(axis=(1, 3)))


@question("pooling-max", weight=2)
def test_pooling_max(max_par_2):
    """Chaque carré de 2 × 2 devient son maximum."""
    assert_close(max_par_2, CARRES.max(axis=(1, 3)))


@question("pooling-max")
def test_pooling_max_par_3(max_par_3):
    """La taille des carrés se choisit, et les bords ne sont pas complétés."""
    assert_close(max_par_3, GRISE[:6, :9].reshape(2, 3, 3, 3).max(axis=(1, 3)))


@question("huit", weight=2)
def test_huit_reduit(huit_reduit):
    """Le 8 réduit est le pooling maximum du 8 dessiné."""
    assert_equal(huit_reduit, [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0]])


@question("huit")
def test_huit_affiche(huit_affiche):
    """La forme du 8 réduit est affichée."""
    assert_contains(huit_affiche, "(4, 4)")


# --- 4. Préparer des images en couleurs -------------------------------------------------------------------------------

separation = call("separe", NUMEROS, NUMEROS)
normalisees = call("normalise", np.array([[0, 51], [127, 255]], dtype=np.uint8))
encodees = call("one_hot", ETIQUETTES)
encodees_a_plat = call("one_hot", ETIQUETTES.reshape(-1))


@question("preparation")
def test_separe_tailles(separation):
    """Des 50 000 exemples, 37 500 vont à l'entraînement et 12 500 à la validation."""
    assert_equal([len(partie) for partie in separation], [37_500, 12_500, 37_500, 12_500])


@question("preparation")
def test_separe_ensemble(separation):
    """Tirés au hasard, les exemples gardent leur étiquette et ne servent qu'une fois."""
    assert len(separation) == 4, "quatre tableaux sont attendus"
    x_train, x_valid, y_train, y_valid = separation
    assert np.array_equal(x_train, y_train), "des images d'entraînement ont perdu leur étiquette"
    assert np.array_equal(x_valid, y_valid), "des images de validation ont perdu leur étiquette"
    reunis = np.sort(np.concatenate([x_train, x_valid]))
    assert np.array_equal(reunis, NUMEROS), "un même exemple sert plusieurs fois, ou jamais"
    quarts = np.histogram(x_valid, bins=4, range=(0, len(NUMEROS)))[0]
    assert quarts.min() > 2_500, "les exemples de la validation ne sont pas tirés au hasard dans tout l'ensemble"


@question("preparation")
def test_normalise(normalisees):
    """Les pixels vont de −1 à 1, en float32."""
    assert_dtype(normalisees, "float32")
    assert_close(normalisees, [[-1, -0.6], [-1 / 255, 1]], atol=1e-5)


@question("preparation", weight=2)
def test_one_hot(encodees, encodees_a_plat):
    """Chaque étiquette devient une ligne de dix valeurs, avec un seul 1, à sa position."""
    assert_equal(encodees, np.eye(10)[ETIQUETTES.reshape(-1)])
    assert_equal(encodees_a_plat, np.eye(10)[ETIQUETTES.reshape(-1)])


# --- 5. Un réseau qui ne se construit pas -----------------------------------------------------------------------------

tailles = variable("tailles")
modele = model("modele", input_shape=(32, 32, 3))


@question("repare")
def test_tailles(tailles):
    """Chaque convolution retire deux pixels au côté, chaque pooling le divise par deux, sans garder le reste."""
    assert_equal(tailles, [30, 15, 13, 6, 4, 2])


@question("repare", weight=3)
def test_modele_repare(modele):
    """Le réseau réparé a les mêmes couches, et ses convolutions gardent la taille de l'image."""
    assert_same_network(modele)


# --- 6. Un réseau plus profond ----------------------------------------------------------------------------------------

reseau = model("model2", input_shape=(32, 32, 3))


@question("model2")
def test_model2_parametres(reseau):
    """Le réseau compte 2 209 098 paramètres."""
    assert_params(reseau, 2_209_098)


@question("model2", weight=3)
def test_model2_couches(reseau):
    """Le réseau a les couches demandées, dans l'ordre, avec leurs activations."""
    assert_same_network(reseau)


# --- 7. VGG16 ---------------------------------------------------------------------------------------------------------

vgg = model("vgg", input_shape=(32, 32, 3))
vgg_texte = source("vgg-reponse")
vgg_court = model("vgg_court", input_shape=(32, 32, 3))
bloc_de_deux = call("conv2_relu_max", symbolic((32, 32, 3)), 24, 3)
bloc_de_trois = call("conv3_relu_max", symbolic((16, 16, 8)), 12, 5)


@question("vgg")
def test_vgg_parametres(vgg):
    """VGG16 compte ici 14 880 202 paramètres."""
    assert_params(vgg, 14_880_202)


@question("vgg", weight=3)
def test_vgg_couches(vgg):
    """Les cinq blocs et la partie dense sont ceux de VGG16."""
    assert_same_network(vgg)


@question("vgg")
def test_vgg_fonctionnel(vgg, vgg_texte):
    """Le réseau est écrit avec l'interface fonctionnelle."""
    assert "Sequential(" not in vgg_texte.replace(" ", ""), (
        "le réseau est écrit avec Sequential : enchaînez x = couche(x)"
    )


@question("blocs")
def test_bloc_de_deux(bloc_de_deux):
    """`conv2_relu_max` enchaîne deux convolutions avec ReLU et un pooling maximum."""
    assert_same_network(bloc_de_deux)


@question("blocs")
def test_bloc_de_trois(bloc_de_trois):
    """`conv3_relu_max` enchaîne trois convolutions avec ReLU et un pooling maximum, quel que soit le noyau."""
    assert_same_network(bloc_de_trois)


@question("blocs", weight=2)
def test_vgg_court(vgg_court):
    """La forme courte décrit le réseau VGG16."""
    assert_same_network(vgg_court)
