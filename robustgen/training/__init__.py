"""The one loop, and what it needs: rows on the device, a configuration, a history."""

from robustgen.training.callbacks import each_epoch
from robustgen.training.checkpoints import checkpoints
from robustgen.training.compiling import compiled
from robustgen.training.config import RobustTraining, TrainingConfig
from robustgen.training.history import History
from robustgen.training.loop import train
from robustgen.training.parallel import data_parallel

__all__ = [
    "History",
    "RobustTraining",
    "TrainingConfig",
    "checkpoints",
    "compiled",
    "data_parallel",
    "each_epoch",
    "train",
]
