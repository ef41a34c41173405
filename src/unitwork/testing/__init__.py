"""What tests of code over unitwork need; import its modules one by one."""
