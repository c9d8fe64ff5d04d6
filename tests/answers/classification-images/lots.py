# %% the ceiling
import math

def lots(exemples, taille):
    return math.ceil(exemples / taille)

# %% minus the floor of minus
def lots(exemples, taille):
    return -(-exemples // taille)

# %% a remainder
def lots(exemples, taille):
    n, reste = divmod(exemples, taille)
    if reste > 0:
        n += 1
    return n

# %% NumPy, an int at last
def lots(exemples, taille):
    return int(np.ceil(exemples / taille))

# %% counted with a range
def lots(exemples, taille):
    return len(range(0, exemples, taille))

# %% a range counted
def lots(exemples, taille):
    return len(range(0, exemples, taille))

# %% divmod
def lots(exemples, taille):
    q, r = divmod(exemples, taille)
    return q + bool(r)
