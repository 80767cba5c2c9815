"""Query encoders: a user as a vector.

Adding one: a class in a file here, a row below, its name in `Settings`.
"""

from recpipe.train.encoders.attention import AttentionEncoder
from recpipe.train.encoders.cnn import CnnEncoder
from recpipe.train.encoders.contract import Encoder
from recpipe.train.encoders.gru import GruEncoder
from recpipe.train.encoders.ids import IdEncoder
from recpipe.train.encoders.mean import MeanEncoder

ENCODERS: dict[str, type[Encoder]] = {
    encoder.name_in_params: encoder
    for encoder in (IdEncoder, MeanEncoder, CnnEncoder, GruEncoder, AttentionEncoder)
}

__all__ = ["ENCODERS", "Encoder"]
