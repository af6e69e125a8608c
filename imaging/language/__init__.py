"""Vietnamese text: spelling rules, the model of official language, and what they mend in a reading."""
