"""The leak test: canaries that too few people hold are planted, and looked for in all that a twin gives."""
