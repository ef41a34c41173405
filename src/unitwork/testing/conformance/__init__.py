"""What any storage must do, as programs, laws and a model of the contract."""
