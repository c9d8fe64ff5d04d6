# %% get, one condition
class ArretAuSeuil(keras.callbacks.Callback):
    def __init__(self, perte=None, justesse=None):
        super().__init__()
        self.p, self.j = perte, justesse

    def on_epoch_end(self, epoch, logs={}):
        assez_bas = self.p is not None and logs.get("loss") <= self.p
        assez_haut = self.j is not None and logs.get("accuracy") >= self.j
        if assez_bas or assez_haut:
            print("seuil atteint")
            self.model.stop_training = True

# %% infinite thresholds
class ArretAuSeuil(keras.callbacks.Callback):
    def __init__(self, perte=-np.inf, justesse=np.inf):
        super(ArretAuSeuil, self).__init__()
        self.perte = perte
        self.justesse = justesse

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = bool(logs["loss"] <= self.perte or logs["accuracy"] >= self.justesse)

# %% another method
from keras.callbacks import Callback

class ArretAuSeuil(Callback):
    def __init__(self, *, justesse=None, perte=None):
        Callback.__init__(self)
        self.seuils = {"loss": perte, "accuracy": justesse}

    def atteint(self, logs):
        for nom, seuil in self.seuils.items():
            if seuil is None:
                continue
            if (nom == "loss" and logs[nom] <= seuil) or (nom == "accuracy" and logs[nom] >= seuil):
                return True
        return False

    def on_epoch_end(self, epoch, logs=None):
        if self.atteint(logs or {}):
            self.model.stop_training = True
