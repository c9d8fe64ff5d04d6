"""Checks of « Réseaux convolutifs, de l'anatomie à VGG16 »."""

import numpy as np

from autograder import call, model, printed, question, source, symbolic, variable
from autograder.asserts import (
    assert_close,
    assert_dtype,
    assert_equal,
    assert_params,
    assert_printed,
    assert_same_network,
    assert_shape,
)

HASARD = np.random.default_rng(20)
PHOTO = HASARD.random((6, 9, 3))
SIGNEE = HASARD.uniform(-3, 1, (7, 10)).astype(np.float32)  # négative par endroits ; un reste par 2 comme par 3

# --- 1. Une convolution sans apprentissage ----------------------------------------------------------------------------

NOMS = {"identite", "contour_diagonal", "contour_croix", "contour_complet", "nettete", "flou_moyen", "flou_gaussien"}
NOYAU_3 = np.array([[2, -1, 0], [3, 1, -4], [-2, 5, 1]], dtype=np.float32)  # ni symétrique, ni positif, ni de somme 1
NOYAU_5 = HASARD.integers(-3, 4, (5, 5)).astype(np.float32)

gris_hasard = call("en_gris", PHOTO)
noyaux = variable("noyaux")
filtree_par_3 = call("filtre", SIGNEE, NOYAU_3)
filtree_par_5 = call("filtre", SIGNEE, NOYAU_5)


