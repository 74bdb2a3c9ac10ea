"""How functions of the operands and the class change under symmetries of the table."""
