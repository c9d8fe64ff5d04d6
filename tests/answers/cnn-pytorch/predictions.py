# %% no_grad above the function, max
@torch.no_grad()
def predit(modele, images):
    modele.eval()
    valeurs, classes = modele(images).max(1)
    return classes

# %% in batches, to NumPy, back in training
def predit(modele, images):
    modele.eval()
    morceaux = []
    with torch.inference_mode():
        for lot in images.split(64):
            morceaux.append(F.softmax(modele(lot), dim=1).argmax(1))
    modele.train()
    return torch.cat(morceaux).numpy()
