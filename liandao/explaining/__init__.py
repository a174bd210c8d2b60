"""What ``liandao explain`` says of one word: an error, a rule, a figure, a setting, a record or a batch."""
