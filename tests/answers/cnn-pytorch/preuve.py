# %% the state, copied
import copy
diagnostic = "C"
def a_change(boucle, modele, images, etiquettes):
    avant = copy.deepcopy(modele.state_dict())
    boucle(modele, images, etiquettes, 1, 0.1)
    apres = modele.state_dict()
    for nom in avant:
        if not torch.allclose(avant[nom], apres[nom], rtol=0, atol=0):
            return True
    return False

# %% all parameters in one vector
diagnostic = 'C'
def a_change(boucle, modele, images, etiquettes):
    avant = torch.nn.utils.parameters_to_vector(modele.parameters()).detach().clone()
    boucle(modele, images, etiquettes, 1, 0.1)
    apres = torch.nn.utils.parameters_to_vector(modele.parameters()).detach()
    return bool((avant != apres).any())

# %% by NumPy
diagnostic = "C"
def a_change(boucle, modele, images, etiquettes):
    avant = [p.detach().numpy().copy() for p in modele.parameters()]
    boucle(modele, images, etiquettes, 1, 0.1)
    return not all(np.array_equal(a, p.detach().numpy()) for a, p in zip(avant, modele.parameters()))
