"""What training the assistant is made of; torch only here and in the script that uses it."""
