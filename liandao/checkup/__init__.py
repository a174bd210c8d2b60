"""What ``liandao doctor`` looks at; nothing here writes. A look answers with what it found, or raises an error."""
