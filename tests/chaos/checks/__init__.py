"""What must hold of a run, whatever happened to it: I1 to I11 over the three witnesses."""