def correlation(image, noyau):
    """La somme des voisins de chaque pixel, pondérés par le noyau ; hors de l'image, tout vaut zéro."""
    complete = np.pad(image, len(noyau) // 2)
    return np.einsum("hwij,ij", np.lib.stride_tricks.sliding_window_view(complete, noyau.shape), noyau)


@question("gris", weight=2)
def test_gris_valeurs(gris_hasard):
    """Les trois couleurs sont pondérées par 0,2989, 0,5870 et 0,1140."""
    assert_close(gris_hasard, PHOTO @ [0.2989, 0.5870, 0.1140], rtol=1e-5)


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


@question("noyaux")
def test_noyaux_ensemble(noyaux):
    """Les deux flous s'ajoutent aux cinq noyaux donnés, en float32 comme eux."""
    manquants = NOMS - set(noyaux)
    assert not manquants, f"il manque {', '.join(sorted(manquants))}"
    for nom in NOMS:
        assert_dtype(noyaux[nom], "float32")


@question("noyaux", weight=2)
def test_filtre(filtree_par_3):
    """Le filtrage garde la taille de l'image, complète les bords par des zéros et laisse les valeurs telles quelles."""
    assert_shape(filtree_par_3, SIGNEE.shape)
    assert_close(
        filtree_par_3,
        correlation(SIGNEE, NOYAU_3),
        atol=1e-4,
        hint="le noyau est posé tel qu'il est donné, centré sur chaque pixel : ni retourné, ni transposé, ni divisé.",
    )


@question("noyaux")
def test_filtre_noyau_plus_grand(filtree_par_5):
    """Le filtrage vaut pour un noyau plus grand."""
    assert_close(filtree_par_5, correlation(SIGNEE, NOYAU_5), atol=1e-4)


# --- 2. Anatomie d'une couche convolutive -----------------------------------------------------------------------------

dimensions = variable("dimensions")
total = variable("total")
compte_grand = call("parametres_conv", 5, 7, 16, 24)
compte_petit = call("parametres_conv", 1, 3, 1, 2)


@question("anatomie")
def test_dimensions(dimensions):
    """Chaque nombre de la forme du noyau est nommé."""
    assert_equal(dimensions, {"hauteur": 3, "largeur": 3, "canaux": 3, "filtres": 8})


@question("anatomie", weight=2)
def test_parametres_conv(compte_grand, compte_petit):
    """La formule vaut pour toute couche convolutive, biais compris."""
    assert_equal(compte_grand, (5 * 7 * 16 + 1) * 24)
    assert_equal(compte_petit, (1 * 3 * 1 + 1) * 2)


@question("anatomie")
def test_total(total):
    """Les deux couches ont ensemble 516 paramètres."""
    assert_equal(total, 516)


# --- 3. Le pooling ----------------------------------------------------------------------------------------------------

moyen_par_2 = call("pooling_moyen", SIGNEE, 2)
moyen_par_3 = call("pooling_moyen", SIGNEE, 3)
max_par_2 = call("pooling_max", SIGNEE, 2)
max_par_3 = call("pooling_max", SIGNEE, 3)
huit_reduit = variable("huit_reduit")
huit_affiche = printed("huit-reponse")
huit_texte = source("huit-reponse")


def carres(image, taille):
    """Les carrés de `taille` × `taille`, sans le reste de l'image ; leurs pixels sont sur les axes 1 et 3."""
    lignes, colonnes = image.shape[0] // taille, image.shape[1] // taille
    return image[: lignes * taille, : colonnes * taille].reshape(lignes, taille, colonnes, taille)


@question("pooling-moyen", weight=2)
def test_pooling_moyen(moyen_par_2):
    """Chaque carré de 2 × 2 devient sa moyenne."""
    assert_close(
        moyen_par_2,
        carres(SIGNEE, 2).mean(axis=(1, 3)),
        hint="les carrés se suivent depuis le coin en haut à gauche ; le signe des valeurs compte.",
    )


@question("pooling-moyen")
def test_pooling_moyen_par_3(moyen_par_3):
    """La taille des carrés se choisit, et les bords ne sont pas complétés."""
    assert_close(moyen_par_3, carres(SIGNEE, 3).mean(axis=(1, 3)))


@question("pooling-max", weight=2)
def test_pooling_max(max_par_2):
    """Chaque carré de 2 × 2 devient son maximum."""
    assert_close(
        max_par_2,
        carres(SIGNEE, 2).max(axis=(1, 3)),
        hint="les carrés se suivent depuis le coin en haut à gauche ; le signe des valeurs compte.",
    )


@question("pooling-max")
def test_pooling_max_par_3(max_par_3):
    """La taille des carrés se choisit, et les bords ne sont pas complétés."""
    assert_close(max_par_3, carres(SIGNEE, 3).max(axis=(1, 3)))


@question("huit", weight=2)
def test_huit_reduit(huit_reduit):
    """Le 8 réduit est le pooling maximum du 8 dessiné."""
    assert_equal(huit_reduit, [[0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0], [0, 1, 1, 0]])


@question("huit")
def test_huit_affiche(huit_affiche, huit_texte):
    """La forme du 8 réduit est affichée."""
    assert_printed(huit_affiche, (4, 4), code=huit_texte)


# --- 4. Préparer des images en couleurs -------------------------------------------------------------------------------

NUMEROS = np.arange(50_000)
IMAGES = np.stack([NUMEROS // 256**2, NUMEROS // 256 % 256, NUMEROS % 256], axis=-1).astype(np.uint8)[:, None, None]
ETIQUETTES = HASARD.integers(0, 10, (50_000, 1), dtype=np.uint8)
OCTETS = HASARD.integers(10, 201, (4, 5, 6, 3), dtype=np.uint8)  # ni 0, ni 255 : ce ne sont pas les extrêmes des images

separation = call("separe", IMAGES, ETIQUETTES)
normalisees = call("normalise", OCTETS)
encodees = call("one_hot", np.array([[3], [0], [7], [3]]))
encodees_a_plat = call("one_hot", np.array([9, 1, 4, 0, 9]))


def numeros(images):
    """Les numéros que des images d'un seul pixel portent dans leurs trois couleurs."""
    return np.reshape(images, (-1, 3)) @ [256**2, 256, 1]


@question("preparation")
def test_separe_tailles(separation):
    """Des 50 000 exemples, 37 500 vont à l'entraînement et 12 500 à la validation."""
    assert_equal([len(partie) for partie in separation], [37_500, 12_500, 37_500, 12_500])


@question("preparation")
def test_separe_ensemble(separation):
    """Chaque image sert une fois et une seule, et garde son étiquette."""
    x_train, x_valid, y_train, y_valid = separation
    assert_shape(x_train, (37_500, 1, 1, 3))
    assert_shape(x_valid, (12_500, 1, 1, 3))
    reunies, etiquettes = np.concatenate([x_train, x_valid]), np.concatenate([y_train, y_valid])
    assert np.array_equal(np.sort(numeros(reunies)), NUMEROS), "une même image sert plusieurs fois, ou jamais"
    assert_shape(np.ravel(etiquettes), (50_000,))
    justes = np.ravel(etiquettes) == ETIQUETTES[numeros(reunies).astype(int), 0]
    assert justes.all(), "des images ont perdu leur étiquette"


@question("preparation")
def test_separe_au_hasard(separation):
    """Les exemples de la validation sont tirés au hasard dans tout l'ensemble."""
    assert_shape(separation[1], (None, 1, 1, 3))
    tires = numeros(separation[1])
    quarts = np.histogram(tires, bins=4, range=(0, 50_000))[0]
    suivis = np.isin(tires + 1, tires).mean()  # l'exemple suivant est tiré lui aussi : une fois sur quatre
    assert quarts.min() > 2_800, "les exemples de la validation ne viennent pas de tout l'ensemble"
    assert 0.22 < suivis < 0.28, "les exemples de la validation sont pris à la suite, ou à intervalles réguliers"


@question("preparation")
def test_normalise(normalisees):
    """Les pixels passent de [0, 255] à [−1, 1], en float32, quelles que soient les images."""
    assert_dtype(normalisees, "float32")
    assert_close(normalisees, OCTETS / 127.5 - 1, atol=1e-5)


@question("preparation", weight=2)
def test_one_hot(encodees, encodees_a_plat):
    """Chaque étiquette devient une ligne de dix valeurs, avec un seul 1, à sa position."""
    assert_equal(encodees, np.eye(10)[[3, 0, 7, 3]])
    assert_equal(encodees_a_plat, np.eye(10)[[9, 1, 4, 0, 9]])


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
    assert_same_network(modele, trainable=True)


# --- 6. Un réseau plus profond ----------------------------------------------------------------------------------------

reseau = model("model2", input_shape=(32, 32, 3))


@question("model2")
def test_model2_parametres(reseau):
    """Le réseau compte 2 209 098 paramètres."""
    assert_params(reseau, 2_209_098)


@question("model2", weight=3)
def test_model2_couches(reseau):
    """Le réseau a les couches demandées, dans l'ordre, avec leurs activations."""
    assert_same_network(reseau, trainable=True)


# --- 7. VGG16 ---------------------------------------------------------------------------------------------------------

vgg = model("vgg", input_shape=(32, 32, 3))
vgg_court = model("vgg_court", input_shape=(32, 32, 3))
bloc_de_deux = call("conv2_relu_max", symbolic((32, 32, 3)), 24, 5)
bloc_de_trois = call("conv3_relu_max", symbolic((16, 24, 8)), 12, 4)


@question("vgg")
def test_vgg_parametres(vgg):
    """VGG16 compte ici 14 880 202 paramètres."""
    assert_params(vgg, 14_880_202)


@question("vgg", weight=3)
def test_vgg_couches(vgg):
    """Les cinq blocs et la partie dense sont ceux de VGG16."""
    assert_same_network(vgg, trainable=True)


@question("vgg")
def test_vgg_fonctionnel(vgg):
    """Le réseau est écrit avec l'interface fonctionnelle, sans Sequential."""
    assert vgg.dress == "Functional", f"le réseau est écrit avec {vgg.dress} : enchaînez x = couche(x)"
    assert "Sequential" not in vgg.nested, "une partie du réseau est écrite avec Sequential : enchaînez x = couche(x)"


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
    assert_same_network(vgg_court, trainable=True)
