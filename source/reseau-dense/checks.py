"""Checks of « Un réseau dense pour lire des chiffres »."""

import numpy as np

from autograder import call, history, model, question, trained, trained_by
from autograder.asserts import (
    assert_close,
    assert_compiled,
    assert_dtype,
    assert_equal,
    assert_params,
    assert_reaches,
    assert_same_network,
    assert_shape,
)

HASARD = np.random.default_rng(1998)
PETITES = HASARD.integers(10, 201, (6, 5, 7), dtype=np.uint8)  # ni 0, ni 255
ETIQUETTES = np.array([4, 0, 4, 11, 2, 2])
PROBABILITES = HASARD.dirichlet(np.ones(10), 40)
JUSTES = PROBABILITES.argmax(axis=1)
ECRITES = np.where(np.arange(40) < 26, JUSTES, (JUSTES + 1) % 10)

# --- 1. Les données ---------------------------------------------------------------------------------------------------

description = call("decrit", PETITES, ETIQUETTES)
description_flottants = call("decrit", np.zeros((3, 8, 8), dtype=np.float32), np.array([7, 7, 7]))
preparees = call("prepare", PETITES)
encodees = call("one_hot", ETIQUETTES, 14)


@question("description")
def test_description(description):
    """Le nombre d'exemples, la taille d'une image, le type des pixels et le nombre de classes sont donnés."""
    assert_equal(description, {"exemples": 6, "taille": (5, 7), "type": "uint8", "classes": 4})


@question("description")
def test_description_flottants(description_flottants):
    """La description suit les données, quelles qu'elles soient."""
    assert_equal(description_flottants, {"exemples": 3, "taille": (8, 8), "type": "float32", "classes": 1})


@question("preparation")
def test_preparation_forme(preparees):
    """Chaque image devient une ligne, quelle que soit sa taille."""
    assert_shape(preparees, (6, 35))


@question("preparation", weight=2)
def test_preparation_valeurs(preparees):
    """Les pixels vont de 0 à 1, dans l'ordre de l'image."""
    assert_close(preparees, PETITES.reshape(6, 35) / 255)


@question("preparation")
def test_preparation_type(preparees):
    """Les valeurs sont de type float32."""
    assert_dtype(preparees, "float32")


@question("one-hot", weight=2)
def test_one_hot(encodees):
    """Chaque étiquette devient une ligne, avec un seul 1, à sa place, pour autant de classes que demandé."""
    assert_equal(encodees, np.eye(14)[ETIQUETTES])


# --- 2. Le réseau -----------------------------------------------------------------------------------------------------

reseau = model("reseau", input_shape=(784,))
compte_quatre = call("parametres_denses", [784, 500, 400, 10])
compte_cinq = call("parametres_denses", [5, 4, 3, 2, 1])


@question("reseau")
def test_reseau_parametres(reseau):
    """Le réseau compte 623 290 paramètres."""
    assert_params(reseau, 623_290)


@question("reseau", weight=2)
def test_reseau_couches(reseau):
    """Le réseau a les deux couches demandées, avec leurs activations."""
    assert_same_network(reseau, trainable=True)


@question("reseau")
def test_reseau_noms(reseau):
    """Les deux couches denses se nomment C1 et C2."""
    assert_equal([couche.name for couche in reseau.layers if couche.cls == "Dense"], ["C1", "C2"])


@question("formule")
def test_formule_deux_couches_cachees(compte_quatre):
    """Avec des couches cachées de 500 et 400 neurones, le compte est de 596 910."""
    assert_equal(compte_quatre, 596_910)


@question("formule")
def test_formule_longue(compte_cinq):
    """La formule vaut pour une liste plus longue."""
    assert_equal(compte_cinq, 6 * 4 + 5 * 3 + 4 * 2 + 3 * 1)


# --- 3. L'apprentissage -----------------------------------------------------------------------------------------------

historique = history("historique")
appris_ici = trained("reseau", recipe="trois-epoques", input_shape=(784,))
appris_par_entraine = trained_by("entraine", recipe="entraine", hidden="mnist-hidden", shape=(784,))


@question("apprentissage")
def test_historique_courbes(historique):
    """La perte et la justesse sont suivies, à l'entraînement et en validation."""
    manquantes = {"loss", "accuracy", "val_loss", "val_accuracy"} - set(historique)
    assert not manquantes, f"il manque {', '.join(sorted(manquantes))}"


@question("apprentissage")
def test_historique_epoques(historique):
    """Trois époques sont demandées."""
    assert_equal(historique.asked, 3)


@question("apprentissage")
def test_reseau_compile(reseau):
    """Le réseau est compilé avec l'entropie croisée, l'optimiseur Adam et la métrique demandée."""
    assert_compiled(reseau, optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])


@question("apprentissage", weight=2)
def test_reseau_apprend(appris_ici):
    """Entraîné de la même façon pour tous, le réseau reconnaît assez de chiffres de test."""
    assert_reaches(appris_ici)


@question("entraine", weight=3)
def test_entraine(appris_par_entraine):
    """Le réseau que rend `entraine` reconnaît assez de chiffres cachés."""
    assert_reaches(appris_par_entraine)


# --- 4. Lire les réponses ---------------------------------------------------------------------------------------------

lus = call("chiffres", PROBABILITES)
part_juste = call("taux", PROBABILITES, ECRITES)


@question("lecture")
def test_chiffres(lus):
    """Le chiffre reconnu est celui de la plus grande probabilité."""
    assert_equal(lus, JUSTES)


@question("lecture")
def test_taux(part_juste):
    """Le taux de réussite est la proportion de réponses justes."""
    assert_close(part_juste, 26 / 40)
