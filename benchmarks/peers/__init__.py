"""The peers of `recpipe.evaluate.peers`, each tuned on the validation part as far as it goes."""
