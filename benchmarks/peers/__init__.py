"""What recpipe's model is measured against: the usual methods, each tuned on the validation part."""
